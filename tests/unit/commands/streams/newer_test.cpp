// What Redis 8.2 to 8.10 added: deleting with a mind to groups, claiming while reading, giving
// back, limits of a whole reply.
#include "keyspace/types/stream.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class NewerStreamsTest : public CommandTest {
 protected:
  NewerStreamsTest() {
    for (int i = 1; i <= 4; ++i) run("XADD s " + std::to_string(i) + " f v");
    run("XGROUP CREATE s g 0");
    run("XGROUP CREATE s h 0");
  }

  static std::string fates(const std::vector<int>& all) {
    std::vector<std::string> encoded;
    for (const int fate : all) encoded.push_back(integer(fate));
    return aggregate('*', encoded);
  }

  std::string count_pending(std::string_view group) {
    return run("XPENDING s " + std::string(group)).substr(4, 4);
  }

  static std::string with_history(std::string_view id, int idle_ms, int deliveries) {
    return aggregate('*', {bulk(id), bulks({"f", "v"}), integer(idle_ms), integer(deliveries)});
  }

  static std::string of_stream(const std::vector<std::string>& entries) {
    return aggregate('*', {aggregate('*', {bulk("s"), aggregate('*', entries)})});
  }
};

TEST_F(NewerStreamsTest, DeletingMindsReferences) {
  run("XREADGROUP GROUP g a STREAMS s >");
  run("XREADGROUP GROUP h b COUNT 2 STREAMS s >");
  EXPECT_EQ(run("XDELEX s IDS 2 1 9"), fates({1, -1}));
  EXPECT_EQ(count_pending("g"), integer(4));  // kept
  EXPECT_EQ(run("XDELEX s DELREF IDS 1 2"), fates({1}));
  EXPECT_EQ(count_pending("g"), integer(3));
  EXPECT_EQ(run("XDELEX s ACKED IDS 2 3 4"), fates({2, 2}));
  run("XACK s g 3 4");
  EXPECT_EQ(run("XDELEX s ACKED IDS 1 3"), fates({2}));  // h has yet to read it
  run("XREADGROUP GROUP h b NOACK STREAMS s >");
  EXPECT_EQ(run("XDELEX s ACKED IDS 2 3 4"), fates({1, 1}));
  EXPECT_EQ(run("XLEN s"), integer(0));
  EXPECT_EQ(run("XDELEX none IDS 1 1"), fates({-1}));
}

TEST_F(NewerStreamsTest, AcknowledgingAndDeletingAtOnce) {
  run("XREADGROUP GROUP g a STREAMS s >");
  run("XREADGROUP GROUP h b STREAMS s >");
  EXPECT_EQ(run("XACKDEL s g ACKED IDS 2 1 2"), fates({2, 2}));
  EXPECT_EQ(run("XACKDEL s h ACKED IDS 2 1 2"), fates({1, 1}));
  EXPECT_EQ(run("XACKDEL s g IDS 2 1 3"), fates({-1, 1}));
  EXPECT_EQ(run("XACKDEL s h KEEPREF IDS 1 3"), fates({1}));
  EXPECT_EQ(run("XACKDEL s x IDS 1 3"), fates({-1}));
  EXPECT_EQ(run("XACKDEL s g IDS 0 1"), error("ERR Number of IDs must be a positive integer"));
  EXPECT_EQ(run("XACKDEL s g IDS 3 1 2"),
            error("ERR The `numids` parameter must match the number of arguments"));
  EXPECT_EQ(run("XACKDEL s g IDS 1 1 2"), syntax_error);
  EXPECT_EQ(run("XACKDEL s g KEEPREF ACKED IDS 1 1"), syntax_error);
}

TEST_F(NewerStreamsTest, TrimmingMindsReferences) {
  run("XREADGROUP GROUP g a STREAMS s >");
  run("XREADGROUP GROUP h b NOACK STREAMS s >");
  run("XACK s g 2");
  EXPECT_EQ(run("XTRIM s MAXLEN 1 ACKED"), integer(1));
  EXPECT_EQ(run("XLEN s"), integer(3));
  EXPECT_EQ(run("XTRIM s MAXLEN 2 DELREF"), integer(1));
  EXPECT_EQ(count_pending("g"), integer(2));
  EXPECT_EQ(run("XADD s DELREF MAXLEN 1 9 f v"), bulk("9-0"));
  EXPECT_EQ(count_pending("g"), integer(0));
}

TEST_F(NewerStreamsTest, ReadingClaimsWhatIsIdle) {
  run("XREADGROUP GROUP g a COUNT 2 STREAMS s >");
  EXPECT_EQ(run("XREADGROUP GROUP g b COUNT 1 CLAIM 50 STREAMS s >"),
            of_stream({with_history("3-0", 0, 0)}));
  pass_ms(60);
  EXPECT_EQ(run("XREADGROUP GROUP g b CLAIM 50 STREAMS s >"),
            of_stream({with_history("1-0", 60, 1), with_history("2-0", 60, 1),
                       with_history("3-0", 60, 1), with_history("4-0", 0, 0)}));
  EXPECT_EQ(run("XREADGROUP GROUP g b CLAIM 50 STREAMS s >"), null_array);
  EXPECT_EQ(run("XREADGROUP GROUP g b CLAIM -1 STREAMS s >"),
            error("ERR min-idle-time must be a positive integer"));
  EXPECT_EQ(run("XREADGROUP GROUP g b CLAIM x STREAMS s >"),
            error("ERR min-idle-time is not an integer"));
}

TEST_F(NewerStreamsTest, WhatWasDeletedIsNotClaimed) {
  run("XREADGROUP GROUP g a STREAMS s >");
  run("XDEL s 1 3 4");
  EXPECT_EQ(run("XREADGROUP GROUP g b COUNT 1 CLAIM 0 STREAMS s >"),
            of_stream({with_history("2-0", 0, 1)}));
  run("XDEL s 2");
  EXPECT_EQ(run("XREADGROUP GROUP g b CLAIM 0 STREAMS s >"), null_array);
  EXPECT_EQ(count_pending("g"), integer(0));
}

TEST_F(NewerStreamsTest, WhoWaitsGetsWhatBecomesIdle) {
  run("XREADGROUP GROUP g a STREAMS s >");
  pass_ms(20);
  Client& second = connect();
  EXPECT_EQ(second.run("XREADGROUP GROUP g b COUNT 1 BLOCK 1000 CLAIM 50 STREAMS s >"), no_reply);
  pass_ms(20);
  EXPECT_EQ(second.received(), no_reply);
  pass_ms(15);
  EXPECT_EQ(second.received(), of_stream({with_history("1-0", 55, 1)}));
  EXPECT_EQ(second.run("XREADGROUP GROUP h b BLOCK 100 CLAIM 500 STREAMS s 9"), of_stream({}));
  run("XREADGROUP GROUP h b STREAMS s >");
  EXPECT_EQ(second.run("XREADGROUP GROUP h b BLOCK 100 CLAIM 500 STREAMS s >"), no_reply);
  pass_ms(101);
  EXPECT_EQ(second.received(), null_array);
}

TEST_F(NewerStreamsTest, WhatIsGivenBackIsAnybodys) {
  run("XREADGROUP GROUP g a STREAMS s >");
  EXPECT_EQ(run("XNACK s g FAIL IDS 2 3 1"), integer(2));
  EXPECT_EQ(run("XNACK s g SILENT IDS 1 2"), integer(1));
  EXPECT_EQ(run("XNACK s g FATAL IDS 2 4 9"), integer(1));
  const auto line = [](std::string_view id, std::string_view deliveries) {
    return aggregate('*',
                     {bulk(id), bulk(""), integer(-1), ":" + std::string(deliveries) + "\r\n"});
  };
  EXPECT_EQ(run("XPENDING s g IDLE 1000 - + 10"),
            aggregate('*', {line("1-0", "1"), line("2-0", "0"), line("3-0", "1"),
                            line("4-0", "9223372036854775807")}));
  EXPECT_EQ(run("COPY s t"), integer(1));
  // First in, first out.
  EXPECT_EQ(run("XREADGROUP GROUP g b COUNT 2 CLAIM 1000 STREAMS s >"),
            of_stream({with_history("3-0", -1, 1), with_history("1-0", -1, 1)}));
  EXPECT_EQ(run("XAUTOCLAIM t g c 1000 - JUSTID"),
            aggregate('*', {bulk("0-0"), bulks({"1-0", "2-0", "3-0", "4-0"}), aggregate('*', {})}));
  EXPECT_EQ(run("XNACK s g LOUD IDS 1 1"), error("ERR mode must be SILENT, FAIL, or FATAL"));
  EXPECT_EQ(run("XNACK s g FAIL IDS 3 1"), error("ERR number of IDs doesn't match numids"));
  EXPECT_EQ(run("XNACK s x FAIL IDS 1 1"), error("NOGROUP No such key 's' or consumer group 'x'"));
  EXPECT_EQ(run("XNACK s h FAIL IDS 1 1"), integer(0));
  EXPECT_EQ(run("XNACK s h FAIL IDS 1 1 FORCE"), integer(1));
  EXPECT_TRUE(server.store.databases.check_invariants().ok());
}

/// Three streams of four entries each.
class ReadLimitsTest : public NewerStreamsTest {
 protected:
  ReadLimitsTest() {
    for (const char* key : {"t", "u"}) {
      for (int i = 1; i <= 4; ++i)
        run("XADD " + std::string(key) + " " + std::to_string(i) + " f v");
      run("XGROUP CREATE " + std::string(key) + " g 0");
    }
  }

  /// How many entries of each stream: "s4 t1".
  std::string read(const std::string& options) {
    return counts(run("XREAD " + options + " STREAMS s t u 0 0 0"));
  }

  std::string read_as(const std::string& options) {
    return counts(run("XREADGROUP GROUP g " + options + " STREAMS s t u > > >"));
  }

 private:
  static std::string counts(const std::string& reply) {
    if (reply.starts_with('-')) return reply.substr(0, reply.size() - 2);
    std::string text;
    std::size_t at = 0;
    for (const char* key : {"s", "t", "u"}) {
      const std::size_t from = reply.find("\r\n" + std::string(key) + "\r\n*", at);
      if (from == std::string::npos) continue;
      at = from + 5;
      text += (text.empty() ? "" : " ") + std::string(key) +
              reply.substr(at + 1, reply.find('\r', at) - at - 1);
    }
    return text;
  }
};

TEST_F(ReadLimitsTest, EntriesOfAllStreams) {
  EXPECT_EQ(read("MAXCOUNT 12"), "s4 t4 u4");
  EXPECT_EQ(read("MAXCOUNT 9"), "s4 t4 u1");
  EXPECT_EQ(read("MAXCOUNT 4"), "s4");
  EXPECT_EQ(read("COUNT 2 MAXCOUNT 3"), "s2 t1");
  EXPECT_EQ(read("MAXCOUNT 3 COUNT 0"), "s3");
  EXPECT_EQ(read("MAXCOUNT 0"), "-ERR MAXCOUNT must be a positive integer");
  EXPECT_EQ(read("MAXCOUNT x"), "-ERR MAXCOUNT must be a positive integer");
  EXPECT_EQ(read("MAXSIZE -1"), "-ERR MAXSIZE must be a positive integer");
  EXPECT_EQ(read("MAXCOUNT 2 COUNT 3"), "-ERR MAXCOUNT must be greater than or equal to COUNT");
}

TEST_F(ReadLimitsTest, BytesOfTheWholeReply) {
  EXPECT_EQ(read("MAXSIZE 1"), "s1");
  EXPECT_EQ(read("MAXSIZE 100000"), "s4 t4 u4");
  const std::size_t whole = run("XREAD STREAMS s t u 0 0 0").size();
  for (std::size_t most = 1; most <= whole; ++most) {
    const std::size_t size =
        run("XREAD MAXSIZE " + std::to_string(most) + " STREAMS s t u 0 0 0").size();
    EXPECT_LE(size, most + 80) << most;
    EXPECT_TRUE(size >= most || most + 80 > whole) << most;
  }
  // What was replied before does not count.
  EXPECT_NE(server.first.pipeline({"XRANGE s - +", "XREAD MAXSIZE 60 STREAMS s 0"})
                .find("\r\n2-0\r\n", 140),
            std::string::npos);
}

TEST_F(ReadLimitsTest, WhatIsNotDeliveredIsNotPending) {
  EXPECT_EQ(read_as("a MAXCOUNT 5"), "s4 t1");
  EXPECT_EQ(run("XPENDING t g").substr(4, 4), integer(1));
  EXPECT_EQ(run("XINFO CONSUMERS u g"), array({}));  // not even asked
  pass_ms(100);
  EXPECT_EQ(read_as("b CLAIM 50 COUNT 4 MAXCOUNT 7"), "s4 t3");
  EXPECT_EQ(count_pending("g"), integer(4));
  EXPECT_EQ(read_as("c MAXSIZE 1"), "t1");
  EXPECT_EQ(read_as("c MAXSIZE 1 MAXCOUNT 9"), "u1");
}

TEST_F(NewerStreamsTest, WhatWasGivenBackSurvivesItsBytes) {
  run("XREADGROUP GROUP g a STREAMS s >");
  run("XNACK s g FAIL IDS 2 2 3");
  const std::string dumped = run("DUMP s");
  const std::size_t at = dumped.find("\r\n") + 2;
  EXPECT_EQ(run({"RESTORE", "t", "0", dumped.substr(at, dumped.size() - at - 2)}), ok);
  EXPECT_EQ(run("XPENDING t g - + 10"), run("XPENDING s g - + 10"));
  EXPECT_EQ(run("XINFO GROUPS t"), run("XINFO GROUPS s"));
}

}  // namespace
}  // namespace respawn::commands::test

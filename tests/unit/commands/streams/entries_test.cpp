#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

/// [id, [field, value...]]
std::string stream_entry(std::string_view id, const std::vector<std::string>& fields) {
  std::vector<std::string> encoded;
  for (const std::string& field : fields) encoded.push_back(bulk(field));
  return aggregate('*', {bulk(id), aggregate('*', encoded)});
}

const std::string id_too_small =
    error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
const std::string invalid_stream_id =
    error("ERR Invalid stream ID specified as stream command argument");

class StreamEntriesTest : public CommandTest {};

TEST_F(StreamEntriesTest, IdsAreChosenOrGiven) {
  EXPECT_EQ(run("XADD s 5-3 f v"), bulk("5-3"));
  EXPECT_EQ(run("XADD s 5-3 f v"), id_too_small);
  EXPECT_EQ(run("XADD s 5-* f v"), bulk("5-4"));
  EXPECT_EQ(run("XADD s 4-* f v"), id_too_small);
  EXPECT_EQ(run("XADD s 6 f v"), bulk("6-0"));
  const std::string now = std::to_string(server.clock.wall_us() / 1000);
  EXPECT_EQ(run("XADD s * f v"), bulk(now + "-0"));
  EXPECT_EQ(run("XADD s * f v"), bulk(now + "-1"));
  EXPECT_EQ(run("XADD s 18446744073709551615-18446744073709551615 f v"),
            bulk("18446744073709551615-18446744073709551615"));
  EXPECT_EQ(run("XADD s * f v"),
            error("ERR The stream has exhausted the last possible ID, unable to add more items"));
  EXPECT_EQ(run("XADD t 0-0 f v"), error("ERR The ID specified in XADD must be greater than 0-0"));
  EXPECT_EQ(run("XADD t 0-* f v"), bulk("0-1"));
  for (const char* id : {"x", "1-x", "-", "+", "(1", "1-", "1-2-3", "*1"})
    EXPECT_EQ(run({"XADD", "t", id, "f", "v"}), invalid_stream_id) << id;
}

TEST_F(StreamEntriesTest, ArgumentsAreChecked) {
  EXPECT_EQ(run("XADD s *"), error("ERR wrong number of arguments for 'xadd' command"));
  EXPECT_EQ(run("XADD s * f v g"), error("ERR wrong number of arguments for 'xadd' command"));
  EXPECT_EQ(run("XADD s NOMKSTREAM * f v"), null);
  EXPECT_EQ(run("EXISTS s"), integer(0));
  EXPECT_EQ(run("XADD s MAXLEN -1 * f v"), error("ERR The MAXLEN argument must be >= 0."));
  EXPECT_EQ(
      run("XADD s MAXLEN 1 MINID 1 * f v"),
      error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible"));
  EXPECT_EQ(run("XADD s LIMIT 5 * f v"),
            error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"));
  EXPECT_EQ(run("XTRIM s MAXLEN 5 LIMIT 5"),
            error("ERR syntax error, LIMIT cannot be used without the special ~ option"));
  EXPECT_EQ(run("XTRIM s LIMIT 0 x"), syntax_error);
  run("SET k v");
  EXPECT_EQ(run("XADD k * f v"), wrong_type);
  EXPECT_EQ(run("XLEN k"), wrong_type);
  EXPECT_EQ(run("XDEL k 1"), wrong_type);
}

TEST_F(StreamEntriesTest, RangesGoBothWays) {
  for (int i = 1; i <= 4; ++i) run("XADD s " + std::to_string(i) + "-0 n " + std::to_string(i));
  const auto entry = [](int i) {
    return stream_entry(std::to_string(i) + "-0", {"n", std::to_string(i)});
  };
  EXPECT_EQ(run("XRANGE s - +"), aggregate('*', {entry(1), entry(2), entry(3), entry(4)}));
  EXPECT_EQ(run("XRANGE s (1 3"), aggregate('*', {entry(2), entry(3)}));
  EXPECT_EQ(run("XRANGE s (1-0 (3-0"), aggregate('*', {entry(2)}));
  EXPECT_EQ(run("XREVRANGE s + - COUNT 2"), aggregate('*', {entry(4), entry(3)}));
  EXPECT_EQ(run("XREVRANGE s 3 2"), aggregate('*', {entry(3), entry(2)}));
  EXPECT_EQ(run("XRANGE s 3 2"), aggregate('*', {}));
  EXPECT_EQ(run("XRANGE s - + COUNT 0"), null_array);
  EXPECT_EQ(run("XRANGE s - + COUNT -5"), null_array);
  EXPECT_EQ(run("XRANGE none - + COUNT 0"), aggregate('*', {}));
  EXPECT_EQ(run("XRANGE s ( +"), invalid_stream_id);
  EXPECT_EQ(run("XRANGE s (18446744073709551615-18446744073709551615 +"),
            error("ERR invalid start ID for the interval"));
  EXPECT_EQ(run("XRANGE s - (0-0"), error("ERR invalid end ID for the interval"));
  EXPECT_EQ(run("XRANGE s - + LIMIT 5"), syntax_error);
}

TEST_F(StreamEntriesTest, DeletingAndTrimming) {
  for (int i = 1; i <= 10; ++i) run("XADD s " + std::to_string(i) + "-0 f v");
  EXPECT_EQ(run("XDEL s 3 3-0 77"), integer(1));
  EXPECT_EQ(run("XLEN s"), integer(9));
  EXPECT_EQ(run("XDEL s 4 x"), invalid_stream_id);
  EXPECT_EQ(run("XLEN s"), integer(9));
  EXPECT_EQ(run("XTRIM s MAXLEN ~ 5"), integer(0));  // no whole block may go
  EXPECT_EQ(run("XTRIM s MAXLEN = 5"), integer(4));
  EXPECT_EQ(run("XTRIM s MINID 9"), integer(3));
  EXPECT_EQ(run("XADD s MAXLEN 1 20 f v"), bulk("20-0"));
  EXPECT_EQ(run("XLEN s"), integer(1));
  EXPECT_EQ(run("XDEL s 20"), integer(1));
  EXPECT_EQ(run("TYPE s"), simple("stream"));  // an empty stream stays
  EXPECT_EQ(run("OBJECT ENCODING s"), bulk("stream"));
  EXPECT_EQ(run("XADD s 20 f v"), id_too_small);
}

TEST_F(StreamEntriesTest, NothingIsCountedPastTheLargestNumber) {
  const std::string most = "9223372036854775807";
  run("XADD s 1 f v");
  run("XGROUP CREATE s g 0 ENTRIESREAD " + most);
  EXPECT_EQ(run("XSETID s 1 ENTRIESADDED " + most), ok);
  run("XADD s 2 f v");
  run("XREADGROUP GROUP g c COUNT 1 STREAMS s >");
  run("XCLAIM s g c 0 1 RETRYCOUNT " + most);
  run("XREADGROUP GROUP g c STREAMS s 0");
  const auto occurs = [](const std::string& reply, const std::string& fact) {
    return reply.find(fact) != std::string::npos;
  };
  EXPECT_TRUE(occurs(run("XINFO STREAM s"), "entries-added\r\n:" + most));
  EXPECT_TRUE(occurs(run("XINFO GROUPS s"), "entries-read\r\n:" + most));
  EXPECT_TRUE(occurs(run("XPENDING s g - + 9"), ":" + most));
  // What is stored of it can be read.
  EXPECT_EQ(run("COPY s copy"), integer(1));
  const std::string dumped = run("DUMP s");
  const std::size_t begin = dumped.find("\r\n") + 2;
  EXPECT_EQ(run({"RESTORE", "r", "0", dumped.substr(begin, dumped.size() - begin - 2)}), ok);
}

TEST_F(StreamEntriesTest, FactsCanBeSet) {
  run("XADD s 5 f v");
  EXPECT_EQ(run("XSETID s 4"),
            error("ERR The ID specified in XSETID is smaller than the target stream top item"));
  EXPECT_EQ(run("XSETID s 7-1 ENTRIESADDED 20 MAXDELETEDID 3-0"), ok);
  EXPECT_EQ(run("XSETID s 8 ENTRIESADDED 0"),
            error("ERR The entries_added specified in XSETID is smaller than the target stream "
                  "length"));
  EXPECT_EQ(run("XSETID s 8 MAXDELETEDID 9"),
            error("ERR The ID specified in XSETID is smaller than the provided "
                  "max_deleted_entry_id"));
  run("XTRIM s MAXLEN 0");
  EXPECT_EQ(run("XSETID s 2"),
            error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"));
  EXPECT_EQ(run("XSETID s 3"), ok);
  EXPECT_EQ(run("XSETID none 1"), error("ERR no such key"));
  EXPECT_EQ(run("XADD s 3-* f v"), bulk("3-1"));
}

TEST_F(StreamEntriesTest, EventsAreRedis) {
  EXPECT_EQ(events_of("XADD s 1 f v"), "new s, xadd s");
  EXPECT_EQ(events_of("XADD s MAXLEN 1 2 f v"), "xadd s, xtrim s");
  EXPECT_EQ(events_of("XDEL s 2"), "xdel s");
  EXPECT_EQ(events_of("XDEL s 2"), "");
  EXPECT_EQ(events_of("XSETID s 9"), "xsetid s");
  EXPECT_EQ(events_of("XGROUP CREATE s g 0"), "xgroup-create s");
  EXPECT_EQ(events_of("XGROUP CREATECONSUMER s g c"), "xgroup-createconsumer s");
  EXPECT_EQ(events_of("XGROUP SETID s g 0"), "xgroup-setid s");
  EXPECT_EQ(events_of("XGROUP DELCONSUMER s g c"), "xgroup-delconsumer s");
  EXPECT_EQ(events_of("XGROUP DESTROY s g"), "xgroup-destroy s");
  EXPECT_EQ(events_of("XGROUP DESTROY s g"), "");
}

TEST_F(StreamEntriesTest, CopiesAndDumpsAreWhole) {
  run("XADD s 1 f v");
  run("XADD s 2 g w");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c COUNT 1 STREAMS s >");
  EXPECT_EQ(run("COPY s t"), integer(1));
  EXPECT_EQ(run("XRANGE t - +"), run("XRANGE s - +"));
  EXPECT_EQ(run("XPENDING t g - + 5"), run("XPENDING s g - + 5"));
  run("XACK t g 1");
  EXPECT_NE(run("XPENDING t g"), run("XPENDING s g"));
  EXPECT_EQ(run("DEBUG DIGEST-VALUE s"), run("DEBUG DIGEST-VALUE t"));
}

}  // namespace
}  // namespace respawn::commands::test

// XADD's IDMP, XCFGSET, XIDMPRECORD, and what XINFO tells of them.
#include "keyspace/types/stream.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

class EffectTexts final : public UnitListener {
 public:
  void unit_done(const UnitRecord& unit) override {
    for (const engine::Propagated& effect : unit.propagated()) {
      for (const std::string& word : effect.words) text += word + " ";
      text += "| ";
    }
  }

  std::string text;
};

class ProducersTest : public CommandTest {
 protected:
  ~ProducersTest() override { server.store.unit.remove_listener(effects_); }

  std::string add(std::string_view options, std::string_view fields = "f v") {
    return run("XADD s " + std::string(options) + " * " + std::string(fields));
  }

  /// A number of XINFO STREAM; -1: it is not told.
  std::int64_t fact(std::string_view name, std::string_view more = "") {
    const std::string info = run("XINFO STREAM s " + std::string(more));
    const std::size_t at = info.find("\r\n" + std::string(name) + "\r\n");
    if (at == std::string::npos) return -1;
    return std::stoll(info.substr(at + name.size() + 5));
  }

  /// What is propagated for the command.
  std::string effects_of(std::string_view line) {
    effects_.text.clear();
    server.store.unit.add_listener(effects_);
    run(line);
    server.store.unit.remove_listener(effects_);
    return effects_.text;
  }

  void expect_whole() { EXPECT_TRUE(server.store.databases.check_invariants().ok()); }

 private:
  EffectTexts effects_;
};

TEST_F(ProducersTest, WhatIsSaidTwiceIsAddedOnce) {
  const std::string first = add("IDMP p 1");
  pass_ms(5);
  EXPECT_EQ(add("IDMP p 1", "other w"), first);
  EXPECT_NE(add("IDMP p 2"), first);
  EXPECT_NE(add("IDMP q 1"), first);
  EXPECT_EQ(run("XLEN s"), integer(3));
  // It is the ID of the entry that was, also when it is gone.
  EXPECT_EQ(run("XDEL s 1700000000000-0"), integer(1));
  EXPECT_EQ(add("MAXLEN 0 IDMP p 1"), first);
  EXPECT_EQ(run("XLEN s"), integer(2));
  EXPECT_EQ(run("XADD none NOMKSTREAM IDMP p 1 * f v"), null);
  EXPECT_EQ(run("XADD s NOMKSTREAM IDMP p 1 * f v"), first);
  EXPECT_EQ(run({"XADD", "s", "IDMP", "p", std::string_view("\0\xff", 2), "*", "f", "v"}),
            run({"XADD", "s", "IDMP", "p", std::string_view("\0\xff", 2), "*", "f", "w"}));
  expect_whole();
}

TEST_F(ProducersTest, TheFieldsThemselvesMayNameIt) {
  const std::string first = add("IDMPAUTO p", "a 1 b 2");
  pass_ms(1);
  EXPECT_EQ(add("IDMPAUTO p", "b 2 a 1"), first);
  EXPECT_NE(add("IDMPAUTO p", "a 2 b 1"), first);
  EXPECT_NE(add("IDMPAUTO p", "a 1 b 2 b 2"), first);
  EXPECT_NE(add("IDMPAUTO p", "a1 \"\" b 2"), first);
  EXPECT_NE(add("IDMPAUTO q", "a 1 b 2"), first);
  EXPECT_EQ(fact("iids-tracked"), 5);
}

TEST_F(ProducersTest, WrongArguments) {
  EXPECT_EQ(run("XADD s IDMP p * f v"),
            error("ERR Invalid stream ID specified as stream command argument"));
  EXPECT_EQ(run("XADD s IDMP p i 1-1 f v"),
            error("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs"));
  EXPECT_EQ(run("XADD s IDMPAUTO p 1-* f v"),
            error("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs"));
  EXPECT_EQ(run("XADD s IDMPAUTO p IDMP q 1 * f v"),
            error("ERR IDMP/IDMPAUTO specified multiple times"));
  EXPECT_EQ(run("XADD s IDMP \"\" 1 * f v"), error("ERR IDMP requires a non-empty producer ID"));
  EXPECT_EQ(run("XADD s IDMP p \"\" * f v"), error("ERR IDMP requires a non-empty idempotent ID"));
  EXPECT_EQ(run("XADD s IDMPAUTO \"\" * f v"),
            error("ERR IDMPAUTO requires a non-empty producer ID"));
  EXPECT_EQ(run("XADD s IDMP p 1 * f"), error("ERR wrong number of arguments for 'xadd' command"));
  EXPECT_EQ(run("XTRIM s MAXLEN 5 IDMPAUTO p"), syntax_error);
  EXPECT_EQ(run("EXISTS s"), integer(0));
}

TEST_F(ProducersTest, WhatIsOverOrTooMuchIsForgotten) {
  run("XADD s 1 f v");
  EXPECT_EQ(run("XCFGSET s IDMP-DURATION 2 IDMP-MAXSIZE 3"), ok);
  const std::string first = add("IDMP p 1");
  pass_ms(1999);
  EXPECT_EQ(add("IDMP p 1"), first);
  pass_ms(1);
  EXPECT_EQ(fact("iids-tracked"), 0);
  const std::string again = add("IDMP p 1");
  EXPECT_NE(again, first);
  add("IDMP p 2");
  add("IDMP p 3");
  EXPECT_EQ(add("IDMP p 1"), again);
  add("IDMP p 4");
  EXPECT_EQ(fact("iids-tracked"), 3);
  EXPECT_NE(add("IDMP p 1"), again);
  // Whoever adds pays for who is gone.
  for (int i = 0; i < 9; ++i) add("IDMP q" + std::to_string(i) + " 1");
  EXPECT_EQ(fact("pids-tracked"), 10);
  pass_ms(2000);
  for (int i = 0; i < 4; ++i) run("XADD s * f v");
  const keyspace::Entry* entry = server.store.databases.at(0).find("s");
  EXPECT_EQ(entry->object<keyspace::Stream>().producers()->size(), 0U);
  expect_whole();
}

TEST_F(ProducersTest, LimitsAreSet) {
  EXPECT_EQ(run("XCFGSET s IDMP-DURATION 5"), error(errors::no_such_key));
  const std::string first = add("IDMP p 1");
  EXPECT_EQ(fact("idmp-duration"), 100);
  EXPECT_EQ(run("XCFGSET s IDMP-DURATION 100 IDMP-MAXSIZE 100"), ok);
  EXPECT_EQ(add("IDMP p 1"), first);
  EXPECT_EQ(run("XCFGSET s IDMP-MAXSIZE 10000"), ok);
  EXPECT_EQ(fact("iids-tracked"), 0);  // other limits, another memory
  EXPECT_EQ(fact("pids-tracked"), 0);
  EXPECT_EQ(fact("iids-added"), 1);
  EXPECT_EQ(fact("iids-duplicates"), 1);
  EXPECT_EQ(fact("idmp-duration", "FULL"), 100);
  EXPECT_EQ(fact("idmp-maxsize", "FULL"), 10000);
  EXPECT_EQ(run("XCFGSET s"), error("ERR At least one parameter must be specified"));
  for (const char* line : {"IDMP-DURATION", "NONSENSE", "IDMP-DURATION 5 IDMP-MAXSIZE"})
    EXPECT_EQ(run("XCFGSET s " + std::string(line)), syntax_error);
  EXPECT_EQ(run("XCFGSET s IDMP-DURATION x IDMP-MAXSIZE"), not_an_integer);
  EXPECT_EQ(run("XCFGSET s IDMP-DURATION 86401"),
            error("ERR IDMP-DURATION must be between 1 and 86400 seconds"));
  EXPECT_EQ(run("XCFGSET s IDMP-MAXSIZE 0"),
            error("ERR IDMP-MAXSIZE must be between 1 and 10000 entries"));
  run("SET text t");
  EXPECT_EQ(run("XCFGSET text IDMP-MAXSIZE 1"), wrong_type);
  EXPECT_EQ(run("XIDMPRECORD text p 1 1-1"), wrong_type);
}

TEST_F(ProducersTest, OtherStreamsAnswerAsBefore) {
  run("XADD s 1 f v");
  EXPECT_EQ(fact("idmp-duration"), -1);
  EXPECT_TRUE(run("XINFO STREAM s").starts_with("*20\r\n"));
  EXPECT_TRUE(run("XINFO STREAM s FULL").starts_with("*18\r\n"));
  server.configure([](config::Config& c) {
    c.stream_idmp_duration_s = 7;
    c.stream_idmp_max_size = 2;
  });
  add("IDMP p 1");
  EXPECT_TRUE(run("XINFO STREAM s").starts_with("*32\r\n"));
  EXPECT_TRUE(run("XINFO STREAM s FULL").starts_with("*30\r\n"));
  EXPECT_EQ(fact("idmp-duration"), 7);
  EXPECT_EQ(fact("idmp-maxsize"), 2);
}

TEST_F(ProducersTest, WhatWasAddedIsRecorded) {
  run("XADD s 1699999999990-1 f v");
  EXPECT_EQ(run("XIDMPRECORD s p 1 1699999999990-1"), ok);
  EXPECT_EQ(run("XIDMPRECORD s p 1 1699999999990-1"), ok);
  EXPECT_EQ(add("IDMP p 1"), bulk("1699999999990-1"));
  EXPECT_EQ(fact("iids-added"), 1);
  EXPECT_EQ(run("XIDMPRECORD s p 1 1699999999991"),
            error("ERR The specified stream ID was deleted or doesn't exist"));
  run("XADD s 1699999999992 f v");
  EXPECT_EQ(run("XIDMPRECORD s p 1 1699999999992"),
            error("ERR The specified IDMP producer-id/idempotent-id pair maps to a different "
                  "stream ID"));
  EXPECT_EQ(run("XIDMPRECORD s p 2 x"),
            error("ERR Invalid stream ID specified as stream command argument"));
  EXPECT_EQ(run("XIDMPRECORD none p 1 1-1"), error(errors::no_such_key));
  EXPECT_EQ(run("XIDMPRECORD s \"\" 1 1699999999992"),
            error("ERR IDMP requires a non-empty producer ID"));
  EXPECT_EQ(run("XIDMPRECORD s p \"\" 1699999999992"),
            error("ERR IDMP requires a non-empty idempotent ID"));
}

TEST_F(ProducersTest, WhatIsPropagatedEveryRedisKnowsWithoutTheRest) {
  EXPECT_EQ(effects_of("XADD s IDMP p 1 * f v"),
            "XADD s 1700000000000-0 f v | XCFGSET s IDMP-DURATION 100 IDMP-MAXSIZE 100 | "
            "XIDMPRECORD s p 1 1700000000000-0 | ");
  EXPECT_EQ(effects_of("XADD s IDMP p 1 * f v"), "");
  EXPECT_EQ(effects_of("XADD s MAXLEN ~ 9 IDMP p 2 KEEPREF * f v"),
            "XADD s MAXLEN = 2 1700000000000-1 f v | XIDMPRECORD s p 2 1700000000000-1 | ");
  EXPECT_EQ(effects_of("XADD s KEEPREF IDMP p 3 MAXLEN 1 * f v"),
            "XADD s MAXLEN 1 1700000000000-2 f v | XIDMPRECORD s p 3 1700000000000-2 | ");
  EXPECT_EQ(effects_of("XADD s IDMP p 4 MAXLEN 9 ACKED NOMKSTREAM * f v"),
            "XADD s 1700000000000-3 f v | XIDMPRECORD s p 4 1700000000000-3 | ");
  EXPECT_EQ(effects_of("XCFGSET s IDMP-MAXSIZE 100"), "");
  EXPECT_EQ(effects_of("XCFGSET s IDMP-MAXSIZE 7"),
            "XCFGSET s IDMP-DURATION 100 IDMP-MAXSIZE 7 | ");
  EXPECT_EQ(effects_of("XIDMPRECORD s p 9 1700000000000-3"),
            "XIDMPRECORD s p 9 1700000000000-3 | ");
  EXPECT_EQ(changes_of("XADD s IDMP p 9 * f v"), 1U);  // a duplicate is counted
}

/// Entries may be gone, and time is another there.
TEST_F(ProducersTest, WhatIsReplayedIsNotDoubted) {
  Client& applying = connect();
  applying.session().applying = true;
  applying.run("XADD s 5-1 f v");
  applying.run("XCFGSET s IDMP-DURATION 1 IDMP-MAXSIZE 5");
  EXPECT_EQ(applying.run("XIDMPRECORD s p 1 4-1"), ok);
  EXPECT_EQ(applying.run("XIDMPRECORD s p 1 5-1"), ok);
  // As Redis 8.6 writes it.
  EXPECT_EQ(applying.run("XADD s IDMP p 2 6-1 f v"), bulk("6-1"));
  EXPECT_EQ(applying.run("XADD s IDMP p 1 7-1 f v"), bulk("7-1"));  // 5-1 was over by then
  EXPECT_EQ(applying.run("XADD s IDMP p 1 * f v"), bulk("7-1"));
  EXPECT_EQ(run("XLEN s"), integer(3));
  EXPECT_EQ(fact("iids-tracked"), 0);
}

TEST_F(ProducersTest, GoWithTheStream) {
  const std::string first = add("IDMP p 1");
  add("IDMP p 1");
  run("XGROUP CREATE s g 0");
  run("XREADGROUP GROUP g c STREAMS s >");
  run("XNACK s g FAIL IDS 1 1700000000000-0");
  run("COPY s t");
  const std::string dumped = run("DUMP s");
  const std::size_t at = dumped.find("\r\n") + 2;
  EXPECT_EQ(run({"RESTORE", "u", "0", dumped.substr(at, dumped.size() - at - 2)}), ok);
  for (const char* key : {"t", "u"}) {
    EXPECT_EQ(run("XINFO STREAM " + std::string(key)), run("XINFO STREAM s"));
    EXPECT_EQ(run("XPENDING " + std::string(key) + " g - + 5"), run("XPENDING s g - + 5"));
    EXPECT_EQ(run("XINFO CONSUMERS " + std::string(key) + " g"), run("XINFO CONSUMERS s g"));
    EXPECT_EQ(run("XADD " + std::string(key) + " IDMP p 1 * f v"), first);
  }
  expect_whole();
}

}  // namespace
}  // namespace respawn::commands::test

#include "engine/run/unit_record.hpp"

#include <gtest/gtest.h>

namespace respawn::engine {
namespace {

class Listener final : public UnitListener {
 public:
  void unit_done(const UnitRecord& unit) override {
    for (const Touched& each : unit.touched())
      text += std::to_string(each.db) + (each.whole_database ? "*" : "/" + each.key) + " ";
    for (const Propagated& effect : unit.propagated()) {
      for (const std::string& word : effect.words) text += word + " ";
    }
    text += ";";
  }

  std::string text;
};

class UnitRecordTest : public testing::Test {
 protected:
  void change(std::string_view key) {
    keyspace::Change(data, 0, key, data.at(0).find(key)).set_string("v");
  }

  keyspace::Databases data{2};
  UnitRecord unit{data};
  Listener listener;
};

TEST_F(UnitRecordTest, RecordsNothingWhileNobodyListens) {
  EXPECT_FALSE(unit.recorded());
  change("a");
  unit.touch(0, "a");
  unit.touch_database(1);
  unit.recover();
  EXPECT_TRUE(unit.touched().empty());
  EXPECT_TRUE(unit.possibly_touched().empty());
}

TEST_F(UnitRecordTest, TellsWhatWasTouchedAndForgetsWhatWasNot) {
  unit.add_listener(listener);
  change("a");
  change("b");
  EXPECT_EQ(unit.possibly_touched().size(), 2U);
  unit.touch(0, "b");
  unit.touch(0, "b");
  unit.touch_database(1);
  unit.propagate({0, Targets::everybody, {"SET", "b", "v"}});
  unit.command_done();
  EXPECT_TRUE(unit.possibly_touched().empty());
  unit.unit_done();
  EXPECT_EQ(listener.text, "0/b 1* SET b v ;");
  unit.unit_done();
  EXPECT_EQ(listener.text, "0/b 1* SET b v ;") << "an empty unit is not told";
  unit.remove_listener(listener);
}

TEST_F(UnitRecordTest, AfterACrashWhatMayHaveBeenTouchedCounts) {
  unit.add_listener(listener);
  unit.propagate({0, Targets::everybody, {"DEL", "x"}});
  change("a");
  data.clear(1);
  unit.recover();
  unit.unit_done();
  EXPECT_EQ(listener.text, "0/a 1* DEL x ;");
  unit.remove_listener(listener);
}

TEST_F(UnitRecordTest, EveryListenerIsToldUntilItLeaves) {
  Listener second;
  unit.add_listener(listener);
  unit.add_listener(second);
  unit.touch(0, "a");
  unit.unit_done();
  unit.remove_listener(listener);
  unit.touch(0, "b");
  unit.unit_done();
  unit.remove_listener(second);
  EXPECT_FALSE(unit.recorded());
  EXPECT_EQ(listener.text, "0/a ;");
  EXPECT_EQ(second.text, "0/a ;0/b ;");
}

}  // namespace
}  // namespace respawn::engine

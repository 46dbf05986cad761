#include "engine/run/unit_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace respawn::engine {
namespace {

std::string text_of(const std::vector<Touched>& list) {
  std::string text;
  for (const Touched& each : list)
    text += std::to_string(each.db) + (each.whole_database ? "*" : "/" + each.key) + " ";
  return text;
}

/// Writes down what units did.
class RecordListener final : public UnitListener {
 public:
  void unit_done(const UnitRecord& unit) override {
    text_ += text_of(unit.touched());
    for (const Propagated& effect : unit.propagated()) {
      text_ +=
          "[" + std::to_string(effect.db) + "/" + std::to_string(static_cast<int>(effect.targets));
      for (const std::string& word : effect.words) text_ += " " + word;
      text_ += "] ";
    }
    text_ += ";";
  }

  /// What it was told since the last call.
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

class UnitRecordTest : public testing::Test {
 protected:
  ~UnitRecordTest() override { unit.remove_listener(listener); }

  void listen() { unit.add_listener(listener); }

  void change(std::string_view key, std::size_t db = 0) {
    keyspace::Change(data, db, key, data.at(db).find(key)).set_string("v");
  }

  keyspace::Databases data{3};
  UnitRecord unit{data};
  RecordListener listener;
};

// ---- nobody listens -----------------------------------------------------------------------------

TEST_F(UnitRecordTest, RecordsNothingWhileNobodyListens) {
  EXPECT_FALSE(unit.recorded());
  change("a");
  data.swap(0, 1);
  data.clear(1);
  unit.touch(0, "a");
  unit.touch_database(1);
  EXPECT_TRUE(unit.possibly_touched().empty());
  unit.recover();
  unit.command_done();
  unit.unit_done();
  EXPECT_TRUE(unit.touched().empty());
  EXPECT_THROW(unit.propagate({0, Targets::everybody, {"DEL", "a"}}), CheckFailure);
  listen();
  unit.unit_done();
  EXPECT_EQ(listener.take(), "") << "nor is it told later";
}

TEST_F(UnitRecordTest, WhatTheLastListenerDidNotHearIsForgotten) {
  listen();
  change("a");
  unit.touch(0, "a");
  unit.propagate({0, Targets::everybody, {"DEL", "a"}});
  change("b");
  unit.remove_listener(listener);
  EXPECT_FALSE(unit.recorded());
  EXPECT_TRUE(unit.possibly_touched().empty());
  EXPECT_TRUE(unit.touched().empty());
  EXPECT_TRUE(unit.propagated().empty());
  change("c");
  EXPECT_TRUE(unit.possibly_touched().empty()) << "nor does it hear of changes any more";
}

// ---- commands and units -------------------------------------------------------------------------

TEST_F(UnitRecordTest, WhatIsPossiblyTouchedIsForgottenBehindTheCommand) {
  listen();
  change("a");
  change("b", 2);
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/a 2/b ");
  EXPECT_EQ(text_of(unit.touched()), "");
  unit.command_done();
  EXPECT_EQ(text_of(unit.possibly_touched()), "");
  unit.unit_done();
  EXPECT_EQ(listener.take(), "") << "a unit that did nothing is not told";
}

TEST_F(UnitRecordTest, WhatIsPossiblyTouchedIsNotToldByItself) {
  listen();
  change("a");
  unit.propagate({0, Targets::replicas, {"PUBLISH", "c", "m"}});
  unit.unit_done();
  EXPECT_EQ(listener.take(), "[0/2 PUBLISH c m] ;");
}

TEST_F(UnitRecordTest, WhatIsTouchedIsToldAtTheEndOfTheUnit) {
  listen();
  change("a");
  change("b");
  unit.touch(0, "b");
  unit.touch_database(1);
  unit.propagate({0, Targets::everybody, {"SET", "b", "v"}});
  unit.command_done();
  change("c", 2);
  unit.touch(2, "c");
  unit.propagate({2, Targets::log, {"SET", "c", "v"}});
  unit.command_done();
  EXPECT_EQ(text_of(unit.possibly_touched()), "");
  EXPECT_EQ(listener.take(), "") << "not before";
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/b 1* 2/c [0/3 SET b v] [2/1 SET c v] ;");
  EXPECT_TRUE(unit.touched().empty());
  EXPECT_TRUE(unit.propagated().empty());
  unit.unit_done();
  EXPECT_EQ(listener.take(), "") << "nor twice";
}

TEST_F(UnitRecordTest, AKeyThatIsTouchedAgainAtOnceIsNamedOnce) {
  listen();
  change("a");
  change("a");
  unit.touch(0, "a");
  unit.touch(0, "a");
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/a ");
  unit.touch(1, "a");
  unit.touch_database(1);
  unit.touch_database(1);
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/a 1/a 1* ;");
}

TEST_F(UnitRecordTest, AKeyThatIsTouchedAgainAfterSomebodyLookedIsNamedAgain) {
  listen();
  unit.touch(0, "a");
  unit.touched_was_seen();
  unit.touch(0, "a");
  unit.touch(0, "a");
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/a 0/a ;");
  unit.touch(0, "a");
  unit.touch(0, "a");
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/a ;") << "that was another unit";
}

TEST_F(UnitRecordTest, KnowsWhatBroughtAChangeAbout) {
  listen();
  unit.touch(0, "a", TouchedBy::itself);
  unit.touch(0, "a");
  unit.touch_database(1, TouchedBy::swap);
  ASSERT_EQ(unit.touched().size(), 3U);
  EXPECT_EQ(unit.touched()[0].by, TouchedBy::itself);
  EXPECT_EQ(unit.touched()[1].by, TouchedBy::command);
  EXPECT_EQ(unit.touched()[2].by, TouchedBy::swap);
}

TEST_F(UnitRecordTest, KnowsWhoseCommandItWas) {
  listen();
  unit.touch(0, "a");
  unit.unit_done(7);
  EXPECT_EQ(unit.author(), 7U);
  unit.touch(0, "a");
  unit.unit_done();
  EXPECT_EQ(unit.author(), 0U);
}

TEST_F(UnitRecordTest, AKeyWithoutANameIsNoDatabase) {
  listen();
  change("");
  data.clear(0);
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/ 0* ");
  unit.touch_database(0);
  unit.touch(0, "");
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0* 0/ ;");
}

TEST_F(UnitRecordTest, AnEffectHasWords) {
  listen();
  EXPECT_THROW(unit.propagate({0, Targets::everybody, {}}), CheckFailure);
}

// ---- after a crash ------------------------------------------------------------------------------

TEST_F(UnitRecordTest, AfterACrashWhatMayHaveBeenTouchedCounts) {
  listen();
  change("x");
  unit.touch(0, "x");
  unit.propagate({0, Targets::everybody, {"DEL", "x"}});
  change("unchanged");
  unit.command_done();
  change("a");
  data.clear(1);
  EXPECT_THROW(keyspace::Change(data, 0, std::string_view("a"), nullptr).set_string("again"),
               CheckFailure);
  unit.recover();
  EXPECT_TRUE(unit.possibly_touched().empty());
  EXPECT_EQ(listener.take(), "") << "not before the unit is over";
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/x 0/a 1* 0/a [0/3 DEL x] ;")
      << "what was over before the crash is told as it was";
  unit.recover();
  unit.unit_done();
  EXPECT_EQ(listener.take(), "");
}

TEST_F(UnitRecordTest, AfterACrashBothDatabasesThatChangedPlacesCount) {
  listen();
  data.swap(2, 0);
  EXPECT_EQ(text_of(unit.possibly_touched()), "2* 0* ");
  unit.recover();
  unit.unit_done();
  EXPECT_EQ(listener.take(), "2* 0* ;");
}

TEST_F(UnitRecordTest, ACrashBetweenUnitsTouchedNothing) {
  listen();
  change("a");
  unit.touch(0, "a");
  unit.command_done();
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/a ;");
  unit.recover();
  unit.unit_done();
  EXPECT_EQ(listener.take(), "");
}

// ---- several listeners --------------------------------------------------------------------------

TEST_F(UnitRecordTest, EveryListenerIsToldUntilItLeaves) {
  RecordListener second;
  listen();
  unit.add_listener(second);
  change("a");
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/a ") << "one observer, however many listen";
  unit.touch(0, "a");
  unit.command_done();
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/a ;");
  EXPECT_EQ(second.take(), "0/a ;");
  unit.touch(0, "b");
  unit.remove_listener(listener);
  EXPECT_TRUE(unit.recorded());
  unit.unit_done();
  EXPECT_EQ(listener.take(), "");
  EXPECT_EQ(second.take(), "0/b ;") << "the record stays while anybody listens";
  change("c");
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/c ");
  unit.remove_listener(second);
  EXPECT_FALSE(unit.recorded());
}

TEST_F(UnitRecordTest, WhoNeverListenedMayLeave) {
  RecordListener stranger;
  unit.remove_listener(stranger);
  listen();
  change("a");
  unit.touch(0, "a");
  unit.remove_listener(stranger);
  EXPECT_TRUE(unit.recorded());
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/a ");
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/a ;");
  EXPECT_EQ(stranger.take(), "");
}

TEST_F(UnitRecordTest, WhoListensAgainHearsOfNewUnitsOnly) {
  listen();
  unit.touch(0, "a");
  unit.remove_listener(listener);
  listen();
  change("b");
  EXPECT_EQ(text_of(unit.possibly_touched()), "0/b ");
  unit.touch(0, "b");
  unit.unit_done();
  EXPECT_EQ(listener.take(), "0/b ;");
}

TEST_F(UnitRecordTest, ListenersAreToldInTheOrderOfTheirComing) {
  class Numbered final : public UnitListener {
   public:
    Numbered(int number, std::string& order) : number_(number), order_(order) {}

    void unit_done(const UnitRecord& unit) override {
      order_ += std::to_string(number_) + ":" + text_of(unit.touched());
    }

   private:
    int number_;
    std::string& order_;
  };

  std::string order;
  Numbered first(1, order);
  Numbered second(2, order);
  unit.add_listener(first);
  unit.add_listener(second);
  unit.touch(0, "a");
  unit.unit_done();
  EXPECT_EQ(order, "1:0/a 2:0/a ");
  unit.remove_listener(second);
  unit.remove_listener(first);
}

}  // namespace
}  // namespace respawn::engine

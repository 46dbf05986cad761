#include "keyspace/change.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

// ---- what does not compile ----------------------------------------------------------------------

/// `type` has a member of this name, which who is no friend cannot reach. (A member of a base is
/// ambiguous beside another of its name whether or not it may be reached.)
#define RESPAWN_EXPECT_HIDDEN(type, member)                       \
  struct Beside_##type##_##member {                               \
    int member;                                                   \
  };                                                              \
  template <class T>                                              \
  struct Both_##type##_##member : T, Beside_##type##_##member {}; \
  template <class T>                                              \
  concept Reaches_##type##_##member = requires {                  \
    &T::member;                                                   \
  };                                                              \
  static_assert(!Reaches_##type##_##member<type>);                \
  static_assert(!Reaches_##type##_##member<Both_##type##_##member<type>>)

RESPAWN_EXPECT_HIDDEN(Database, set_string);
RESPAWN_EXPECT_HIDDEN(Database, set_text);
RESPAWN_EXPECT_HIDDEN(Database, set_integer);
RESPAWN_EXPECT_HIDDEN(Database, set_raw);
RESPAWN_EXPECT_HIDDEN(Database, set_object);
RESPAWN_EXPECT_HIDDEN(Database, append);
RESPAWN_EXPECT_HIDDEN(Database, extend);
RESPAWN_EXPECT_HIDDEN(Database, writable);
RESPAWN_EXPECT_HIDDEN(Database, move);
RESPAWN_EXPECT_HIDDEN(Database, erase);
RESPAWN_EXPECT_HIDDEN(Database, set_expiry);
RESPAWN_EXPECT_HIDDEN(Database, clear_expiry);
RESPAWN_EXPECT_HIDDEN(Database, fields_expire);
RESPAWN_EXPECT_HIDDEN(Database, make_producers);
RESPAWN_EXPECT_HIDDEN(Database, take_contents);
RESPAWN_EXPECT_HIDDEN(Database, adopt);
RESPAWN_EXPECT_HIDDEN(Database, swap);
RESPAWN_EXPECT_HIDDEN(Database, set_access_clock);
RESPAWN_EXPECT_HIDDEN(Database, contents_);
RESPAWN_EXPECT_HIDDEN(Databases, database);
RESPAWN_EXPECT_HIDDEN(Databases, databases_);

#undef RESPAWN_EXPECT_HIDDEN

template <class T>
concept CanFind = requires {
  &T::find;
};

static_assert(CanFind<Database>, "what may be reached is reached");

template <class T>
concept ContainerChanges = requires(T& entry) {
  entry.container();
};

static_assert(ContainerChanges<const Entry> && !ContainerChanges<Entry>);
static_assert(std::is_same_v<decltype(std::declval<const Entry&>().container()), const Object&>);
static_assert(std::is_same_v<decltype(std::declval<Entry&>().object<List>()), const List&>);

/// Of a database that is no const one: constness of ours must not be what protects it.
template <class T>
concept ReadsOnly = requires(T& database, const Key& key, Random& random) {
  requires std::is_same_v<decltype(database.find(key)), const Entry*>;
  requires std::is_same_v<decltype(database.first_to_expire()), const Entry*>;
  requires std::is_same_v<decltype(database.random_expiring(random)), const Entry*>;
  requires std::is_same_v<decltype(database.next_expired(0)), const Entry*>;
  requires std::is_same_v<decltype(database.next_expired_fields(0)), const Entry*>;
  requires std::is_same_v<decltype(database.random(random)), const Entry*>;
};

static_assert(ReadsOnly<Database>);
static_assert(std::is_same_v<decltype(std::declval<Databases&>().at(0)), const Database&>);
static_assert(!std::is_copy_constructible_v<Database> && !std::is_move_constructible_v<Database> &&
              !std::is_copy_assignable_v<Database> && !std::is_move_assignable_v<Database>);
static_assert(
    std::is_constructible_v<Change, Databases&, std::size_t, const Key&, const Entry*> &&
    !std::is_constructible_v<Change, const Databases&, std::size_t, const Key&, const Entry*>);

TEST(Change, VisitorsSeeEntriesThatTheyCannotChange) {
  Databases data(1);
  GatedDatabase(data, 0).set_string("a", nullptr, "1");
  std::size_t seen = 0;
  const auto visit = [&seen](auto& entry) {
    static_assert(std::is_same_v<decltype(entry), const Entry&>);
    ++seen;
  };
  Random random(1);
  data.at(0).for_each(visit);
  data.at(0).scan(0, 10, visit);
  EXPECT_EQ(seen, 2U);
  while (seen == 2) data.at(0).sample(random, visit);
}

// ---- the mark -----------------------------------------------------------------------------------

TEST(Change, MakingOneSetsTheMarkAndSettledClearsIt) {
  Databases data(2);
  EXPECT_FALSE(data.mutating());
  { const Change untouched(data, 0, std::string_view("a"), nullptr); }
  EXPECT_TRUE(data.mutating()) << "whatever is done through it, and also behind its life";
  data.settled();
  EXPECT_FALSE(data.mutating());
  Change change(data, 0, std::string_view("a"), nullptr);
  change.set_string("1");
  EXPECT_TRUE(data.mutating());
  data.settled();
  EXPECT_FALSE(data.mutating());
}

TEST(Change, ChangesOfWholeDatabasesSetTheMark) {
  Databases data(2);
  data.swap(0, 1);
  EXPECT_TRUE(data.mutating());
  data.settled();
  data.clear(0);
  EXPECT_TRUE(data.mutating());
  EXPECT_TRUE(data.recover().ok());
  EXPECT_FALSE(data.mutating());
}

TEST(Change, ReadingSetsNoMark) {
  Databases data(1);
  GatedDatabase database(data, 0);
  database.set_string("a", nullptr, "1", 5);
  data.settled();
  database.find("a")->set_access_clock(7);
  EXPECT_NE(database->next_expired(6), nullptr);
  data.set_access_clock(8);
  EXPECT_TRUE(data.check_invariants().ok());
  EXPECT_FALSE(data.mutating());
}

// ---- who hears of it ----------------------------------------------------------------------------

/// Writes down what it hears, and what was there at that moment.
class Diary final : public ChangeObserver {
 public:
  explicit Diary(const Databases& data) : data_(data) {}

  void before_change(std::size_t database, const Key& key, const Entry* entry) override {
    EXPECT_EQ(entry, data_.at(database).find(key));
    EXPECT_TRUE(data_.mutating());
    text_ += "change " + std::to_string(database) + "/" + std::string(key.bytes) + " " +
             described(entry) + ";";
  }

  void before_clear(std::size_t database) override {
    text_ += "clear " + std::to_string(database) + " of " + size_of(database) + ";";
  }

  void before_swap(std::size_t first, std::size_t second) override {
    text_ += "swap " + std::to_string(first) + " of " + size_of(first) + " " +
             std::to_string(second) + " of " + size_of(second) + ";";
  }

  /// What it heard since the last call.
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string size_of(std::size_t database) const {
    return std::to_string(data_.at(database).size());
  }

  const Databases& data_;
  std::string text_;
};

class ObservedChange : public ::testing::Test {
 protected:
  ObservedChange() { data.add_observer(diary); }

  ~ObservedChange() override { data.remove_observer(diary); }

  Databases data{3};
  Diary diary{data};
  GatedDatabase database{data, 1};
};

TEST_F(ObservedChange, IsToldBeforeAnythingIsDone) {
  {
    const Change untouched(data, 2, std::string_view("key"), nullptr);
    EXPECT_EQ(diary.take(), "change 2/key nothing;") << "when it is made, not when it is used";
  }
  const Entry* entry = database.set_string("a", nullptr, "old", 5);
  EXPECT_EQ(diary.take(), "change 1/a nothing;");
  entry = database.set_string("a", entry, "new");
  EXPECT_EQ(diary.take(), "change 1/a old until 5;");
  entry = database.append(entry, "er");
  EXPECT_EQ(diary.take(), "change 1/a new;");
  entry = database.set_expiry(entry, 9);
  EXPECT_EQ(diary.take(), "change 1/a newer;");
  database.erase(entry);
  EXPECT_EQ(diary.take(), "change 1/a newer until 9;");
}

TEST_F(ObservedChange, OfAContainerIsToldBeforeItIsHandedOut) {
  database.set_object("list", nullptr, std::make_unique<List>());
  diary.take();
  Change change = database.change(database.find("list"));
  change.object<List>().push(End::back, "1", {});
  change.object<List>().push(End::back, "2", {});
  EXPECT_EQ(diary.take(), "change 1/list list of 0;") << "once for all that is done through it";
  (void)database.change(database.find("list"));
  EXPECT_EQ(diary.take(), "change 1/list list of 2;");
}

TEST_F(ObservedChange, OfTwoKeysIsToldForBoth) {
  database.set_string("from", nullptr, "1");
  GatedDatabase(data, 2).set_string("to", nullptr, "2");
  diary.take();
  Change to(data, 2, std::string_view("to"), data.at(2).find("to"));
  database.change(database.find("from")).move_to(to);
  EXPECT_EQ(diary.take(), "change 2/to 2;change 1/from 1;");
}

TEST_F(ObservedChange, OfWholeDatabasesIsToldBeforeAnythingIsDone) {
  database.set_string("a", nullptr, "1");
  diary.take();
  data.swap(1, 2);
  EXPECT_EQ(diary.take(), "swap 1 of 1 2 of 0;");
  data.clear(2);
  EXPECT_EQ(diary.take(), "clear 2 of 1;");
  data.clear(2);
  EXPECT_EQ(diary.take(), "clear 2 of 0;") << "also when nothing is there";
}

TEST_F(ObservedChange, WhoLeftHearsNothing) {
  {
    Diary other(data);
    data.add_observer(other);
    database.set_string("a", nullptr, "1");
    EXPECT_EQ(other.take(), "change 1/a nothing;");
    EXPECT_EQ(diary.take(), "change 1/a nothing;");
    data.remove_observer(other);
    database.erase("a");
    EXPECT_EQ(other.take(), "");
    EXPECT_EQ(diary.take(), "change 1/a 1;");
  }
  data.remove_observer(diary);
  database.set_string("a", nullptr, "2");
  data.swap(0, 1);
  data.clear(0);
  EXPECT_EQ(diary.take(), "");
  EXPECT_TRUE(data.mutating()) << "the mark needs no observer";
  data.add_observer(diary);
  database.set_string("a", nullptr, "3");
  EXPECT_EQ(diary.take(), "change 1/a nothing;");
}

/// Has no memory to write down what it hears.
class Overwhelmed final : public ChangeObserver {
 public:
  void before_change(std::size_t, const Key&, const Entry*) override { throw std::bad_alloc(); }

  void before_clear(std::size_t) override { throw std::bad_alloc(); }

  void before_swap(std::size_t, std::size_t) override { throw std::bad_alloc(); }
};

TEST_F(ObservedChange, ThatAnObserverCannotTakeDoesNotHappen) {
  const Entry* entry = database.set_string("a", nullptr, "1");
  data.settled();
  Overwhelmed overwhelmed;
  data.add_observer(overwhelmed);
  EXPECT_THROW(database.set_string("a", entry, "2"), std::bad_alloc);
  EXPECT_TRUE(data.mutating()) << "the keeper looks";
  EXPECT_THROW(data.swap(0, 1), std::bad_alloc);
  EXPECT_THROW(data.clear(1), std::bad_alloc);
  data.remove_observer(overwhelmed);
  EXPECT_EQ(described(database.find("a")), "1");
  EXPECT_EQ(data.size(), 1U);
  EXPECT_TRUE(data.recover().ok());
}

// ---- the handle ---------------------------------------------------------------------------------

TEST(Change, KnowsWhatIsThere) {
  Databases data(2);
  Change change(data, 0, std::string_view("a"), nullptr);
  EXPECT_EQ(change.entry(), nullptr);
  EXPECT_EQ(change.expire_at_ms(), never);
  change.set_integer(7, 50);
  EXPECT_EQ(change.entry(), data.at(0).find("a"));
  EXPECT_EQ(change.expire_at_ms(), 50);
  Change other(data, 1, std::string_view("b"), nullptr);
  change.move_to(other);
  EXPECT_EQ(change.entry(), nullptr);
  EXPECT_EQ(other.entry(), data.at(1).find("b"));
  EXPECT_EQ(other.entry()->integer(), 7);
  EXPECT_EQ(other.expire_at_ms(), 50);
  EXPECT_THROW((void)other.object<List>(), CheckFailure);
  other.erase();
  EXPECT_EQ(other.entry(), nullptr);
  EXPECT_EQ(data.size(), 0U);
  EXPECT_THROW((void)other.object<List>(), CheckFailure);
}

TEST(Change, ASecondOneMadeOfWhatIsNotThereIsRefused) {
  Databases data(1);
  Change first(data, 0, std::string_view("a"), nullptr);
  Change second(data, 0, std::string_view("a"), nullptr);
  first.set_string("1");
  EXPECT_THROW(second.set_string("2"), CheckFailure);
}

TEST(Change, ADatabaseThatIsNotThereIsRefused) {
  Databases data(1);
  EXPECT_THROW((Change(data, 1, std::string_view("a"), nullptr)), CheckFailure);
  EXPECT_THROW(data.clear(1), CheckFailure);
  EXPECT_THROW(data.swap(0, 1), CheckFailure);
}

}  // namespace
}  // namespace respawn::keyspace

#include "keyspace/change.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

// What nobody but the gate may do does not compile.
template <class T>
concept CanErase = requires(T& database, Key key, Entry* entry) {
  database.erase(key, entry);
};

template <class T>
concept CanSet = requires(T& database, Key key) {
  database.set_string(key, nullptr, std::string_view(), never);
};

template <class T>
concept CanClear = requires(T& database) {
  database.clear();
};

template <class T>
concept CanSwap = requires(T& database) {
  database.swap(database);
};

static_assert(!CanErase<Database> && !CanSet<Database> && !CanClear<Database> &&
              !CanSwap<Database>);
static_assert(
    std::is_same_v<decltype(std::declval<Database&>().find(std::declval<Key>())), const Entry*>);
static_assert(std::is_same_v<decltype(std::declval<const Entry&>().object<List>()), const List&>);
static_assert(std::is_same_v<decltype(std::declval<Databases&>().at(0)), const Database&>);

/// Writes down what it hears, and what was there at that moment.
class Diary final : public ChangeObserver {
 public:
  explicit Diary(const Databases& data) : data_(data) {}

  void before_change(std::size_t database, const Key& key, const Entry* entry) override {
    Scratch scratch;
    text += "change " + std::to_string(database) + "/" + std::string(key.bytes) + " ";
    text += entry == nullptr ? "new" : std::string(entry->bytes(scratch));
    text += ";";
  }

  void before_clear(std::size_t database) override {
    text += "clear " + std::to_string(database) + " of " +
            std::to_string(data_.at(database).size()) + ";";
  }

  void before_swap(std::size_t first, std::size_t second) override {
    text += "swap " + std::to_string(first) + " " + std::to_string(second) + ";";
  }

  std::string text;

 private:
  const Databases& data_;
};

TEST(Change, ObserversHearOfItBeforeItHappens) {
  Databases data(3);
  Diary diary(data);
  Diary other(data);
  data.add_observer(diary);
  data.add_observer(other);
  GatedDatabase database(data, 1);
  const Entry* entry = database.set_string("a", nullptr, "old");
  entry = database.set_string("a", entry, "new");
  data.swap(1, 2);
  data.clear(2);
  EXPECT_EQ(diary.text, "change 1/a new;change 1/a old;swap 1 2;clear 2 of 1;");
  EXPECT_EQ(other.text, diary.text);
  data.remove_observer(diary);
  data.clear(0);
  EXPECT_EQ(diary.text, "change 1/a new;change 1/a old;swap 1 2;clear 2 of 1;");
  EXPECT_EQ(other.text, diary.text + "clear 0 of 0;");
  data.remove_observer(other);
}

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
}

TEST(Change, ASecondOneMadeOfWhatIsNotThereIsRefused) {
  Databases data(1);
  Change first(data, 0, std::string_view("a"), nullptr);
  Change second(data, 0, std::string_view("a"), nullptr);
  first.set_string("1");
  EXPECT_THROW(second.set_string("2"), CheckFailure);
}

}  // namespace
}  // namespace respawn::keyspace

// Changes when memory is out: all or nothing, at every allocation that can fail.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "keyspace/change.hpp"
#include "keyspace/types/hash.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"
#include "tests/unit/keyspace/gated_database.hpp"

namespace respawn::keyspace {
namespace {

class ChangeWithoutMemory : public ::testing::Test {
 protected:
  /// Everything, with its expiries and those of fields.
  [[nodiscard]] std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (std::size_t index = 0; index < data.count(); ++index) {
      const Database& from = data.at(index);
      from.for_each([&](const Entry& entry) {
        std::string& text = all[std::to_string(index) + "/" + std::string(entry.key())];
        text = described(&entry);
        if (entry.type() != Type::hash) return;
        text += " expiring " + std::to_string(entry.object<Hash>().earliest_expiry_ms());
      });
      all[std::to_string(index)] = std::to_string(from.expiring_count()) + " " +
                                   std::to_string(from.earliest_expiry_ms()) + " " +
                                   std::to_string(from.earliest_field_expiry_ms());
    }
    return all;
  }

  /// Works through the same change until memory suffices: before that nothing is changed, and the
  /// change still knows its key. Says how often it failed.
  template <class Work>
  void attempt(Change& change, Work&& work) {
    const std::map<std::string, std::string> before = contents();
    failures += fail_at_every_allocation([&] { work(change); },
                                         [&] {
                                           EXPECT_EQ(contents(), before);
                                           expect_whole();
                                           EXPECT_EQ(change.entry(), find(change));
                                         });
    EXPECT_NE(contents(), before);
    EXPECT_EQ(change.entry(), find(change));
    expect_whole();
  }

  void attempt_move(std::string_view from, std::size_t to_database, std::string_view to) {
    Change source = database.change(from, database.find(from));
    Change target(data, to_database, to, data.at(to_database).find(to));
    attempt(source, [&](Change& change) { change.move_to(target); });
    EXPECT_EQ(target.entry(), data.at(to_database).find(to));
    EXPECT_NE(target.entry(), nullptr);
  }

  void add_hash(std::string_view key, std::int64_t expire_at_ms) {
    auto hash = std::make_unique<Hash>();
    hash->set(MemberKey("field"), "value", expire_at_ms, {});
    database.set_object(key, nullptr, std::move(hash));
  }

  void expect_whole() const {
    const Status status = data.check_invariants();
    EXPECT_TRUE(status.ok()) << status.error();
  }

  [[nodiscard]] const Entry* find(const Change& change) const {
    return data.at(0).find(change.key());
  }

  Databases data{2};
  GatedDatabase database{data, 0};
  std::size_t failures = 0;
};

TEST_F(ChangeWithoutMemory, LeavesTheKeyAndIsStillGood) {
  Change change(data, 0, std::string_view("key"), nullptr);
  attempt(change, [](Change& it) { it.set_string("short", 5); });
  attempt(change, [](Change& it) { it.set_integer(17, 9); });
  attempt(change, [](Change& it) { it.set_text("18", 9); });
  attempt(change, [](Change& it) { it.append("0123456789"); });
  attempt(change, [](Change& it) { it.extend(5000); });
  attempt(change, [](Change& it) { it.clear_expiry(); });
  attempt(change, [](Change& it) { it.set_expiry(100); });
  attempt(change, [](Change& it) { it.set_raw(1, [](char* to) { *to = 'x'; }); });
  attempt(change, [](Change& it) {
    auto list = std::make_unique<List>();
    list->push(End::back, "1", {});
    it.set_object(std::move(list), 7);
  });
  attempt(change, [](Change& it) { it.set_expiry(never - 1); });
  attempt(change, [](Change& it) { it.set_string("text", 9); });
  EXPECT_GT(failures, 10U);
  const std::size_t before = failures;
  attempt(change, [](Change& it) { it.erase(); });
  EXPECT_EQ(failures, before) << "there is always memory to erase";
}

TEST_F(ChangeWithoutMemory, MovesAllOrNothing) {
  database.set_string("a", nullptr, "short");
  attempt_move("a", 1, "b");
  database.set_string("a", nullptr, std::string(1000, 'x'), 5);
  attempt_move("a", 1, "b");
  database.set_string("a", nullptr, "1", 6);
  attempt_move("a", 0, "c");
  database.set_string("a", nullptr, "2", 7);
  attempt_move("a", 0, "c");
  EXPECT_GT(failures, 4U);
}

TEST_F(ChangeWithoutMemory, MovesHashesWhoseFieldsExpireAllOrNothing) {
  for (const std::size_t to : {1, 0}) {
    add_hash("a", 50);
    attempt_move("a", to, "b");
    add_hash("a", 40);
    attempt_move("a", to, "b");
  }
  EXPECT_GT(failures, 4U);
}

TEST_F(ChangeWithoutMemory, EntersExpiriesOfFieldsOrNot) {
  add_hash("a", never);
  Change change = database.change(database.find("a"));
  change.object<Hash>().set_expiry(MemberKey("field"), 50);
  failures =
      fail_at_every_allocation([&] { change.fields_expire(); },
                               [&] { EXPECT_EQ(database->earliest_field_expiry_ms(), never); });
  EXPECT_GT(failures, 0U);
  EXPECT_EQ(database->earliest_field_expiry_ms(), 50);
  expect_whole();
}

}  // namespace
}  // namespace respawn::keyspace

// Snapshots while everything changes: the file is the state at the cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "persistence/snapshot/rdb_snapshot.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/persistence/rdb_file_support.hpp"

namespace respawn::persistence {
namespace {

constexpr std::size_t snapshot_databases = 3;

BackgroundFilePlan plan_of(support::MemoryFiles& files) {
  return {.files = files, .temporary = "temp", .path = "dump", .sink = {}};
}

void no_functions(const std::function<void(std::string_view)>&) {}

/// Changes of every kind, at random.
class Changes {
 public:
  Changes(keyspace::Databases& data, Random& random) : data_(data), random_(random) {}

  void one() {
    const std::size_t db = random_.below(snapshot_databases);
    switch (random_.below(40)) {
      case 0:
        return data_.swap(db, random_.below(snapshot_databases));
      case 1:
        return random_.below(8) == 0 ? data_.clear(db) : erase_some(db, 20);
      case 2:
        return erase_some(db, 200);
      case 3:
      case 4:
        return move(db, random_.below(snapshot_databases));
      default:
        return change(db);
    }
  }

  void fill(std::size_t keys) {
    for (std::size_t i = 0; i < keys; ++i) change(random_.below(snapshot_databases));
  }

 private:
  std::string name() { return "key:" + std::to_string(random_.below(3000)); }

  void change(std::size_t db) {
    const std::string key = name();
    const keyspace::Entry* entry = data_.at(db).find(key);
    keyspace::Change change(data_, db, key, entry);
    const std::int64_t ends = random_.below(3) == 0
                                  ? static_cast<std::int64_t>(random_.below(1'000'000))
                                  : keyspace::never;
    const std::uint64_t what = random_.below(8);
    if (entry && what == 0) return change.erase();
    if (entry && what == 1) return change.set_expiry(77);
    if (entry && what == 2) return change.clear_expiry();
    if (entry && entry->type() == keyspace::Type::string && what == 3) return change.append("more");
    if (entry && entry->type() == keyspace::Type::list)
      return void(change.object<keyspace::List>().push(keyspace::End::back,
                                                       std::to_string(random_.below(1000)), {}));
    if (what == 4) {
      auto list = std::make_unique<keyspace::List>();
      list->push(keyspace::End::front, "first", {});
      return change.set_object(std::move(list), ends);
    }
    if (what == 5) return change.set_string(std::string(1 + random_.below(70'000), 'x'), ends);
    change.set_string("value " + std::to_string(random_.below(100'000)), ends);
  }

  void erase_some(std::size_t db, std::size_t count) {
    for (; count > 0; --count)
      if (const keyspace::Entry* entry = data_.at(db).random(random_)) {
        const std::string key(entry->key());
        keyspace::Change(data_, db, key, entry).erase();
      }
  }

  void move(std::size_t from_db, std::size_t to_db) {
    const keyspace::Entry* entry = data_.at(from_db).random(random_);
    const std::string to_name = name();
    if (!entry || (from_db == to_db && entry->key() == to_name)) return;
    const std::string from_name(entry->key());
    keyspace::Change from(data_, from_db, from_name, entry);
    keyspace::Change to(data_, to_db, to_name, data_.at(to_db).find(to_name));
    from.move_to(to);
  }

  keyspace::Databases& data_;
  Random& random_;
};

TEST(SnapshotTest, IsTheStateAtTheCut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  keyspace::Databases data(snapshot_databases);
  Changes changes(data, random);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    changes.fill(random.below(3000));
    support::MemoryFiles files;
    const test::State before = test::state_of(data);
    RdbSnapshot snapshot(data, plan_of(files), {}, no_functions);
    const std::uint64_t eagerness = 1 + random.below(40);
    while (snapshot.file().state() == BackgroundFile::State::running) {
      if (random.below(eagerness) == 0 && !snapshot.step(1)) snapshot.file().wait_for_room();
      changes.one();
      data.garbage().free_slice(random.below(50));
    }
    ASSERT_EQ(snapshot.file().state(), BackgroundFile::State::done) << snapshot.file().error();
    const auto loaded = test::load(files.contents("dump"));
    ASSERT_FALSE(loaded.failure) << loaded.failure->text();
    const test::State found = test::state_of(*loaded.data);
    ASSERT_EQ(found.size(), before.size());
    ASSERT_TRUE(found == before);
    EXPECT_TRUE(data.check_invariants().ok());
    EXPECT_FALSE(files.exists("temp"));
  }
}

TEST(SnapshotTest, ManyAtOnceEachHaveTheirOwnCut) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  keyspace::Databases data(snapshot_databases);
  Changes changes(data, random);
  changes.fill(4000);
  constexpr std::size_t count = 4;
  support::MemoryFiles files[count];
  test::State cuts[count];
  std::vector<std::unique_ptr<RdbSnapshot>> running;
  for (std::size_t i = 0; i < count; ++i) {
    cuts[i] = test::state_of(data);
    running.push_back(
        std::make_unique<RdbSnapshot>(data, plan_of(files[i]), RdbSnapshotOptions{}, no_functions));
    for (int step = 0; step < 500; ++step) {
      changes.one();
      if (step % 5 == 0) running[random.below(running.size())]->step(1);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(running[i]->run_to_end().ok());
    const auto loaded = test::load(files[i].contents("dump"));
    ASSERT_FALSE(loaded.failure) << loaded.failure->text();
    EXPECT_TRUE(test::state_of(*loaded.data) == cuts[i]) << i;
  }
}

TEST(SnapshotTest, ADiskThatIsFullLeavesTheOldFile) {
  keyspace::Databases data(snapshot_databases);
  keyspace::GatedDatabase db(data, 0);
  db.set_string("k", nullptr, std::string(1'000'000, 'x'));
  support::MemoryFiles files;
  files.put("dump", "old");
  files.room_bytes = 100;
  BackgroundFilePlan plan = plan_of(files);
  plan.compress = false;
  RdbSnapshot snapshot(data, std::move(plan), {}, no_functions);
  const Status saved = snapshot.run_to_end();
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error(), testing::HasSubstr("No space left"));
  EXPECT_EQ(files.contents("dump"), "old");
  EXPECT_FALSE(files.exists("temp"));
}

TEST(SnapshotTest, ADiskThatHangsEndsTheSnapshotAndNotTheWriters) {
  keyspace::Databases data(snapshot_databases);
  keyspace::GatedDatabase db(data, 0);
  for (int i = 0; i < 3000; ++i)
    db.set_text("key:" + std::to_string(i), nullptr, std::string(1000, 'x'));
  support::MemoryFiles files;
  files.hangs = true;
  BackgroundFilePlan plan = plan_of(files);
  plan.pending_bytes_max = 1'000'000;
  plan.compress = false;
  RdbSnapshot snapshot(data, std::move(plan), {}, no_functions);
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    db.set_text(key, db.find(key), "new");
    EXPECT_LE(snapshot.file().pending_bytes(), 1'300'000U);
  }
  files.hangs = false;
  files.hangs.notify_all();
  const Status saved = snapshot.run_to_end();
  ASSERT_FALSE(saved.ok());
  EXPECT_THAT(saved.error(), testing::HasSubstr("too slow"));
  EXPECT_FALSE(files.exists("temp"));
}

TEST(SnapshotTest, OneThatIsGivenUpLooksAtNothingAnyMore) {
  keyspace::Databases data(snapshot_databases);
  keyspace::GatedDatabase db(data, 0);
  for (int i = 0; i < 1000; ++i) db.set_string("key:" + std::to_string(i), nullptr, "v");
  support::MemoryFiles files;
  RdbSnapshot snapshot(data, plan_of(files), {}, no_functions);
  snapshot.step(10);
  snapshot.cancel();
  data.clear(0);
  EXPECT_EQ(data.garbage().free_slice(1'000'000), 1000U);
  EXPECT_FALSE(snapshot.run_to_end().ok());
  EXPECT_FALSE(files.exists("dump"));
}

TEST(SnapshotTest, WhatWasClearedIsKeptUntilItHasBeenWalked) {
  keyspace::Databases data(snapshot_databases);
  keyspace::GatedDatabase db(data, 1);
  std::size_t bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    db.set_string(key, nullptr, std::string(100, 'v'));
    bytes += data.at(1).find(key)->memory_bytes();
  }
  support::MemoryFiles files;
  RdbSnapshot snapshot(data, plan_of(files), {}, no_functions);
  snapshot.step(10);
  EXPECT_EQ(snapshot.cut_bytes(), 0U);
  data.clear(1);
  EXPECT_EQ(data.garbage().pending(), 0U);
  EXPECT_GT(snapshot.cut_bytes(), bytes);
  EXPECT_LT(snapshot.cut_bytes(), bytes + 50'000) << "the tables";
  ASSERT_TRUE(snapshot.run_to_end().ok());
  EXPECT_EQ(data.garbage().pending(), 1000U);
  EXPECT_EQ(test::load(files.contents("dump")).data->at(1).size(), 1000U);
}

}  // namespace
}  // namespace respawn::persistence

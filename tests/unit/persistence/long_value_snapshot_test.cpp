// Snapshots of values that are written in slices, while these change in every way: the file is the
// state at the cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.hpp"
#include "persistence/append_log/command_snapshot.hpp"
#include "persistence/snapshot/rdb_snapshot.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/support/test_steps.hpp"
#include "tests/unit/persistence/rdb_file_support.hpp"

namespace respawn::persistence {
namespace {

using keyspace::Change;
using keyspace::End;
using keyspace::Entry;
using keyspace::Hash;
using keyspace::List;
using keyspace::MemberKey;
using keyspace::never;
using keyspace::Set;
using keyspace::SortedSet;
using keyspace::Stream;
using keyspace::StreamId;
using keyspace::Type;

constexpr std::size_t long_databases = 2;
constexpr const char* names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};

/// Few keys with long values of all types; what is done to them is drawn at random.
class LongValues {
 public:
  LongValues(keyspace::Databases& data, Random& random) : data_(data), random_(random) {
    for (std::size_t db = 0; db < long_databases; ++db)
      for (const char* name : names) make(db, name);
  }

  void one() {
    const std::size_t db = random_.below(long_databases);
    const std::string name = any_name();
    const Entry* entry = data_.at(db).find(name);
    if (!entry) return random_.below(20) == 0 ? make(db, name) : small(db);
    switch (random_.below(400)) {
      case 0:
        return Change(data_, db, name, entry).erase();
      case 1:
        return make(db, name);
      case 2:
        return data_.swap(0, 1);
      case 3:
        return random_.below(20) == 0 ? data_.clear(db) : small(db);
      case 4:
      case 5:
        return move(db, name, entry);
      case 6:
        return Change(data_, db, name, entry)
            .set_expiry(static_cast<std::int64_t>(random_.below(1'000'000)));
      case 7:
        return Change(data_, db, name, entry).clear_expiry();
      case 8:
        return small(db);
      default:
        return alter(db, name, entry);
    }
  }

 private:
  std::string any_name() { return names[random_.below(std::size(names))]; }

  std::string text(std::size_t below) { return "text " + std::to_string(random_.below(below)); }

  std::string some_bytes() {
    return std::string(random_.below(40), static_cast<char>('a' + random_.below(26)));
  }

  void small(std::size_t db) {
    const std::string name = "small " + std::to_string(random_.below(500));
    Change(data_, db, name, data_.at(db).find(name)).set_string(text(1000));
  }

  void move(std::size_t db, const std::string& name, const Entry* entry) {
    const std::size_t to_db = random_.below(long_databases);
    const std::string to_name = any_name();
    if (to_db == db && to_name == name) return;
    Change from(data_, db, name, entry);
    Change to(data_, to_db, to_name, data_.at(to_db).find(to_name));
    from.move_to(to);
  }

  void make(std::size_t db, const std::string& name) {
    Change change(data_, db, name, data_.at(db).find(name));
    switch (random_.below(6)) {
      case 0:
        return change.set_string(std::string((std::size_t{1} << 20) + random_.below(50'000), 's'));
      case 1:
        return change.set_object(hash());
      case 2:
        return change.set_object(set());
      case 3:
        return change.set_object(sorted_set());
      case 4:
        return change.set_object(list());
      default:
        return change.set_object(stream());
    }
  }

  std::unique_ptr<Hash> hash() {
    auto made = std::make_unique<Hash>();
    const std::int64_t expire_at_ms = random_.below(2) == 0 ? never : 1'700'000'000'000;
    for (int i = 0; i < 600; ++i)
      made->set(MemberKey(text(5000)), some_bytes(), i % 3 == 0 ? expire_at_ms : never, {});
    return made;
  }

  std::unique_ptr<Set> set() {
    auto made = std::make_unique<Set>();
    for (int i = 0; i < 2000; ++i) add(*made, text(9000));
    return made;
  }

  static void add(Set& set, const std::string& member) { set.add(member, {}); }

  std::unique_ptr<SortedSet> sorted_set() {
    auto made = std::make_unique<SortedSet>();
    for (int i = 0; i < 1000; ++i)
      made->set(text(5000), static_cast<double>(random_.below(100)), {});
    return made;
  }

  std::unique_ptr<List> list() {
    auto made = std::make_unique<List>();
    for (int i = 0; i < 3000; ++i) made->push(End::back, text(100'000), {});
    return made;
  }

  std::unique_ptr<Stream> stream() {
    auto made = std::make_unique<Stream>();
    for (int i = 0; i < 2000; ++i) append(*made);
    for (const char* name : {"readers", "others"}) {
      keyspace::StreamGroup& group = made->add_group(name);
      group.add_consumer("x", 5);
      group.add_consumer("y", 6);
      for (int i = 0; i < 700; ++i) deliver(*made, group);
    }
    return made;
  }

  void append(Stream& stream) {
    const StreamId id{stream.last_id.ms + random_.below(3), stream.last_id.seq + 1};
    const std::string value = some_bytes();
    const std::string_view fields[] = {"field", value};
    stream.append(id, fields, {});
    ++stream.entries_added;
  }

  void deliver(const Stream& stream, keyspace::StreamGroup& group) {
    const StreamId id{random_.below(stream.last_id.ms + 1), random_.below(3000)};
    const char* const name = random_.below(2) == 0 ? "x" : "y";
    group.put({.id = id,
               .delivered_ms = static_cast<std::int64_t>(random_.below(1000)),
               .deliveries = random_.below(9),
               .consumer = group.find_consumer(name)->index()});
  }

  void alter(std::size_t db, const std::string& name, const Entry* entry) {
    Change change(data_, db, name, entry);
    switch (entry->type()) {
      case Type::string:
        return alter_string(change);
      case Type::hash:
        alter(change.object<Hash>());
        return change.fields_expire();
      case Type::set:
        return alter(change.object<Set>());
      case Type::sorted_set:
        return alter(change.object<SortedSet>());
      case Type::list:
        return alter(change.object<List>());
      case Type::stream:
        return alter(change.object<Stream>());
    }
  }

  void alter_string(Change& change) {
    if (random_.below(3) == 0) return change.append(some_bytes());
    const std::size_t at = random_.below(change.entry()->length() + 100);
    const std::string bytes = some_bytes() + "!";
    bytes.copy(change.extend(at + bytes.size(), {at, at + bytes.size()}) + at, bytes.size());
  }

  void alter(Hash& hash) {
    const std::string field = text(5000);
    if (random_.below(3) == 0 && hash.size() > 1) return void(hash.erase(MemberKey(field)));
    hash.set(MemberKey(field), some_bytes(), random_.below(5) == 0 ? 1'800'000'000'000 : never, {});
  }

  void alter(Set& set) {
    const std::string member = text(9000);
    if (random_.below(2) == 0 && set.size() > 1) return void(set.erase(member));
    add(set, member);
  }

  void alter(SortedSet& set) {
    if (random_.below(20) == 0 && set.size() > 50)
      return set.erase(keyspace::RankRange{random_.below(set.size() - 10), 10});
    if (random_.below(3) == 0 && set.size() > 1) return void(set.erase(text(5000)));
    set.set(text(5000), static_cast<double>(random_.below(100)), {});
  }

  void alter(List& list) {
    const End end = random_.below(2) == 0 ? End::front : End::back;
    switch (random_.below(6)) {
      case 0:
        return list.set(random_.below(list.size()), text(100'000), {});
      case 1:
        return list.insert(random_.below(list.size()), some_bytes(), {});
      case 2:
        return list.size() > 20 ? list.drop(end, 1 + random_.below(10), {}) : void();
      case 3:
        return list.size() > 400 && random_.below(10) == 0
                   ? list.erase(random_.below(list.size() - 300), 300, {})
                   : void();
      default:
        return list.push(end, text(100'000), {});
    }
  }

  void alter(Stream& stream) {
    keyspace::StreamGroup* group = stream.find_group("readers");
    const StreamId id{random_.below(stream.last_id.ms + 1), random_.below(3000)};
    switch (random_.below(8)) {
      case 0:
        return void(stream.erase(stream.first_entry(), {}));
      case 1:
        return void(random_.below(50) == 0
                        ? stream.trim({.min_id = std::nullopt, .max_length = stream.length() / 2},
                                      data_.garbage())
                        : 0);
      case 2:
        return void(group && group->pending_count() > 0 && group->remove(group->first_pending()));
      case 3:
        return group ? deliver(stream, *group) : void();
      case 4:
        return void(group && group->remove(id));
      case 5:
        if (group && random_.below(100) == 0) stream.take_group("readers");
        return;
      default:
        return append(stream);
    }
  }

  keyspace::Databases& data_;
  Random& random_;
};

BackgroundFilePlan long_plan(support::MemoryFiles& files) {
  return {.files = files, .temporary = "temp", .path = "dump", .sink = {}};
}

BackgroundFilePlan command_plan(support::MemoryFiles& files) {
  BackgroundFilePlan plan = long_plan(files);
  plan.has_footer = false;
  return plan;
}

void no_libraries(const std::function<void(std::string_view)>&) {}

class LongValueSnapshotTest : public ::testing::Test {
 protected:
  const std::uint64_t seed = support::test_seed();
  Random random{seed};
  keyspace::Databases data{long_databases};
};

TEST_F(LongValueSnapshotTest, EachIsTheStateAtItsCut) {
  struct Open {
    support::MemoryFiles files;
    test::State state;
    std::unique_ptr<RdbSnapshot> snapshot;
  };

  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  LongValues values(data, random);
  std::vector<std::unique_ptr<Open>> open;
  std::size_t compared = 0;
  const std::uint64_t steps = support::cut_steps(15'000);
  for (std::uint64_t step = 0; step < steps || !open.empty(); ++step) {
    if (open.size() < 3 && random.below(1000) == 0 && step < steps) {
      open.push_back(std::make_unique<Open>());
      open.back()->state = test::state_of(data);
      open.back()->snapshot = std::make_unique<RdbSnapshot>(data, long_plan(open.back()->files),
                                                            RdbSnapshotOptions{}, no_libraries);
    }
    values.one();
    data.garbage().free_slice(random.below(50));
    if (open.empty() || random.below(3) != 0) continue;
    auto& one = open[random.below(open.size())];
    if (one->snapshot->step(4)) continue;
    one->snapshot->file().wait_for_room();
    if (one->snapshot->walk() != nullptr) continue;
    ASSERT_TRUE(one->snapshot->run_to_end().ok()) << one->snapshot->file().error();
    const auto loaded = test::load(one->files.contents("dump"));
    ASSERT_FALSE(loaded.failure) << loaded.failure->text();
    const test::State found = test::state_of(*loaded.data);
    ASSERT_EQ(found.size(), one->state.size());
    for (const auto& [key, value] : one->state)
      ASSERT_TRUE(found.contains(key) && found.at(key) == value) << key << " at step " << step;
    std::swap(one, open.back());
    open.pop_back();
    ++compared;
  }
  EXPECT_GT(compared, 1U);
  const Status sound = data.check_invariants();
  EXPECT_TRUE(sound.ok()) << sound.error();
}

TEST_F(LongValueSnapshotTest, WhatIsCopiedOfListsIsCounted) {
  auto list = std::make_unique<List>();
  for (int i = 0; i < 100'000; ++i) list->push(End::back, "element " + std::to_string(i), {});
  Change(data, 0, std::string_view("list"), nullptr).set_object(std::move(list));
  const auto entry = [&] { return data.at(0).find(std::string_view("list")); };
  support::MemoryFiles files;
  RdbSnapshot snapshot(data, long_plan(files), {}, no_libraries);
  while (snapshot.walk()->held().empty()) snapshot.step(1);
  for (const std::size_t index : {0U, 50'000U, 99'999U})
    Change(data, 0, std::string_view("list"), entry()).object<List>().set(index, "changed", {});
  snapshot.refresh();
  const auto& shared = std::get<std::unique_ptr<List>>(snapshot.walk()->held().front()->value());
  EXPECT_NEAR(static_cast<double>(snapshot.cut_bytes()),
              static_cast<double>(shared->unshared_bytes()), 2000);
  EXPECT_GT(snapshot.cut_bytes(), 3 * 4096U);
  EXPECT_LT(snapshot.cut_bytes(), 3 * 16384U);
  Change(data, 0, std::string_view("list"), entry()).erase();
  snapshot.refresh();
  EXPECT_GT(snapshot.cut_bytes(), 100'000 * 10U);
  ASSERT_TRUE(snapshot.run_to_end().ok());
  EXPECT_EQ(snapshot.cut_bytes(), 0U);
}

using Words = std::vector<std::string>;

/// Commands with many elements as many with one, so that their order does not matter where it may
/// not.
void add_command(const Words& words, std::multiset<Words>& to) {
  const std::size_t stride = words[0] == "HMSET" || words[0] == "ZADD" ? 2 : 1;
  if (words[0] != "HMSET" && words[0] != "ZADD" && words[0] != "SADD")
    return void(to.insert(words));
  for (std::size_t at = 2; at < words.size(); at += stride) {
    Words one = {words[0], words[1]};
    one.insert(one.end(), words.begin() + static_cast<std::ptrdiff_t>(at),
               words.begin() + static_cast<std::ptrdiff_t>(at + stride));
    to.insert(one);
  }
}

std::multiset<Words> commands_in(const std::string& file) {
  std::multiset<Words> all;
  for (std::size_t at = 0; at < file.size();) {
    const auto number = [&] {
      const std::size_t end = file.find("\r\n", at);
      const std::size_t value = std::stoul(file.substr(at + 1, end - at - 1));
      at = end + 2;
      return value;
    };
    Words words(number());
    for (std::string& word : words) {
      const std::size_t bytes = number();
      word = file.substr(at, bytes);
      at += bytes + 2;
    }
    if (words[0] != "SELECT") add_command(words, all);
  }
  return all;
}

TEST_F(LongValueSnapshotTest, CommandsAreThoseOfTheCut) {
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  LongValues values(data, random);
  for (int round = 0; round < 4; ++round) {
    support::MemoryFiles files[2];
    CommandSnapshot at_rest(data, command_plan(files[0]), no_libraries,
                            {.head = "", .walk = WalkKind::at_rest});
    ASSERT_TRUE(at_rest.run_to_end().ok());
    CommandSnapshot beside(data, command_plan(files[1]), no_libraries, {.head = ""});
    while (beside.walk() != nullptr) {
      if (!beside.step(4)) beside.file().wait_for_room();
      for (int i = 0; i < 5; ++i) values.one();
    }
    ASSERT_TRUE(beside.run_to_end().ok());
    EXPECT_TRUE(commands_in(files[0].contents("dump")) == commands_in(files[1].contents("dump")));
  }
}

void put_hash(keyspace::Databases& data, std::string_view key) {
  auto hash = std::make_unique<Hash>();
  for (int i = 0; i < 5000; ++i)
    hash->set(MemberKey("field " + std::to_string(i)), "value", never, {});
  Change(data, 0, key, nullptr).set_object(std::move(hash));
}

TEST_F(LongValueSnapshotTest, ADelayIsForAKeyHoweverManySlicesItHas) {
  put_hash(data, "hash");
  put_hash(data, "another");
  support::MemoryFiles files;
  RdbSnapshotOptions options;
  options.delay_us = 2'000'000'000;  // half an hour
  RdbSnapshot snapshot(data, long_plan(files), options, no_libraries);
  while (snapshot.step(1)) {
  }
  EXPECT_EQ(snapshot.keys_written(), 1U);
  EXPECT_EQ(snapshot.walk()->held().size(), 1U) << "the other one waits";
  snapshot.cancel();
}

TEST_F(LongValueSnapshotTest, WhatIsKeptIsCountedAndGivenBack) {
  put_hash(data, "hash");
  support::MemoryFiles files;
  RdbSnapshot snapshot(data, long_plan(files), {}, no_libraries);
  snapshot.step(1);
  while (snapshot.walk()->held().empty()) snapshot.step(1);
  EXPECT_EQ(snapshot.cut_bytes(), 0U);
  for (int i = 0; i < 100; ++i) {
    const std::string field = "field " + std::to_string(i);
    Change(data, 0, std::string_view("hash"), data.at(0).find(std::string_view("hash")))
        .object<Hash>()
        .set(MemberKey(field), "other", never, {});
  }
  snapshot.refresh();
  EXPECT_GT(snapshot.cut_bytes(), 1000U);
  EXPECT_LT(snapshot.cut_bytes(), 100 * (16U + 32 + 32));
  Change(data, 0, std::string_view("hash"), data.at(0).find(std::string_view("hash"))).erase();
  snapshot.refresh();
  EXPECT_GT(snapshot.cut_bytes(), 5000 * 16U) << "the deleted value is held";
  EXPECT_EQ(data.garbage().pending(), 0U);
  ASSERT_TRUE(snapshot.run_to_end().ok());
  EXPECT_EQ(snapshot.cut_bytes(), 0U);
  EXPECT_GT(snapshot.cut_bytes_peak(), 5000 * 16U);
  EXPECT_GT(data.garbage().pending(), 0U);
  EXPECT_EQ(test::load(files.contents("dump")).data->at(0).size(), 1U);
}

}  // namespace
}  // namespace respawn::persistence

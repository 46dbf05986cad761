// The gate, held against redis-server: what is recorded as touched are the keys for which it aborts
// the EXEC of a client that watches them; and what a command looks up is what its row says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "engine/table/key_finder.hpp"
#include "tests/generator/source.hpp"
#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/twin/twin.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::twin {
namespace {

using generator::Words;
using Place = std::pair<int, std::string>;  // a database and a key

constexpr std::size_t watcher_count = 12;
constexpr std::uint64_t watched_in_ci = 12'000;
constexpr std::uint64_t watched_in_long_form = 200'000;

std::uint64_t watched_count() {
  return std::getenv("RESPAWN_LONG") == nullptr ? watched_in_ci : watched_in_long_form;
}

/// The engine under test: runs commands and tells what they touched and looked up.
class Ours final : private engine::UnitListener, private engine::LookupObserver {
 public:
  Ours() {
    server_.store.unit.add_listener(*this);
    server_.store.lookups = this;
  }

  ~Ours() override {
    server_.store.unit.remove_listener(*this);
    server_.store.lookups = nullptr;
  }

  /// False when it would have to wait: then nothing has happened.
  bool run(const Words& words) {
    touched_.clear();
    looked_up_.clear();
    before_ = keys();
    server_.first.run_words(words);
    if (!server_.first.blocked()) return true;
    server_.connect().run("CLIENT UNBLOCK " + std::to_string(server_.first.session().id));
    return false;
  }

  [[nodiscard]] bool touched(const Place& place) const {
    for (const engine::Touched& each : touched_) {
      if (each.db != place.first) continue;
      if (!each.whole_database && each.key == place.second) return true;
      // Who watches what neither was nor is there is not disturbed.
      if (each.whole_database && (before_.contains(place) || keys().contains(place))) return true;
    }
    return false;
  }

  /// The keys that were touched; of a whole database, those that were in it and those that are.
  [[nodiscard]] std::set<Place> touched_keys() const {
    std::set<Place> places;
    for (const engine::Touched& each : touched_) {
      if (!each.whole_database) {
        places.emplace(each.db, each.key);
        continue;
      }
      for (const std::set<Place>& all : {before_, keys()})
        for (const Place& place : all)
          if (place.first == each.db) places.insert(place);
    }
    return places;
  }

  [[nodiscard]] const std::set<std::string>& looked_up() const { return looked_up_; }

  [[nodiscard]] int db() { return server_.first.session().db; }

  [[nodiscard]] engine::Command* find(const Words& words) {
    engine::Command* command = server_.store.registry.find(words[0]);
    if (command && !command->subcommands.empty() && words.size() > 1)
      command = command->subcommand(words[1]);
    return command;
  }

  [[nodiscard]] std::set<Place> keys() const {
    std::set<Place> all;
    const keyspace::Databases& data = server_.store.databases;
    for (std::size_t db = 0; db < data.count(); ++db)
      data.at(db).for_each([&](const keyspace::Entry& entry) {
        all.emplace(static_cast<int>(db), std::string(entry.key()));
      });
    return all;
  }

 private:
  void unit_done(const engine::UnitRecord& unit) override {
    touched_.insert(touched_.end(), unit.touched().begin(), unit.touched().end());
  }

  void looking_up(int, const keyspace::Key& key) override { looked_up_.emplace(key.bytes); }

  commands::test::Server server_;
  std::vector<engine::Touched> touched_;
  std::set<std::string> looked_up_;
  std::set<Place> before_;
};

/// redis-server, with clients that watch.
class Oracle {
 public:
  explicit Oracle(std::uint16_t port) : worker_(port) {
    for (std::size_t i = 0; i < watcher_count; ++i) watchers_.emplace_back(port);
  }

  void run(const Words& words) { worker_.command(words); }

  std::string dump(const std::string& key) { return worker_.text({"DUMP", key}); }

  /// For which of the places the command disturbs who watches.
  std::vector<bool> disturbed(const std::vector<Place>& places, const Words& words) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      watchers_[i].send({"SELECT", std::to_string(places[i].first)});
      watchers_[i].send({"WATCH", places[i].second});
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      watchers_[i].read();
      watchers_[i].read();
    }
    run(words);
    std::vector<bool> result;
    for (std::size_t i = 0; i < places.size(); ++i) {
      watchers_[i].send({"MULTI"});
      watchers_[i].send({"EXEC"});
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      watchers_[i].read();
      result.push_back(watchers_[i].read().null);
    }
    return result;
  }

 private:
  support::RespClient worker_;
  std::vector<support::RespClient> watchers_;
};

/// Commands that wait, so that they mostly need not.
Words waiting(Random& random) {
  const std::string l = "l" + std::to_string(1 + random.below(3));
  const std::string z = "z" + std::to_string(1 + random.below(3));
  const std::string other = "l" + std::to_string(1 + random.below(3));
  switch (random.below(8)) {
    case 0:
      return {"BLPOP", l, other, "0.01"};
    case 1:
      return {"BRPOP", l, "0.01"};
    case 2:
      return {"BLMOVE", l, other, "LEFT", "RIGHT", "0.01"};
    case 3:
      return {"BRPOPLPUSH", l, other, "0.01"};
    case 4:
      return {"BLMPOP", "0.01", "2", l, other, "LEFT", "COUNT", "2"};
    case 5:
      return {"BZPOPMIN", z, "0.01"};
    case 6:
      return {"BZPOPMAX", z, "0.01"};
    default:
      return {"BZMPOP", "0.01", "1", z, "MIN"};
  }
}

/// Rows that 7.0 lacks, or does not signal.
constexpr std::string_view newer[] = {"delifeq",    "hexpire",  "hpexpire", "hexpireat",
                                      "hpexpireat", "hpersist", "pfdebug",  "xdelex",
                                      "xackdel",    "xnack",    "xcfgset",  "xidmprecord"};
/// What is pending in groups, and what a stream remembers, are changed without a word to watchers.
constexpr std::string_view unseen[] = {"xsetid", "xreadgroup", "xack", "xclaim", "xautoclaim"};

class WatchTest : public testing::Test {
 protected:
  void SetUp() override {
    support::ServerOptions options;
    options.binary = support::redis_binary();
    if (options.binary.empty()) GTEST_SKIP() << "there is no redis-server to compare with";
    options.arguments = {"--save", ""};
    redis_.emplace(options);
    oracle_.emplace(redis_->port());
  }

  /// Keys that may have been touched, and some that hardly were.
  std::vector<Place> places(const engine::CommandSpec& spec, const Words& words, int db) {
    std::set<Place> all = ours_.touched_keys();
    const std::vector<std::string_view> views(words.begin(), words.end());
    if (spec.arity.admits(words.size()))
      if (const auto keys = engine::find_keys(spec, views))
        for (const engine::FoundKey& key : *keys) all.emplace(db, words[key.position]);
    const char* const letters = "sblhtzp";
    for (int i = 0; i < 3; ++i)
      all.emplace(db, letters[random_.below(7)] + std::to_string(1 + random_.below(3)));
    std::vector<Place> some(all.begin(), all.end());
    if (some.size() > watcher_count) some.resize(watcher_count);
    return some;
  }

  /// A row that does not know all of its keys says so.
  void expect_keys_are_found(const engine::CommandSpec& spec, const Words& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    if (!spec.arity.admits(words.size()) || spec.name.starts_with("sort")) return;
    const auto keys = engine::find_keys(spec, views);
    if (!keys || !engine::has_keys(spec)) return;
    std::set<std::string> named;
    for (const engine::FoundKey& key : *keys) named.insert(words[key.position]);
    for (const std::string& key : ours_.looked_up())
      EXPECT_TRUE(named.contains(key)) << quoted(words) << "looks up '" << key << "'";
  }

  void check(const Words& words) {
    const engine::Command* command = ours_.find(words);
    const int db = ours_.db();
    if (!ours_.run(words)) return;
    if (!command) return oracle_->run(words);
    const std::vector<Place> watched = places(*command->spec, words, db);
    const std::vector<bool> disturbed = oracle_->disturbed(watched, words);
    for (std::size_t i = 0; i < watched.size(); ++i) {
      const bool touched = ours_.touched(watched[i]);
      EXPECT_EQ(touched, disturbed[i])
          << quoted(words) << "and key " << watched[i].first << "/" << watched[i].second;
      if (touched) touching_.insert(std::string(command->spec->name));
    }
    expect_keys_are_found(*command->spec, words);
  }

  /// Rows that write, and PFCOUNT, that have not touched anything yet.
  std::string missing(const engine::Registry& registry) {
    std::string names = touching_.contains("pfcount") ? "" : "pfcount ";
    for (const engine::Command* command : registry.commands()) {
      const std::string name(command->spec->name);
      if (!command->spec->flags.has(engine::Flag::write) || touching_.contains(name) ||
          std::find(std::begin(newer), std::end(newer), name) != std::end(newer) ||
          std::find(std::begin(unseen), std::end(unseen), name) != std::end(unseen))
        continue;
      names += name + " ";
    }
    return names;
  }

  Random random_{7};
  std::optional<support::ServerProcess> redis_;
  std::optional<Oracle> oracle_;
  Ours ours_;
  std::set<std::string> touching_;
};

/// What chance seldom brings.
const std::vector<Words> seldom = {{"SELECT", "0"},
                                   {"FLUSHALL"},
                                   {"SADD", "t1", "a", "b"},
                                   {"SADD", "t2", "b"},
                                   {"SMOVE", "t1", "t2", "a"},
                                   {"ZADD", "z1", "1", "a", "2", "b"},
                                   {"ZREMRANGEBYSCORE", "z1", "1", "1"},
                                   {"SET", "s1", "x"},
                                   {"SWAPDB", "0", "1"},
                                   {"SWAPDB", "1", "0"},
                                   {"FLUSHALL"},
                                   {"SET", "s1", "x"},
                                   {"FLUSHDB"},
                                   {"SET", "s1", "x"}};

TEST_F(WatchTest, TouchedIsWhatDisturbsWhoWatches) {
  engine::Registry registry(commands::every_family());
  const auto templates = generator::all_templates(registry);
  const std::vector<std::string> payloads;
  const std::uint64_t seed = system_entropy() >> 24;
  std::cout << "seed " << seed << "\n";
  generator::Source source(templates, payloads, seed, generator::Variety::narrow);
  for (const Words& words : seldom) check(words);
  const std::string payload = oracle_->dump("s1");
  check({"RESTORE", "s2", "0", payload});
  check({"RESTORE-ASKING", "s3", "0", payload});
  // Longer where chance has left a row out.
  const std::uint64_t count = watched_count();
  for (std::uint64_t i = 0; i < 10 * count && !HasFailure(); ++i) {
    if (i >= count && i % 1000 == 0 && missing(registry).empty()) break;
    if (random_.below(15) == 0) {
      check(waiting(random_));
      continue;
    }
    const generator::Command command = source.next();
    for (const Words& words : command.before) check(words);
    check(command.words);
    for (const Words& words : command.after) check(words);
  }
  EXPECT_EQ(missing(registry), "");
}

}  // namespace
}  // namespace respawn::twin

// Ten workers of a consumer group lose their connections with entries in their hands and claim
// those of others, while the keyspace actor fails at steps of execution: each entry is processed,
// and acknowledged exactly once.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "protocol/reply_decoder.hpp"
#include "tests/actors/world.hpp"
#include "tests/support/test_seed.hpp"

namespace respawn::actors::test {
namespace {

constexpr int entry_count = 1500;
constexpr int worker_count = 10;
constexpr int turns_max = 100'000;

/// Fails at a step that is near, again and again. Owner: one test.
class CrashAgain final : public engine::StepProbe {
 public:
  explicit CrashAgain(std::mt19937_64& random) : random_(&random) {}

  void at(engine::Step step) override {
    if (left_-- > 0) return;
    left_ = (*random_)() % 100;
    failed_at_.insert(step);
    ++failures_;
    RESPAWN_CHECK(!"a step that fails");
  }

  [[nodiscard]] int failures() const { return failures_; }

  [[nodiscard]] const std::set<engine::Step>& failed_at() const { return failed_at_; }

 private:
  std::mt19937_64* random_;
  std::uint64_t left_ = 50;
  int failures_ = 0;
  std::set<engine::Step> failed_at_;
};

/// A client whose replies are understood, and which comes back when it has hung up.
class Telephone {
 public:
  explicit Telephone(World& world) : world_(&world), client_(world.connect()) {}

  void send(const std::string& line) { take(client_.run(line)); }

  /// The next reply, once it is there.
  std::optional<protocol::Reply> reply() {
    take(client_.received());
    if (replies_.empty()) return std::nullopt;
    const protocol::Reply first = replies_.front();
    replies_.erase(replies_.begin());
    return first;
  }

  /// The reply of a command that does not wait.
  protocol::Reply ask(const std::string& line) {
    send(line);
    auto answer = reply();
    EXPECT_TRUE(answer) << line;
    return answer.value_or(protocol::Reply{});
  }

  void hang_up() {
    client_.peer().close();
    world_->loop.run_until_idle();
    *this = Telephone(*world_);
  }

 private:
  void take(const std::string& bytes) {
    pending_ += bytes;
    pending_.erase(0, decoder_.decode(pending_, replies_));
    EXPECT_EQ(decoder_.error(), "");
  }

  World* world_;
  Client client_;
  protocol::ReplyDecoder decoder_;
  std::string pending_;
  std::vector<protocol::Reply> replies_;
};

bool fate_is_unknown(const protocol::Reply& reply) {
  return reply.is_error() && reply.string == lost_message;
}

/// What became of the entries. Nothing happens at once here, so it is exact.
struct Ledger {
  std::map<std::string, int> processed;
  std::map<std::string, int> acknowledged;
  int unknown = 0;      // acknowledgements that the failure of the keyspace answered...
  int took_effect = 0;  // ...and which had taken effect
};

/// One consumer of the group.
class Workman {
 public:
  Workman(World& world, int number, std::mt19937_64& random, Ledger& ledger)
      : telephone_(world),
        consumer_("w" + std::to_string(number)),
        random_(&random),
        ledger_(&ledger) {}

  void turn() {
    if (!waiting_) telephone_.send(next_command());
    waiting_ = true;
    const auto reply = telephone_.reply();
    if (!reply) return;
    waiting_ = false;
    for (const std::string& id : ids_of(*reply)) {
      if (chance(12)) return die();
      ++ledger_->processed[id];
      if (chance(12)) return;  // it never comes to acknowledge it
      acknowledge(id);
    }
  }

 private:
  bool chance(unsigned one_in) { return (*random_)() % one_in == 0; }

  std::string next_command() {
    claims_ = chance(4);
    if (claims_) return "XAUTOCLAIM work crew " + consumer_ + " 20 0 COUNT 5";
    const std::string read = "XREADGROUP GROUP crew " + consumer_ + " COUNT 5 ";
    if (chance(4)) return read + "STREAMS work 0";
    return read + (chance(3) ? "CLAIM 20 " : "") + "BLOCK 15 STREAMS work >";
  }

  std::vector<std::string> ids_of(const protocol::Reply& reply) {
    if (reply.is_null() || fate_is_unknown(reply)) return {};
    EXPECT_EQ(reply.type, protocol::ReplyType::array) << reply.string;
    const auto& entries = claims_ ? reply.elements.at(1) : reply.elements.at(0).elements.at(1);
    std::vector<std::string> ids;
    for (const auto& entry : entries.elements) ids.push_back(entry.elements.at(0).string);
    return ids;
  }

  void die() {
    telephone_.hang_up();
    if (chance(2)) consumer_ += "+";
  }

  /// Whether the entry is pending, and its consumer when it is.
  std::optional<std::string> owner_of(const std::string& id) {
    for (;;) {
      const auto reply = telephone_.ask("XPENDING work crew " + id + " " + id + " 1");
      if (fate_is_unknown(reply)) continue;
      if (reply.elements.empty()) return std::nullopt;
      return reply.elements[0].elements.at(1).string;
    }
  }

  void acknowledge(const std::string& id) {
    for (;;) {
      const auto owner = owner_of(id);
      EXPECT_EQ(owner.has_value(), ledger_->acknowledged[id] == 0) << id;
      if (owner != consumer_) return;
      const auto reply = telephone_.ask("XACK work crew " + id);
      if (!fate_is_unknown(reply)) {
        EXPECT_EQ(reply.integer, 1) << id << " " << reply.string;
        ++ledger_->acknowledged[id];
        return;
      }
      ++ledger_->unknown;
      if (owner_of(id)) continue;
      ++ledger_->took_effect;
      ++ledger_->acknowledged[id];
      return;
    }
  }

  Telephone telephone_;
  std::string consumer_;
  std::mt19937_64* random_;
  Ledger* ledger_;
  bool waiting_ = false;
  bool claims_ = false;
};

/// Adds each entry once: one whose fate is unknown is added again, which its ID allows once.
void add_entry(Telephone& telephone, int number) {
  const auto line = "XADD work " + std::to_string(number) + "-1 number " + std::to_string(number);
  auto reply = telephone.ask(line);
  bool was_lost = false;
  for (; fate_is_unknown(reply); reply = telephone.ask(line)) was_lost = true;
  if (reply.is_error()) {
    EXPECT_TRUE(was_lost && reply.string.starts_with("ERR The ID specified in XADD is equal"))
        << reply.string;
  }
}

/// pending and lag of the group.
std::pair<std::int64_t, std::int64_t> left_of(Telephone& telephone) {
  for (;;) {
    const auto reply = telephone.ask("XINFO GROUPS work");
    if (fate_is_unknown(reply)) continue;
    const auto& fields = reply.elements.at(0).elements;
    return {fields.at(5).integer, fields.at(11).integer};
  }
}

TEST(Groups, AcknowledgeEachEntryOnceThoughTheKeyspaceFails) {
  const auto seed = support::test_seed();
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  World world;
  Ledger ledger;
  Telephone foreman(world);
  foreman.ask("XGROUP CREATE work crew $ MKSTREAM");
  std::vector<Workman> workers;
  for (int i = 0; i < worker_count; ++i) workers.emplace_back(world, i, random, ledger);
  CrashAgain probe(random);
  world.store.probe = &probe;
  int added = 0;
  int turns = 0;
  for (; turns < turns_max && !testing::Test::HasFailure(); ++turns) {
    if (added < entry_count && random() % 4 == 0) add_entry(foreman, ++added);
    workers[random() % worker_count].turn();
    world.loop.advance_ms(static_cast<std::int64_t>(random() % 4));
    if (added == entry_count && turns % 50 == 0 && left_of(foreman) == std::pair{0L, 0L}) break;
  }
  world.store.probe = nullptr;
  EXPECT_LT(turns, turns_max) << "it comes to no end";
  for (int number = 1; number <= entry_count; ++number) {
    const auto id = std::to_string(number) + "-1";
    EXPECT_GE(ledger.processed[id], 1) << id;
    EXPECT_EQ(ledger.acknowledged[id], 1) << id;
  }
  EXPECT_GT(probe.failures(), 50);
  EXPECT_GT(ledger.unknown, ledger.took_effect);
  EXPECT_GT(ledger.took_effect, 0);
  for (const auto step : {engine::Step::handler, engine::Step::behind_handler, engine::Step::waiter,
                          engine::Step::behind_waiter})
    EXPECT_TRUE(probe.failed_at().contains(step)) << static_cast<int>(step);
  EXPECT_TRUE(world.store.databases.check_invariants().ok());
}

}  // namespace
}  // namespace respawn::actors::test

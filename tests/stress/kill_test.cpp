// Actors are killed one after another under a mixed load; nothing that was acknowledged is lost.
#include <memory>

#include "tests/stress/killing.hpp"
#include "tests/stress/load.hpp"

namespace respawn::stress {
namespace {

constexpr int waiters = 20;

/// A client blocked on a list of its own from the first to the last kill. When its connection is
/// killed it comes back and waits again.
class Waiter {
 public:
  Waiter(std::uint16_t port, int number) : client_(port), list_("wait:" + std::to_string(number)) {}

  [[nodiscard]] const std::string& list() const { return list_; }

  [[nodiscard]] bool served() const { return served_; }

  void turn() {
    if (served_) return std::this_thread::sleep_for(Milliseconds(5));
    const auto reply = client_.command({"BLPOP", list_, "2"});
    if (reply && reply->elements.size() == 2) served_ = true;
  }

 private:
  Comeback client_;
  std::string list_;
  std::atomic<bool> served_{false};
};

class Kills : public Killing {
 protected:
  void serve_waiters(std::vector<std::unique_ptr<Waiter>>& all) {
    for (auto& waiter : all) {
      EXPECT_TRUE(wait_until([&] {
        const auto reply = controller_->command({"RPUSH", waiter->list(), "x"});
        return reply && reply->type == ':';
      }));
      EXPECT_TRUE(wait_until([&] { return waiter->served(); }))
          << waiter->list() << " is not served";
    }
  }
};

/// All of the load, started at once.
struct Load {
  explicit Load(std::uint16_t port) : subscriber(port), publisher(port) {
    for (int i = 0; i < 3; ++i) writers.push_back(std::make_unique<Writer>(port, i));
    for (int i = 0; i < 2; ++i) counters.push_back(std::make_unique<Counter>(port, i));
    for (int i = 0; i < 2; ++i) producers.push_back(std::make_unique<Producer>(port, i, ledger));
    for (int i = 0; i < 4; ++i) consumers.push_back(std::make_unique<Consumer>(port, ledger));
    for (int i = 0; i < waiters; ++i) waiting.push_back(std::make_unique<Waiter>(port, i));
    for (auto& each : writers) crew.add([&each] { each->turn(); });
    for (auto& each : counters) crew.add([&each] { each->turn(); });
    for (auto& each : producers) pushing.add([&each] { each->turn(); });
    for (auto& each : consumers) popping.add([&each] { each->turn(); });
    for (auto& each : waiting) waiting_crew.add([&each] { each->turn(); });
    subscribing.add([this] { subscriber.turn(); });
    crew.add([this] { publish(); });
  }

  void publish() {
    publisher.command({"PUBLISH", "numbers", std::to_string(++published)});
    std::this_thread::sleep_for(Milliseconds(1));  // a pace: it is not to be the main load
  }

  [[nodiscard]] int fates_unknown() const {
    int all = 0;
    for (const auto& each : writers) all += each->fates_unknown();
    return all;
  }

  Ledger ledger;
  std::vector<std::unique_ptr<Writer>> writers;
  std::vector<std::unique_ptr<Counter>> counters;
  std::vector<std::unique_ptr<Producer>> producers;
  std::vector<std::unique_ptr<Consumer>> consumers;
  std::vector<std::unique_ptr<Waiter>> waiting;
  Subscriber subscriber;
  Comeback publisher;
  std::int64_t published = 0;
  Crew crew, pushing, popping, waiting_crew, subscribing;  // last: their threads end first
};

TEST_P(Kills, LoseNothingThatWasAcknowledged) {
  const int rounds = number_from("RESPAWN_KILLS", scaled(250, 1000));
  Load load(server_->port());
  std::mt19937 pace(1);
  const int warm_up = rounds / 5;
  support::ProcessUsage before{};
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    if (round == warm_up) before = server_->usage();
    kill(round);
    // A pace of its own, so that kills meet the load in ever different states.
    std::this_thread::sleep_for(std::chrono::microseconds(pace() % 3000));
  }
  EXPECT_GE(kills_, rounds * 9 / 10);
  ASSERT_TRUE(server_->running()) << server_->standard_error();

  serve_waiters(load.waiting);
  const auto published_before = load.subscriber.last();
  EXPECT_TRUE(wait_until([&] { return load.subscriber.last() > published_before; }))
      << "the subscriber gets nothing any more";
  load.crew.stop();
  load.pushing.stop();
  EXPECT_TRUE(wait_until([&] {
    const auto reply = controller_->command({"EXISTS", "elements"});
    return reply && reply->bytes() == ":0\r\n";
  })) << "the consumers do not empty the list";
  load.popping.stop();
  load.waiting_crew.stop();
  load.subscribing.stop();

  for (auto& each : load.writers) each->check_all();
  for (auto& each : load.counters) each->check_all();
  load.ledger.check_all();
  EXPECT_GT(load.writers[0]->acknowledged(), rounds);
  EXPECT_GT(load.fates_unknown(), 0) << "no kill met a command in flight: the test shows nothing";

  const auto after = server_->usage();
  EXPECT_LE(after.descriptors, before.descriptors + 3) << "descriptors leak";
  if (support::memory_is_telling) {
    EXPECT_LE(after.resident_kb, before.resident_kb + 30'000) << "memory leaks";
  }
  const auto status = server_->stop();
  EXPECT_TRUE(status && status->clean()) << server_->standard_error();
}

INSTANTIATE_TEST_SUITE_P(Loops, Kills, settings_of_loops(), name_of_loops);

}  // namespace
}  // namespace respawn::stress

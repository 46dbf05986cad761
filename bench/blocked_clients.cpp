// The load of bench/blocking: clients that wait in BLPOP, and pushes that wake them one by one.
//
//     bench_blocked_clients PORT SERVER_PID WAITERS KEYS PRODUCERS PUSHES
//
// Prints one line: median and 99th percentile of the time from a push to the reply that its waiter
// receives, and the server's processor time per push, all in microseconds. Ends with a message and
// status 1 when a push wakes anybody but the client that waits longest for its key.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "base/numbers.hpp"
#include "bench/load_client.hpp"

namespace respawn::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Load {
  std::uint16_t port = 0;
  int server_pid = 0;
  std::size_t waiters = 0;  // a multiple of `keys`
  std::size_t keys = 0;     // a multiple of `producers`
  std::size_t producers = 0;
  std::size_t pushes = 0;
};

/// Producer p pushes to the keys p, p + producers, ...: so there is an order of pushes to a key.
class Measurement {
 public:
  explicit Measurement(const Load& load)
      : load_(load), queues_(load.keys), producers_state_(load.producers), control_(load.port) {
    for (std::size_t i = 0; i < load.waiters; ++i) waiters_.emplace_back(load.port);
    for (std::size_t i = 0; i < load.producers; ++i) producers_.emplace_back(load.port);
    for (std::size_t i = 0; i < load.waiters; ++i) poll_.add(waiters_[i], i);
    for (std::size_t i = 0; i < load.producers; ++i) poll_.add(producers_[i], load.waiters + i);
    for (std::size_t i = 0; i < load.waiters; ++i) idle_.push_back(i);
  }

  void run() {
    block_all();
    wake(load_.keys);  // warms up
    latencies_us_.clear();
    processor_us_ = 0;
    const std::size_t half = std::max(load_.waiters / 2, load_.keys);
    while (latencies_us_.size() < load_.pushes) {
      block_all();
      wake(half - half % load_.keys);
    }
  }

  void print() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const std::size_t count = latencies_us_.size();
    std::printf("%.2f %.2f %.2f\n", latencies_us_[count / 2], latencies_us_[count * 99 / 100],
                processor_us_ / static_cast<double>(count));
  }

 private:
  struct Producer {
    std::size_t key = 0;
    std::size_t left = 0;  // pushes of this round
    Clock::time_point sent;
    int open = 0;  // replies that are to come: the push's own and the waiter's
  };

  static std::string key_name(std::size_t key) { return "list:" + std::to_string(key); }

  /// All who do not wait begin to, one per key at a time: behind each such row it is known that
  /// the server has all of them, so the order is known, too.
  void block_all() {
    while (!idle_.empty()) {
      for (std::size_t key = 0; key < load_.keys; ++key) {
        const std::size_t waiter = idle_.front();
        idle_.pop_front();
        waiters_[waiter].send("BLPOP " + key_name(key) + " 0\r\n");
        queues_[key].push_back(waiter);
      }
      const std::string wanted =
          "\nblocked_clients:" + std::to_string(load_.waiters - idle_.size()) + "\r";
      do {
        control_.send("INFO clients\r\n");
      } while (control_.reply().find(wanted) == std::string::npos);
    }
  }

  /// `pushes` pushes, as many to each key; one at a time of each producer.
  void wake(std::size_t pushes) {
    std::size_t open = pushes;
    const double before_us = processor_us(load_.server_pid);
    for (std::size_t i = 0; i < load_.producers; ++i) {
      producers_state_[i] = {.key = i, .left = pushes / load_.producers, .sent = {}, .open = 0};
      push(i);
    }
    while (open > 0)
      poll_.wait([&](std::size_t number) {
        const std::size_t producer =
            number < load_.waiters ? woken(number) : pushed(number - load_.waiters);
        if (--producers_state_[producer].open > 0) return;
        --open;
        if (producers_state_[producer].left > 0) push(producer);
      });
    processor_us_ += processor_us(load_.server_pid) - before_us;
  }

  void push(std::size_t producer) {
    Producer& state = producers_state_[producer];
    --state.left;
    state.key = (state.key + load_.producers) % load_.keys;
    state.open = 2;
    const std::string request = "RPUSH " + key_name(state.key) + " x\r\n";
    state.sent = Clock::now();
    producers_[producer].send(request);
  }

  std::size_t pushed(std::size_t producer) const {
    if (producers_[producer].reply() != ":1\r\n") fail("a push is refused");
    return producer;
  }

  /// Whose push it was.
  std::size_t woken(std::size_t waiter) {
    const std::string reply = waiters_[waiter].reply();
    const Clock::time_point now = Clock::now();
    const std::size_t name_at = reply.find("list:") + 5;
    const auto key = parse_uint64(reply.substr(name_at, reply.find('\r', name_at) - name_at));
    if (!key || *key >= load_.keys) fail("a waiter got " + reply);
    const std::size_t producer = *key % load_.producers;
    if (queues_[*key].empty() || queues_[*key].front() != waiter) fail("out of order");
    queues_[*key].pop_front();
    idle_.push_back(waiter);
    latencies_us_.push_back(
        std::chrono::duration<double, std::micro>(now - producers_state_[producer].sent).count());
    return producer;
  }

  Load load_;
  std::deque<Connection> waiters_;
  std::deque<Connection> producers_;
  std::vector<std::deque<std::size_t>> queues_;  // per key: who waits, in order
  std::deque<std::size_t> idle_;                 // waiters that do not wait
  std::vector<Producer> producers_state_;
  std::vector<double> latencies_us_;
  double processor_us_ = 0;
  Connection control_;
  Poll poll_;
};

/// As many descriptors as the system allows.
void raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted)
    fail("wants " + std::to_string(wanted) + " file descriptors (ulimit -n)");
}

void run(std::span<char*> arguments) {
  const Load load{.port = static_cast<std::uint16_t>(positive_number(arguments[0])),
                  .server_pid = static_cast<int>(positive_number(arguments[1])),
                  .waiters = positive_number(arguments[2]),
                  .keys = positive_number(arguments[3]),
                  .producers = positive_number(arguments[4]),
                  .pushes = positive_number(arguments[5])};
  if (load.waiters % load.keys != 0 || load.keys % load.producers != 0)
    fail("waiters must be a multiple of keys, and keys of producers");
  raise_descriptor_limit(load.waiters + load.producers + 16);
  Measurement measurement(load);
  measurement.run();
  measurement.print();
}

}  // namespace
}  // namespace respawn::bench

int main(int count, char** arguments) {
  return respawn::bench::run_load(std::span(arguments, static_cast<std::size_t>(count)).subspan(1),
                                  "PORT SERVER_PID WAITERS KEYS PRODUCERS PUSHES",
                                  respawn::bench::run);
}

// The mixed load of the kill test, and what it remembers in order to check the server afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/stress/harness.hpp"

namespace respawn::stress {

/// Whether this is an error that is no surprise while parts of the server restart; any other one
/// fails the test.
bool is_excused(const Reply& reply);

/// SET with read-back. A key is acknowledged to hold one value; while a SET's fate is unknown (its
/// reply was lost or an error) it may hold the new one instead. Owner: one thread.
class Writer {
 public:
  Writer(std::uint16_t port, int number) : client_(port), name_("w" + std::to_string(number)) {}

  void turn();

  /// Reads every key back.
  void check_all();

  [[nodiscard]] int acknowledged() const { return acknowledged_; }

  /// Writes that were not acknowledged.
  [[nodiscard]] int fates_unknown() const { return writes_ - acknowledged_; }

 private:
  struct Slot {
    std::set<std::string> possible;  // "" stands for no value
  };

  void write(int key);
  void check(int key);
  [[nodiscard]] std::string key_name(int key) const;

  Comeback client_;
  std::string name_;
  std::mt19937 random_{std::random_device{}()};
  std::map<int, Slot> slots_;
  int writes_ = 0;
  int acknowledged_ = 0;
};

/// INCR of one key: every acknowledged reply fits between what is certain and what is possible.
/// Owner: one thread.
class Counter {
 public:
  Counter(std::uint16_t port, int number)
      : client_(port), key_("counter:" + std::to_string(number)) {}

  void turn();
  void check_all();

 private:
  void accept(std::int64_t value, const char* what);

  Comeback client_;
  std::string key_;
  std::int64_t certain_ = 0;  // the last value that is known
  std::int64_t unknown_ = 0;  // increments since then whose fate is unknown
};

/// Elements that go from producers through lists to consumers. Thread-safe.
class Ledger {
 public:
  void pushed(const std::string& element);        // acknowledged
  void maybe_pushed(const std::string& element);  // fate unknown
  void popped(const std::string& element);
  void maybe_popped();  // a pop's reply was lost, and perhaps an element with it

  /// No element twice, none from nowhere, and no more missing than pops whose reply was lost.
  void check_all();

 private:
  std::mutex mutex_;
  std::set<std::string> pushed_;
  std::set<std::string> maybe_pushed_;
  std::map<std::string, int> popped_;
  int maybe_popped_ = 0;
};

/// Pushes unique elements. Owner: one thread.
class Producer {
 public:
  Producer(std::uint16_t port, int number, Ledger& ledger)
      : client_(port), name_("p" + std::to_string(number)), ledger_(&ledger) {}

  void turn();

 private:
  Comeback client_;
  std::string name_;
  Ledger* ledger_;
  int made_ = 0;
};

/// Pops them, blocking. Owner: one thread.
class Consumer {
 public:
  Consumer(std::uint16_t port, Ledger& ledger) : client_(port), ledger_(&ledger) {}

  void turn();

 private:
  Comeback client_;
  Ledger* ledger_;
};

/// Receives numbers on a channel: each at most once and in order. Owner: one thread.
class Subscriber {
 public:
  explicit Subscriber(std::uint16_t port) : port_(port) {}

  void turn();

  [[nodiscard]] std::int64_t last() const { return last_; }

 private:
  std::uint16_t port_;
  std::optional<RespClient> client_;
  std::atomic<std::int64_t> last_{0};
};

}  // namespace respawn::stress

// Workers that share a stream as a consumer group, and the book that is kept of what they did.
#pragma once

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/stress/harness.hpp"

namespace respawn::stress {

inline constexpr const char* stream = "work";
inline constexpr const char* group = "crew";

/// What became of each entry, by its ID. Thread-safe.
class WorkBook {
 public:
  void added(const std::string& id);
  void processed(const std::string& id);
  void acknowledged(const std::string& id);        // XACK said 1
  void maybe_acknowledged(const std::string& id);  // it was sent; what came of it is unknown
  void missed(const std::string& id);              // XACK said 0: another one was first

  /// How many were added and not yet acknowledged, as far as it is known.
  [[nodiscard]] int open();

  /// Each was processed and acknowledged exactly once.
  void check_all();

 private:
  struct Page {
    bool added = false;
    int processed = 0;
    int acknowledged = 0;
    int maybe = 0;
    int missed = 0;
  };

  std::mutex mutex_;
  std::map<std::string, Page> pages_;
  int added_ = 0;
  int settled_ = 0;
};

/// What the workers met. Owner: one worker; read when its thread has ended.
struct Encounters {
  int crashes = 0;
  int claimed = 0;      // entries of others, or of its own former life
  int looked_back = 0;  // entries that its own consumer still had
  int unknown = 0;      // acknowledgements
  int failed = 0;       // of these, those that the failure of the keyspace answered

  void operator+=(const Encounters& other);
};

/// One consumer of the group, again and again: it takes entries in one of the ways there are,
/// works, and acknowledges, unless it dies in the middle of it. Owner: one thread.
class Worker {
 public:
  Worker(std::uint16_t port, int number, WorkBook& book);

  void turn();

  [[nodiscard]] const Encounters& encounters() const { return encounters_; }

 private:
  enum class State : std::uint8_t { mine, of_another, acknowledged, unanswered };

  std::vector<std::string> take();
  std::vector<std::string> read(std::vector<std::string> options, const std::string& from);
  std::vector<std::string> claim();
  void die();
  void acknowledge(const std::string& id);
  std::optional<Reply> send_acknowledgement(const std::string& id);
  State look_up(const std::string& id);

  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  Comeback client_;
  WorkBook* book_;
  std::mt19937 random_;
  std::string name_;
  std::string consumer_;  // as the group knows it
  int life_ = 0;
  Encounters encounters_;
};

/// Adds entries, each exactly once: their IDs are its own, so what was in doubt is sent again.
/// Owner: one thread.
class Foreman {
 public:
  Foreman(std::uint16_t port, WorkBook& book) : client_(port), book_(&book) {}

  void turn();

  [[nodiscard]] int count_added() const { return number_ - 1; }

 private:
  Comeback client_;
  WorkBook* book_;
  int number_ = 1;
  bool in_doubt_ = false;
};

}  // namespace respawn::stress

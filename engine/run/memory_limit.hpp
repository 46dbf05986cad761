// maxmemory: whether memory is within its limit, and making room for a bounded time when it is not.
#pragma once

#include <cstdint>

#include "engine/run/environment.hpp"
#include "keyspace/eviction.hpp"

namespace respawn::engine {

/// Owner: the executor. What is over the limit is brought back step by step: garbage that waits to
/// be freed first, so that nothing is evicted in place of what is gone already; then keys by
/// policy. What the clients that track evicted keys are told of them does not count for a tenth of
/// a second: it goes out by then, and would else have further keys evicted, of which they are told.
class MemoryLimit {
 public:
  enum class State : std::uint8_t {
    within,       // or there is no limit
    making_room,  // time is up, but there is more to free: commands are let in, make_room goes on
    exceeded,     // and nothing can be done about it: commands that take memory are refused
  };

  explicit MemoryLimit(Environment& environment)
      : environment_(environment), store_(environment.store), clock_(environment.clock) {}

  /// To be called before each command when there is a limit. Takes at most the time that
  /// maxmemory-eviction-tenacity allows, and one step.
  State make_room(std::int64_t now_us);

  /// As make_room() found it last.
  [[nodiscard]] State state() const { return state_; }

  /// Whether make_room should be called again without waiting for a command: it has not finished,
  /// or the limit was changed since.
  [[nodiscard]] bool unfinished() const;

 private:
  State reach_limit(std::int64_t now_us);
  bool free_some(const keyspace::EvictionRule& rule);
  void note_told(std::uint64_t bytes);
  void forget_told();
  [[nodiscard]] bool exceeded() const;
  [[nodiscard]] keyspace::EvictionRule rule(std::int64_t now_us) const;
  void note(State state);

  Environment& environment_;
  Store& store_;
  const Clock& clock_;
  keyspace::Eviction eviction_;
  State state_ = State::within;
  std::uint64_t limit_bytes_ = 0;   // when make_room was called last
  std::uint64_t told_bytes_ = 0;    // pushed because of evicted keys
  std::int64_t told_until_us_ = 0;  // monotonic; they count from then on
  config::EvictionPolicy policy_{};
};

}  // namespace respawn::engine

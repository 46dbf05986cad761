// The keys of a command that names many, brought near before their turn comes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/run/execution.hpp"
#include "engine/table/arguments.hpp"

namespace respawn::commands {

/// Hashes keys, and asks for the memory of several at once: it comes while those before are dealt
/// with (as Lookahead does with the first keys of commands). What the command changes meanwhile
/// makes a hint useless, nothing else.
/// Owner: a handler, on its stack. Complexity: O(1) a key.
class ManyKeys {
 public:
  /// Those at `first` and at each `step`-th argument behind it.
  ManyKeys(const engine::Execution& x, engine::Args args, std::size_t first, std::size_t step = 1)
      : x_(x), args_(args), next_(first), step_(step) {}

  [[nodiscard]] bool done() const { return next_ >= args_.size(); }

  /// Requires !done().
  keyspace::Key next() {
    if (used_ == ready_) look_ahead();
    const std::string_view text = args_[next_];
    next_ += step_;
    return {text, hashes_[used_++]};
  }

  /// Of the argument behind the key that came last.
  [[nodiscard]] std::size_t behind() const { return next_ - step_ + 1; }

 private:
  void look_ahead() {
    ready_ = std::min(hashes_.size(), (args_.size() - next_ + step_ - 1) / step_);
    used_ = 0;
    const keyspace::Database& db = x_.db();
    for (std::size_t i = 0; i < ready_; ++i) {
      hashes_[i] = x_.key(args_[next_ + i * step_]).hash;
      if (ready_ > 1) db.prefetch(hashes_[i]);
    }
    if (ready_ > 1)
      for (std::size_t i = 0; i < ready_; ++i) db.prefetch_entry(hashes_[i]);
  }

  const engine::Execution& x_;
  engine::Args args_;
  std::size_t next_;
  std::size_t step_;
  std::size_t used_ = 0;
  std::size_t ready_ = 0;
  std::array<std::uint64_t, 16> hashes_;
};

}  // namespace respawn::commands

// What the running unit has done so far: the keys that it touched, and how it is replayed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/clients/client_state.hpp"
#include "keyspace/change.hpp"

namespace respawn::engine {

/// One command that has the effect of what happened, on data that was equal before.
struct Propagated {
  int db = 0;
  Targets targets = Targets::everybody;
  std::vector<std::string> words;  // the command's name first
};

/// What brought a change about; client tracking tells them apart.
enum class TouchedBy : std::uint8_t {
  command,
  itself,  // the key's time was over, or it made room
  swap,    // SWAPDB
};

/// A key that was changed, or a whole database.
struct Touched {
  int db = 0;
  std::string key;
  bool whole_database = false;
  TouchedBy by = TouchedBy::command;

  bool operator==(const Touched&) const = default;
};

class UnitRecord;

/// Who is told what units did: the append log, replicas, WATCH, tracking.
class UnitListener {
 public:
  virtual ~UnitListener() = default;

  /// Behind each unit that touched or propagated something, in their order. On the keyspace actor's
  /// thread. The record is as it was at the end of the unit; it is cleared behind this call.
  virtual void unit_done(const UnitRecord& unit) = 0;

  /// Whether it looks at what is propagated, beside what was touched. Always the same.
  [[nodiscard]] virtual bool wants_effects() const { return true; }
};

/// A unit is what happens at once: a command with all that it runs inside, an expiry, an eviction.
/// Owner: the store, so that a crash in the middle loses nothing of what had happened by then. The
/// runner begins and ends units; the gate and the handlers write. While nobody listens, nothing is
/// written and it costs nothing.
///
/// Invariant: a key that a running command may have changed is in possibly_touched() or in
/// touched(); behind the command in touched() only, and only if it did change.
class UnitRecord final : public keyspace::ChangeObserver {
 public:
  explicit UnitRecord(keyspace::Databases& data) : data_(data) {}

  UnitRecord(const UnitRecord&) = delete;
  UnitRecord& operator=(const UnitRecord&) = delete;

  void add_listener(UnitListener& listener) { enter_listener(listener, listeners_.size()); }

  /// Before all others, also those that come later by add_listener().
  void add_first_listener(UnitListener& listener) { enter_listener(listener, 0); }

  void remove_listener(UnitListener& listener);

  /// Wall clock at the beginning of the unit; stands still within it. The runner's.
  std::int64_t now_us = 0;

  /// Whether anybody wants to know.
  [[nodiscard]] bool recorded() const { return recorded_; }

  /// Whether anybody wants to know how it is replayed.
  [[nodiscard]] bool wants_effects() const { return wants_effects_; }

  /// The running command changed this key.
  void touch(int db, std::string_view key, TouchedBy by = TouchedBy::command) {
    if (recorded()) [[unlikely]]
      record_touch(db, key, by);
  }

  /// It changed whatever the database holds.
  void touch_database(int db, TouchedBy by = TouchedBy::command);

  /// A listener has looked at touched() before the end of the unit: what is touched from now on is
  /// named again.
  void touched_was_seen() { seen_ = touched_.size(); }

  /// Dropped where nobody wants effects, or nobody is to be sent this one. Requires recorded().
  void propagate(Propagated effect);

  /// Drops all that was propagated but what the predicate holds for.
  template <class Predicate>
  void keep_propagated(Predicate kept) {
    std::erase_if(propagated_, [&](const Propagated& effect) { return !kept(effect); });
  }

  /// The running command, and all within it, is over: what it may have changed but did not is
  /// forgotten.
  void command_done() {
    if (recorded()) [[unlikely]]
      possibly_.clear();
  }

  /// Tells the listeners and clears the record. `author`: id of the client whose command the unit
  /// was; 0: nobody's, or that of a client that does not know whether it took effect.
  void unit_done(std::uint64_t author = 0) {
    if (recorded()) [[unlikely]]
      tell_listeners(author);
  }

  /// Of the unit that listeners are told of.
  [[nodiscard]] std::uint64_t author() const { return author_; }

  /// After a crash: what it may have touched counts as touched. Then unit_done() tells of it.
  void recover();

  /// A key that was changed several times may be named several times.
  [[nodiscard]] const std::vector<Touched>& touched() const { return touched_; }

  [[nodiscard]] const std::vector<Touched>& possibly_touched() const { return possibly_; }

  /// More than one is replayed as one transaction.
  [[nodiscard]] const std::vector<Propagated>& propagated() const { return propagated_; }

  // keyspace::ChangeObserver
  void before_change(std::size_t database, const keyspace::Key& key,
                     const keyspace::Entry* entry) override;
  void before_clear(std::size_t database) override;
  void before_swap(std::size_t first, std::size_t second) override;

 private:
  void enter_listener(UnitListener& listener, std::size_t place);
  void record_touch(int db, std::string_view key, TouchedBy by);
  void add_touched(Touched touched);
  void tell_listeners(std::uint64_t author);

  keyspace::Databases& data_;
  std::vector<UnitListener*> listeners_;
  bool recorded_ = false;       // whether there are any
  bool wants_effects_ = false;  // whether one of them does
  std::vector<Touched> possibly_;
  std::vector<Touched> touched_;
  std::size_t seen_ = 0;  // of touched_
  std::vector<Propagated> propagated_;
  std::uint64_t author_ = 0;
};

}  // namespace respawn::engine

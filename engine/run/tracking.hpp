// CLIENT TRACKING: clients that keep copies of what they read are told when it changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/clients/broadcasts.hpp"
#include "engine/clients/client_table.hpp"
#include "engine/clients/tracked_keys.hpp"
#include "engine/run/unit_record.hpp"
#include "engine/table/spec.hpp"
#include "keyspace/garbage.hpp"

namespace respawn::engine {

/// Owner: the store, so that no client misses a change because the keyspace actor failed: what was
/// read is remembered on, and the unit that was cut off is told of. It listens to units while at
/// least one client tracks; when the last one stops, all that was remembered is dropped.
///
/// Messages go by ClientTable::push: a client whose own command is the reason gets them behind that
/// command's reply, or behind EXEC's. Keys have no database here, as in Redis.
///
/// Invariant: a key that a client was served, and was not told of since, is in the table, unless
/// its messages cannot reach anybody.
class Tracking final : public UnitListener {
 public:
  /// Keys above the limit that are forgotten at once; what is left has to wait for the next time.
  static constexpr std::size_t evictions_max = 1'000;

  Tracking(UnitRecord& unit, ClientTable& clients, keyspace::Garbage& garbage, Random& random)
      : unit_(unit), clients_(clients), garbage_(garbage), random_(random) {}

  /// From now on the session tracks as `wanted` says (`on` and its flags, redirect); prefixes are
  /// added to those it has. Requires that it does not change the mode of one that tracks.
  void start(Session& session, const TrackingState& wanted);

  /// It tracks no more; nothing happens when it did not. What it has read is forgotten lazily.
  void stop(Session& session);

  /// The session, which tracks, has run a command: remembers the keys that it has read.
  void remember(const Session& session, const CommandSpec& spec, Args args);

  /// Most keys remembered; 0: any number. Those above it are chosen at random, and their readers
  /// told as if they had changed.
  void limit_keys(std::int64_t keys_max);

  /// Goes on forgetting keys above the limit.
  void trim();

  /// Tells what has changed below prefixes. To be called when all that runs at once has run; true
  /// when there was something.
  bool broadcast() { return broadcasts_.pending() && broadcast_all(); }

  /// A client that messages may be sent on to; null when it is not there, or leaves.
  [[nodiscard]] SessionPtr receiver(std::uint64_t id) const;

  /// A new keyspace actor: what is derived from the sessions is made anew.
  void rebuild();

  // For INFO.

  [[nodiscard]] std::size_t client_count() const { return client_count_; }

  [[nodiscard]] std::size_t key_count() const { return keys_->size(); }

  [[nodiscard]] std::size_t item_count() const { return keys_->items(); }

  [[nodiscard]] std::size_t prefix_count() const { return broadcasts_.prefixes().size(); }

  // UnitListener
  void unit_done(const UnitRecord& unit) override;

  [[nodiscard]] bool wants_effects() const override { return false; }

 private:
  /// What a client is told: the keys, encoded as an array, or all keys (null).
  using Keys = std::optional<std::string_view>;

  void follow_units();
  void tell_touched(std::uint64_t author);
  void invalidate(std::string_view key, std::uint64_t author);
  void invalidate_all();
  void forget_keys();
  bool broadcast_all();
  void broadcast(const Broadcasts::Prefix& prefix);
  void tell(Session& session, Keys keys);
  void break_redirect(Session& session);

  UnitRecord& unit_;
  ClientTable& clients_;
  keyspace::Garbage& garbage_;
  Random& random_;
  std::unique_ptr<TrackedKeys> keys_ = std::make_unique<TrackedKeys>();  // never null
  Broadcasts broadcasts_;
  std::size_t keys_max_ = 0;
  std::size_t client_count_ = 0;
  bool listens_ = false;
  std::size_t told_ = 0;  // of what the running unit has touched
};

}  // namespace respawn::engine

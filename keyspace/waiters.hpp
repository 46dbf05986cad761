// Who waits for which key (BLPOP and all that block), in order of arrival.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

class WaiterTable;
struct WaitQueue;

/// A blocked client's place in the queues. Embedded in (or derived by) a client session, which
/// fills in the fields and then adds it; it must be removed before it is destroyed or changed.
struct Waiter {
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  /// Order of service; drawn once, when the client first blocks (WaiterTable::next_sequence), and
  /// kept when it is registered again after a crash.
  std::uint64_t sequence = 0;
  int database = 0;
  /// What it waits for: a key that becomes another type does not serve it.
  Type wanted = Type::list;
  /// It is to look again also when a stream that it waits for is gone or has become something else.
  bool minds_loss = false;
  /// In the order of the command; the same key may appear more than once.
  std::vector<std::string> keys;
  /// The session, for who serves it.
  void* owner = nullptr;

  [[nodiscard]] bool registered() const { return table_ != nullptr; }

 private:
  friend class WaiterTable;
  friend struct WaitQueue;

  struct Link {
    Waiter* waiter = nullptr;
    WaitQueue* queue = nullptr;
    Link* previous = nullptr;
    Link* next = nullptr;
  };

  WaiterTable* table_ = nullptr;
  std::unique_ptr<Link[]> links_;  // one per distinct key
  std::size_t link_count_ = 0;
};

struct ReadyKey {
  int database = 0;
  std::string key;
};

/// Owner: the keyspace actor (it dies with it; sessions register again with the next one, in any
/// order, and end up in their old order). Destroying the table unregisters every waiter.
/// Invariants: a queue is ordered by sequence and never empty; a waiter is in the queue of each of
/// its distinct keys, once.
class WaiterTable {
 public:
  WaiterTable();
  WaiterTable(const WaiterTable&) = delete;
  WaiterTable& operator=(const WaiterTable&) = delete;
  ~WaiterTable();

  /// A number larger than any drawn or added before.
  std::uint64_t next_sequence() { return ++last_sequence_; }

  /// Registers it under all its keys; O(keys) when it came last, which it does but for a rebuild.
  /// Strong guarantee. Checks that it is not registered and has a sequence.
  void add(Waiter& waiter);

  /// O(keys). Nothing happens when it is not registered (here).
  void remove(Waiter& waiter) noexcept;

  /// The earliest that waits for this key (and wants this type); null when none does.
  [[nodiscard]] Waiter* first(int database, std::string_view key) const;
  [[nodiscard]] Waiter* first(int database, std::string_view key, Type wanted) const;

  /// The one behind `waiter` for this key; null at the end.
  [[nodiscard]] Waiter* next(const Waiter& waiter, std::string_view key) const;

  /// The key may be able to serve someone. Costs one comparison when nobody waits at all, one
  /// lookup else; never allocates. A key is queued once until it is taken.
  void mark_ready(int database, std::string_view key) noexcept;

  /// After SWAPDB or the load of a dataset, for each database concerned: marks every waited key
  /// for which exists(key) holds. Waiters stay with the number of their database, as in Redis.
  template <class Exists>
  void mark_ready_where(int database, Exists&& exists) {
    for_each_key([&](int at, std::string_view key) {
      if (at == database && exists(key)) mark_ready(at, key);
    });
  }

  /// The key that became ready first, or nothing; call until it returns nothing. Keys marked while
  /// it is served come behind.
  [[nodiscard]] std::optional<ReadyKey> take_ready();

  [[nodiscard]] bool has_ready() const { return ready_first_ != nullptr; }

  /// Waiters registered (INFO's blocked_clients).
  [[nodiscard]] std::size_t count() const { return count_; }

  /// Of these, how many mind a loss.
  [[nodiscard]] std::size_t minding() const { return minding_; }

  /// Waiters for one key (INFO's and CLIENT LIST's figures build on it).
  [[nodiscard]] std::size_t count(int database, std::string_view key) const;

  /// Keys somebody waits for (INFO's total_blocking_keys).
  [[nodiscard]] std::size_t key_count() const { return queues_.size(); }

  /// Of these, those of which somebody minds a loss. O(waiters for such keys).
  [[nodiscard]] std::size_t minded_key_count() const;

  /// Calls visit(int database, std::string_view key) for each of them, in no order.
  template <class Visitor>
  void for_each_key(Visitor&& visit) const {
    for (const auto& [key, queue] : queues_) visit(key.database, std::string_view(key.text));
  }

  [[nodiscard]] Status check_invariants() const;

 private:
  struct QueueKey {
    int database = 0;
    std::string text;
  };

  struct QueueKeyView {
    int database = 0;
    std::string_view text;
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const QueueKey& key) const noexcept;
    std::size_t operator()(const QueueKeyView& key) const noexcept;
  };

  struct Equal {
    using is_transparent = void;

    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return a.database == b.database && std::string_view(a.text) == std::string_view(b.text);
    }
  };

  using Queues = std::unordered_map<QueueKey, std::unique_ptr<WaitQueue>, Hash, Equal>;

  [[nodiscard]] WaitQueue* find(int database, std::string_view key) const;
  WaitQueue& find_or_make(int database, const std::string& key);
  static void link(Waiter::Link& link) noexcept;
  static void unlink(Waiter::Link& link) noexcept;
  void drop_if_empty(WaitQueue& queue) noexcept;
  void unready(WaitQueue& queue) noexcept;

  Queues queues_;
  WaitQueue* ready_first_ = nullptr;
  WaitQueue* ready_last_ = nullptr;
  std::size_t count_ = 0;
  std::size_t minding_ = 0;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace respawn::keyspace

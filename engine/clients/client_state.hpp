// What a client's commands have made of it: database, protocol, name, subscriptions, wait.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/users.hpp"
#include "base/buffer.hpp"
#include "engine/clients/block_request.hpp"
#include "engine/clients/tracking_state.hpp"
#include "engine/clients/transaction.hpp"
#include "keyspace/waiters.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::engine {

struct CommandSpec;
struct Session;

/// Who is sent an effect.
enum class Targets : std::uint8_t { none = 0, log = 1, replicas = 2, everybody = 3 };

[[nodiscard]] constexpr Targets operator&(Targets a, Targets b) {
  return static_cast<Targets>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}

enum class ClientType : std::uint8_t { normal, replica, pubsub, master };

/// SCRIPT DEBUG: whether its next script is debugged, and what becomes of what that changes.
enum class ScriptDebug : std::uint8_t { off, taken_back, kept };

/// What a client listens to. Each has its place in the order in which all clients subscribed: who
/// came first is told first. Written by Subscriptions.
using SubscriptionPlaces = std::map<std::string, std::uint64_t, std::less<>>;

/// Whether what was pushed to a client waits for the actor that tells its connection, and where
/// (ClientTable).
enum class PushQueue : std::uint8_t { none, in_turn, at_once };

/// Why and until when a client is blocked. `waiter` is registered in the WaiterTable while
/// `active`.
struct BlockedState {
  bool active = false;
  keyspace::Waiter waiter;
  std::int64_t since_us = 0;     // monotonic clock
  std::int64_t deadline_us = 0;  // likewise; 0 = for ever
  std::uint64_t begun_ns = 0;    // stopwatch, when the command ran first
  std::uint64_t run_ns = 0;      // what it has run so far
  TimeoutReply on_timeout = TimeoutReply::null_array;
  std::vector<std::uint64_t> resolved;  // see BlockRequest
  std::int64_t look_again_us = 0;       // monotonic clock; 0: never

  /// When something is to be done about it: it is over, or is looked at again. 0: never.
  [[nodiscard]] std::int64_t due_us() const {
    if (deadline_us == 0 || look_again_us == 0) return std::max(deadline_us, look_again_us);
    return std::min(deadline_us, look_again_us);
  }
};

/// Owner: the keyspace actor; outlives it, so that its successor finds blocked and subscribed
/// clients here. Before the keyspace hears of the client, who creates it may write here.
///
/// A few fields, marked below, are also the connection's while it holds the batch (Batch::state):
/// only commands of that batch change them.
struct ClientState {
  int db = 0;
  protocol::RespVersion resp = protocol::RespVersion::resp2;  // the connection reads it
  std::string name;
  std::string library_name;
  std::string library_version;
  /// As whom it runs commands; the ClientTable's from the moment it is there. Set by become().
  access::UserPtr user;
  bool restricted = false;  // there is something that the user may not do
  /// Anybody may read it at any time.
  std::atomic<const CommandSpec*> last_command{nullptr};
  std::int64_t last_interaction_ms = 0;  // wall clock
  std::uint32_t seen_traffic = 0;        // SocketFacts::traffic when it was last looked at

  /// Said the password, or none was required when it connected. The connection reads it.
  bool authenticated = true;
  bool no_evict = false;
  bool no_touch = false;
  bool reply_off = false;          // the connection reads it
  bool reply_skip_next = false;    // CLIENT REPLY SKIP was just executed; the connection's, too
  bool reply_skip_this = false;    // likewise
  bool close_after_reply = false;  // QUIT, protocol error, killed by itself
  bool close_now = false;          // killed: no further reply
  bool monitor = false;
  /// Its commands are effects that are replayed: nothing ends by itself, no limit holds.
  bool applying = false;
  /// It is the session of a script's own commands: the client that runs the script. Else null.
  Session* script_of = nullptr;
  /// Nobody else is sent what it propagates (redis.set_repl).
  Targets propagates_to = Targets::everybody;
  TrackingState tracking;
  ScriptDebug script_debug = ScriptDebug::off;
  bool debugging = false;  // its script is suspended in the debugger, or on its way there

  SubscriptionPlaces channels;
  SubscriptionPlaces patterns;
  SubscriptionPlaces shard_channels;

  /// What the names take that it subscribes to, watches and tracks (bytes_of_name); kept by
  /// Subscriptions, Watches and Tracking.
  std::size_t names_bytes = 0;
  /// client_memory_bytes() as ClientEviction has counted them.
  std::size_t counted_bytes = 0;

  BlockedState blocked;
  TransactionState transaction;

  /// Its place among those whose next command is held by a pause; 0: it is not held.
  std::uint64_t held = 0;

  /// Bytes for the client outside its own replies (pub/sub messages), until they are sent, or until
  /// the command of the client that runs has replied.
  Buffer pushes;
  PushQueue push_queue = PushQueue::none;  // on which list of the ClientTable it is

  /// What the client was told, or is about to be, is true for ever when the append log is durable
  /// up to here: what goes out to it waits for that. Written by the keyspace; the connection reads
  /// it when it hears from there.
  std::atomic<std::uint64_t> log_offset{0};
  std::uint64_t write_offset = 0;  // in the append log, behind the last unit that it wrote

  /// Of the keyspace actor that serves the client now; kept by the ClientTable.
  std::uint64_t keyspace_generation = 0;

  void become(access::UserPtr other) {
    user = std::move(other);
    restricted = !user->all_permissions();
  }

  [[nodiscard]] std::string_view user_name() const {
    return user ? std::string_view(user->name()) : access::default_user_name;
  }

  /// Of every kind.
  [[nodiscard]] std::size_t subscription_count() const {
    return channels.size() + patterns.size() + shard_channels.size();
  }

  [[nodiscard]] bool in_subscribe_mode() const {
    return resp == protocol::RespVersion::resp2 && subscription_count() > 0;
  }

  [[nodiscard]] ClientType type() const {
    return subscription_count() > 0 ? ClientType::pubsub : ClientType::normal;
  }

  /// The running command is over: CLIENT REPLY SKIP reaches one command.
  void end_reply() {
    reply_skip_this = reply_skip_next;
    reply_skip_next = false;
  }
};

}  // namespace respawn::engine

// One client as the keyspace sees it, and the batch of commands it has in flight.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "engine/clients/block_request.hpp"
#include "keyspace/waiters.hpp"
#include "protocol/reply_writer.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::engine {

struct CommandSpec;
struct Session;

/// Everything one read of a socket delivered. Owner: travels between one connection actor and the
/// keyspace actor; only its present holder (see state) touches the rest. Invariant: commands' views
/// point into `input`; slices before `next` have been executed, their replies are in `output` or
/// were sent ahead of a command that blocks.
struct Batch {
  enum class State : std::uint8_t {
    idle,       // with the connection
    queued,     // under way to the keyspace, no command of it begun since
    executing,  // a command is running right now
    parked,     // its next command blocks; the keyspace's tables hold it
    done,       // under way back
  };

  std::atomic<State> state{State::idle};
  /// Which keyspace actor began to execute last; written before `state` becomes executing. Tells a
  /// command that failed with its actor from one that the successor is running.
  std::atomic<std::uint64_t> generation{0};
  Buffer input;
  protocol::RequestCommands commands;
  std::size_t next = 0;
  Buffer output;
  std::size_t reply_start = 0;  // where the running command's reply begins in `output`
};

/// What the connection actor measures and others read; relaxed atomics, no order implied.
struct SocketFacts {
  std::atomic<std::size_t> query_bytes{0};
  std::atomic<std::size_t> query_free_bytes{0};
  std::atomic<std::size_t> output_bytes{0};  // waiting for a slow reader
  std::atomic<bool> subscriber{false};       // set by the keyspace: which output limit applies
  /// Nothing further will be received: what was still runs, but waits for nothing
  /// (release/acquire).
  std::atomic<bool> finished{false};
  std::atomic<bool> gone{
      false};  // the socket is closed: nothing may be served to it any more (release/acquire)
};

/// The user of a connection that has not said another name; there are no others yet.
inline constexpr std::string_view default_user = "default";

enum class ClientType : std::uint8_t { normal, replica, pubsub, master };

/// Why and until when a client is blocked. `waiter` is registered in the WaiterTable while
/// `active`.
struct BlockedState {
  bool active = false;
  keyspace::Waiter waiter;
  std::int64_t deadline_us = 0;  // monotonic clock; 0 = for ever
  TimeoutReply on_timeout = TimeoutReply::null_array;
};

/// Owner: the keyspace actor, but for `facts` (see there) and the constants. Outlives the keyspace
/// actor: its successor finds blocked and subscribed clients here.
struct Session {
  // Constant after creation.
  std::uint64_t id = 0;
  int fd = -1;
  std::string peer_address;
  std::string local_address;
  std::int64_t created_ms = 0;  // wall clock
  bool unix_socket = false;

  SocketFacts facts;
  Batch batch;

  int db = 0;
  protocol::RespVersion resp = protocol::RespVersion::resp2;
  std::string name;
  std::string library_name;
  std::string library_version;
  std::string user{default_user};
  const CommandSpec* last_command = nullptr;
  std::int64_t last_interaction_ms = 0;  // wall clock

  bool authenticated = true;
  bool no_evict = false;
  bool no_touch = false;
  bool reply_off = false;
  bool reply_skip_next = false;  // CLIENT REPLY SKIP was just executed
  bool reply_skip_this = false;
  bool close_after_reply = false;  // QUIT, protocol error, killed by itself
  bool close_now = false;          // killed: no further reply
  bool monitor = false;

  std::set<std::string, std::less<>> channels;
  std::set<std::string, std::less<>> patterns;

  BlockedState blocked;

  /// Bytes for the client outside its own replies (pub/sub messages); `pushing` while it is on the
  /// list of sessions to be flushed.
  Buffer pushes;
  bool pushing = false;

  [[nodiscard]] std::size_t subscription_count() const { return channels.size() + patterns.size(); }

  [[nodiscard]] bool in_subscribe_mode() const {
    return resp == protocol::RespVersion::resp2 && subscription_count() > 0;
  }

  /// Connected over a Unix socket or loopback.
  [[nodiscard]] bool is_local() const {
    return unix_socket || peer_address.starts_with("127.0.0.1:") ||
           peer_address.starts_with("[::1]:");
  }

  [[nodiscard]] ClientType type() const {
    return subscription_count() > 0 ? ClientType::pubsub : ClientType::normal;
  }
};

using SessionPtr = std::shared_ptr<Session>;

}  // namespace respawn::engine

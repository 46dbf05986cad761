#include "config/option_rows.hpp"

namespace respawn::config {
namespace {

constexpr std::int64_t mebibyte = 1048576;
constexpr std::size_t bind_addresses_max = 16;

const char* check_bind(Value& value) {
  auto& addresses = std::get<std::vector<std::string>>(value);
  if (addresses.size() > bind_addresses_max) return "Too many bind addresses specified.";
  if (addresses.size() == 1 && addresses.front().empty()) addresses.clear();
  return nullptr;
}

/// By default all the world is listened to, and whoever left "bind" out may not have meant that.
bool widens(const Value&, const Value&) {
  return true;
}

bool opens_tcp(const Value& before, const Value&) {
  return !is_not_zero(before);
}

constexpr Name backends[] = {{"auto", code(NetworkBackend::automatic)},
                             {"io_uring", code(NetworkBackend::io_uring)},
                             {"epoll", code(NetworkBackend::epoll)}};

constexpr Option octal(std::string_view name, std::uint64_t max) {
  return ranged(make_option(name, Kind::octal, "0"), 0, max);
}

constexpr Option rows[] = {
    words("bind", "* -::*")
        .bind<&Config::bind>()
        .checked(check_bind)
        .applied_by(Applies::listening_addresses)
        .implemented()
        .guards_access(widens)
        .about("Addresses to listen on; one with a leading - may be unavailable, * means all."),
    integer("port", "6379", 0, 65535)
        .bind<&Config::port>()
        .applied_by(Applies::listening_port)
        .implemented()
        .guards_access(opens_tcp)
        .about("TCP port to listen on; 0 opens none."),
    text("unixsocket")
        .bind<&Config::unixsocket>()
        .immutable()
        .implemented()
        .about("Path of a Unix socket to listen on besides TCP; empty opens none."),
    octal("unixsocketperm", 0777)
        .bind<&Config::unixsocketperm>()
        .immutable()
        .implemented()
        .about("Permission bits of the Unix socket, in octal; 0 leaves them to the umask."),
    integer("tcp-backlog", "511")
        .bind<&Config::tcp_backlog>()
        .immutable()
        .implemented()
        .about("How many connections may wait in the kernel to be accepted."),
    integer("tcp-keepalive", "300")
        .bind<&Config::tcp_keepalive_s>()
        .applied_by(Applies::connections)
        .in(Unit::seconds)
        .implemented()
        .about("Silence after which the kernel probes whether a peer still lives; 0 never asks."),
    integer("timeout", "0")
        .bind<&Config::timeout_s>()
        .in(Unit::seconds)
        .implemented()
        .about("Idle time after which a client is disconnected; 0 never disconnects."),
    integer("maxclients", "10000", 1, 4294967295)
        .bind<&Config::maxclients>()
        .applied_by(Applies::descriptors)
        .implemented()
        .about("Most clients served at once; further ones get an error and are closed."),
    integer("max-new-connections-per-cycle", "10", 1, 1000)
        .bind<&Config::max_new_connections_per_cycle>()
        .about("Most connections that one loop turn accepts before other work gets its turn."),
    boolean("protected-mode", "yes")
        .bind<&Config::protected_mode>()
        .implemented()
        .about("Serves only this machine as long as no password is set for the default user."),
    make_option("client-output-buffer-limit", Kind::output_limits,
                "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60")
        .bind<&Config::client_output_buffer_limit>()
        .applied_by(Applies::connections)
        .implemented()
        .about("Per class of client: unread output that closes it at once, or after some time."),
    memory("client-query-buffer-limit", "1073741824", mebibyte)
        .bind<&Config::client_query_buffer_limit_bytes>()
        .implemented()
        .about("Most bytes received from a client and not yet executed."),
    memory("proto-max-bulk-len", "536870912", mebibyte)
        .bind<&Config::proto_max_bulk_len_bytes>()
        .implemented()
        .about("Longest single argument that a request may carry."),
    ranged(make_option("maxmemory-clients", Kind::memory_or_percent, "0"), -100, long_max)
        .bind<&Config::maxmemory_clients>()
        .implemented()
        .about("Memory of all clients past which the largest are closed; 0 sets no limit."),
    choice("network-backend", "auto", backends)
        .bind<&Config::network_backend>()
        .immutable()
        .implemented()
        .hide()
        .about("How event loops talk to the kernel; auto takes io_uring where it works."),
    integer("network-coalesce-us", "50", 0, 10000)
        .bind<&Config::network_coalesce_us>()
        .applied_by(Applies::coalescing)
        .implemented()
        .hide()
        .about(
            "While many clients are busy, how long requests may wait for further ones; 0 = not."),
    integer("io-threads", "1", 1, 128)
        .bind<&Config::io_threads>()
        .immutable()
        .implemented()
        .about("Event loops that serve sockets; with 1 the keyspace shares that loop."),
    boolean("io-threads-do-reads", "no")
        .immutable()
        .about("Whether input is parsed by socket threads; here it always is."),
    text("bind-source-addr")
        .bind<&Config::bind_source_addr>()
        .about("Local address from which outgoing connections are made."),
    integer("socket-mark-id", "0", 0, 4294967295)
        .bind<&Config::socket_mark_id>()
        .immutable()
        .about("Mark put on listening sockets for packet filters; 0 puts none."),
};

static_assert(well_formed(rows));

}  // namespace

std::span<const Option> network_rows() {
  return rows;
}

}  // namespace respawn::config

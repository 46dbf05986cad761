#include "engine/clients/client_info.hpp"

#include "base/text.hpp"
#include "engine/clients/client_memory.hpp"
#include "engine/table/spec.hpp"

namespace respawn::engine {

namespace {

std::string flags_of(const Session& session) {
  std::string flags;
  if (session.monitor) flags += 'O';
  if (session.subscription_count() > 0) flags += 'P';
  if (session.transaction.phase != TransactionState::Phase::none) flags += 'x';
  if (session.blocked.active || session.held != 0) flags += 'b';
  if (session.tracking.on) flags += 't';
  if (session.tracking.broken_redirect) flags += 'R';
  if (session.tracking.broadcast) flags += 'B';
  if (session.transaction.touched) flags += 'd';
  if (session.close_after_reply) flags += 'c';
  if (session.close_now) flags += 'A';
  if (session.unix_socket) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

/// -1 without a transaction.
std::int64_t queued_count(const Session& session) {
  const TransactionState& transaction = session.transaction;
  if (transaction.phase == TransactionState::Phase::none) return -1;
  return static_cast<std::int64_t>(transaction.queue.size());
}

/// Adds " name=value" pairs to a line.
class Line {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ' ';
    text_ += name;
    text_ += '=';
    text_ += value;
  }

  void add(std::string_view name, std::int64_t value) { add(name, std::to_string(value)); }

  void add_size(std::string_view name, std::size_t value) { add(name, std::to_string(value)); }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

std::string client_info(const Session& session, std::int64_t now_ms) {
  const SocketFacts& facts = session.facts;
  const std::size_t query = facts.query_bytes.load(std::memory_order_relaxed);
  const std::size_t query_free = facts.query_free_bytes.load(std::memory_order_relaxed);
  const std::size_t output = facts.output_bytes.load(std::memory_order_relaxed);
  Line line;
  line.add("id", std::to_string(session.id));
  line.add("addr", session.peer_address);
  line.add("laddr", session.local_address);
  line.add("fd", session.fd);
  line.add("name", session.name);
  line.add("age", (now_ms - session.created_ms) / 1000);
  line.add("idle", (now_ms - session.last_interaction_ms) / 1000);
  line.add("flags", flags_of(session));
  line.add("db", session.db);
  line.add_size("sub", session.channels.size());
  line.add_size("psub", session.patterns.size());
  line.add_size("ssub", session.shard_channels.size());
  line.add("multi", queued_count(session));
  line.add_size("qbuf", query);
  line.add_size("qbuf-free", query_free);
  line.add_size("argv-mem", argument_bytes(session));
  line.add_size("multi-mem", session.transaction.argument_bytes());
  line.add("rbs", 0);
  line.add("rbp", 0);
  line.add("obl", 0);
  line.add("oll", output > 0 ? 1 : 0);
  line.add_size("omem", output);
  line.add_size("tot-mem", client_memory_bytes(session));
  line.add("events", output > 0 ? "rw" : "r");
  const CommandSpec* command = session.last_command.load(std::memory_order_relaxed);
  line.add("cmd", command ? command->name : "NULL");
  line.add("user", session.user_name());
  line.add("redir", session.tracking.shown_redirect());
  line.add("resp", static_cast<int>(session.resp));
  line.add("lib-name", session.library_name);
  line.add("lib-ver", session.library_version);
  return line.take();
}

std::optional<ClientType> client_type_named(std::string_view name) {
  if (iequals(name, "normal")) return ClientType::normal;
  if (iequals(name, "replica") || iequals(name, "slave")) return ClientType::replica;
  if (iequals(name, "pubsub")) return ClientType::pubsub;
  if (iequals(name, "master")) return ClientType::master;
  return std::nullopt;
}

}  // namespace respawn::engine

// A server without sockets: commands go in as text, encoded replies come out, time is moved by
// hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "commands/families.hpp"
#include "engine/run/batch_runner.hpp"
#include "engine/run/rights.hpp"
#include "protocol/request_parser.hpp"
#include "tests/unit/commands/fake_services.hpp"

namespace respawn::commands::test {

// Replies as they are on the wire, so that a test reads
//   EXPECT_EQ(run("LRANGE l 0 -1"), bulks({"a", "b"}));

inline const std::string ok = "+OK\r\n";
inline const std::string null = "$-1\r\n";        // RESP2
inline const std::string null_array = "*-1\r\n";  // RESP2
inline const std::string null3 = "_\r\n";         // RESP3, both of them
inline const std::string wrong_type = "-" + std::string(errors::wrong_type) + "\r\n";
inline const std::string syntax_error = "-ERR syntax error\r\n";
inline const std::string not_an_integer = "-ERR value is not an integer or out of range\r\n";
inline const std::string no_reply;

inline std::string simple(std::string_view text) {
  return "+" + std::string(text) + "\r\n";
}

/// "ERR no such key" and the like.
inline std::string error(std::string_view text) {
  return "-" + std::string(text) + "\r\n";
}

inline std::string integer(std::int64_t value) {
  return ":" + std::to_string(value) + "\r\n";
}

inline std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

/// An aggregate of encoded elements: '*', '~', '>'; '%' with keys and values in turn.
inline std::string aggregate(char type, const std::vector<std::string>& elements) {
  const std::size_t size = type == '%' ? elements.size() / 2 : elements.size();
  std::string text = type + std::to_string(size) + "\r\n";
  for (const std::string& element : elements) text += element;
  return text;
}

inline std::string array(const std::vector<std::string>& elements) {
  return aggregate('*', elements);
}

inline std::string bulks(const std::vector<std::string>& elements) {
  std::vector<std::string> encoded;
  for (const std::string& element : elements) encoded.push_back(bulk(element));
  return array(encoded);
}

class Server;

/// One client's connection. Owned by its Server.
class Client {
 public:
  Client(Server& server, SessionPtr session) : server_(&server), session_(std::move(session)) {}

  /// Sends one command (quoting as in redis-cli) and returns all that has arrived since the last
  /// call: its reply, pushes; nothing while it is blocked.
  std::string run(std::string_view line);

  /// The same for arguments that are hard to quote.
  std::string run(std::initializer_list<std::string_view> arguments);
  std::string run_words(const std::vector<std::string>& words);

  /// Sends several commands at once.
  std::string pipeline(std::initializer_list<std::string_view> lines);

  /// What has arrived in the meantime.
  std::string received() { return std::exchange(received_, {}); }

  [[nodiscard]] bool blocked() const { return session_->blocked.active; }

  /// The server wants this connection closed (QUIT, CLIENT KILL); it stays usable for the test.
  [[nodiscard]] bool closed() const { return closed_; }

  Session& session() { return *session_; }

 private:
  friend class Server;

  std::string send(const std::vector<std::vector<std::string_view>>& commands);

  Server* server_;
  SessionPtr session_;
  std::string received_;
  bool closed_ = false;
};

/// A store, an executor over it and its clients: what the keyspace actor and the connections are,
/// but everything happens at once.
class Server : private BatchPort {
 public:
  Server() : Server(std::make_shared<config::Config>()) {}

  explicit Server(std::shared_ptr<const config::Config> config, FileSystem* files = nullptr)
      : services(files), store(std::move(config), every_family()), first(begin()) {}

  Client& connect(protocol::RespVersion version = protocol::RespVersion::resp2) {
    auto session = std::make_shared<Session>();
    session->id = ++last_id_;
    session->fd = static_cast<int>(last_id_) + 7;
    session->peer_address = "127.0.0.1:" + std::to_string(50000 + last_id_);
    session->local_address = "127.0.0.1:6379";
    session->created_ms = clock.wall_us() / 1000;
    session->last_interaction_ms = session->created_ms;
    session->resp = version;
    session->authenticated = !store.config->needs_login();
    executor->add_client(session);
    clients_.push_back(std::make_unique<Client>(*this, session));
    return *clients_.back();
  }

  /// The socket is closed from outside; the Client must not be used any more.
  void disconnect(Client& client) {
    client.session_->facts.gone = true;
    executor->remove_client(*client.session_);
    std::erase_if(clients_, [&](const auto& held) { return held.get() == &client; });
  }

  /// Time passes, and what was waiting for it happens: timeouts, expiry.
  void pass_ms(std::int64_t ms) {
    clock.advance_ms(ms);
    executor->upkeep().answer_expired_waits();
    executor->upkeep().expire_keys(1'000'000);
    batches_->go_on();
  }

  /// Changes the configuration behind the commands' back.
  void configure(const std::function<void(config::Config&)>& change) {
    auto changed = std::make_shared<config::Config>(*store.config);
    change(*changed);
    if (changed->requirepass != store.config->requirepass) follow_requirepass(store, *changed);
    store.put_in_force(std::move(changed));
  }

  /// The keyspace actor dies and a successor takes over the store.
  void restart() {
    batches_.reset();
    executor.reset();
    start();
    executor->serve_ready_clients();
    batches_->go_on();
  }

  /// A command that is suspended runs for one more slice.
  void go_on_suspended() {
    batches_->go_on_suspended();
    run_waiting();
  }

  /// Runs the client's batch from where it stands, and all that follows from it.
  void proceed(Client& client) {
    waiting_.push_back(client.session_);
    run_waiting();
  }

 private:
  void run_waiting() {
    while (!waiting_.empty()) {
      for (const SessionPtr& session : std::exchange(waiting_, {})) {
        session->batch.state = Batch::State::queued;
        batches_->submit(session);
      }
      batches_->run_submitted();
    }
  }

 public:
  ManualClock clock;
  FakeServices services;
  Store store;
  std::unique_ptr<Executor> executor;

 private:
  Client& begin() {
    start();
    return connect();
  }

  void start() {
    executor = std::make_unique<Executor>(store, services, clock);
    BatchPort& port = *this;
    batches_ = std::make_unique<BatchRunner>(store, *executor, port);
  }

  Client* find(const Session& session) {
    for (const auto& client : clients_)
      if (client->session_.get() == &session) return client.get();
    return nullptr;
  }

  void give_back(Session& session, bool close) override {
    Batch& batch = session.batch;
    if (Client* client = find(session)) {
      client->received_ += batch.output.text();
      client->closed_ |= close;
      if (!close && batch.next < batch.commands.slices.size()) waiting_.push_back(client->session_);
    }
    batch.output.clear();
    batch.state = Batch::State::idle;
  }

  void send_ahead(Session& session, Buffer&& replies) override {
    if (Client* client = find(session)) client->received_ += replies.text();
  }

  void yield(const SessionPtr& session) override { waiting_.push_back(session); }

  void go_on_soon() override {}

  void settle() override {
    while (store.clients.has_pushing()) {
      for (const SessionPtr& session : store.clients.take_pushing()) {
        const Buffer bytes = ClientTable::take_pushes(*session);
        if (Client* client = find(*session)) client->received_ += bytes.text();
      }
    }
    for (const SessionPtr& session : store.clients.take_killed())
      if (Client* client = find(*session)) client->closed_ = true;
  }

  std::unique_ptr<BatchRunner> batches_;
  std::vector<SessionPtr> waiting_;  // batches to be submitted
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t last_id_ = 0;

 public:
  /// Connected from the beginning.
  Client& first;
};

inline std::string Client::run(std::string_view line) {
  return pipeline({line});
}

inline std::string Client::run(std::initializer_list<std::string_view> arguments) {
  return send({arguments});
}

inline std::string Client::run_words(const std::vector<std::string>& words) {
  return send({{words.begin(), words.end()}});
}

inline std::string Client::pipeline(std::initializer_list<std::string_view> lines) {
  std::vector<std::vector<std::string>> words;
  std::vector<std::vector<std::string_view>> commands;
  for (std::string_view line : lines) words.push_back(split_quoted(line).value());
  for (const auto& command : words) commands.emplace_back(command.begin(), command.end());
  return send(commands);
}

inline std::string Client::send(const std::vector<std::vector<std::string_view>>& commands) {
  RESPAWN_CHECK(!blocked());
  Batch& batch = session_->batch;
  batch.input.clear();
  batch.commands.clear();
  batch.next = 0;
  for (const auto& command : commands) {
    protocol::ReplyWriter request(batch.input, protocol::RespVersion::resp2);
    request.array(command.size());
    for (std::string_view argument : command) request.bulk(argument);
  }
  protocol::RequestParser parser;
  for (std::size_t at = 0; at < batch.input.size();)  // it stops behind each RESET
    at = parser.parse(batch.input, at, protocol::RequestLimits{}, commands.size(), batch.commands);
  server_->proceed(*this);
  return received();
}

/// A server and a first client for each test:
///   EXPECT_EQ(run("SET k v PX 100"), ok);
///   pass_ms(101);
///   EXPECT_EQ(run("GET k"), null);
class CommandTest : public ::testing::Test {
 protected:
  std::string run(std::string_view line) { return server.first.run(line); }

  std::string run(std::initializer_list<std::string_view> arguments) {
    return server.first.run(arguments);
  }

  Client& connect(protocol::RespVersion version = protocol::RespVersion::resp2) {
    return server.connect(version);
  }

  void pass_ms(std::int64_t ms) { server.pass_ms(ms); }

  /// How many changes the command counts (INFO's rdb_changes_since_last_save).
  std::uint64_t changes_of(std::string_view line) {
    const std::uint64_t before = server.store.databases.changes;
    run(line);
    return server.store.databases.changes - before;
  }

  /// The keyspace events of the command, all classes: "set k, expire k".
  std::string events_of(std::string_view line) {
    auto& listener = connect();
    server.configure([](config::Config& c) {
      c.notify_keyspace_events = config::keyspace_event::all | config::keyspace_event::keyevent |
                                 config::keyspace_event::new_key | config::keyspace_event::key_miss;
    });
    server.executor->environment().subscriptions.subscribe_pattern(listener.session(), "*");
    run(line);
    server.configure([](config::Config& c) { c.notify_keyspace_events = 0; });
    const std::string events = event_names(listener.received());
    server.disconnect(listener);
    return events;
  }

  Server server;

 private:
  static std::string event_names(std::string_view messages) {
    // *4 $8 pmessage $1 * $n __keyevent@<db>__:<event> $n <key>
    const std::vector<std::string_view> lines = split(messages, '\n');
    std::string names;
    for (std::size_t at = 0; at + 8 < lines.size(); at += 9) {
      const std::string_view channel = trim(lines[at + 6]);
      if (!names.empty()) names += ", ";
      names += channel.substr(channel.find(':') + 1);
      names += ' ';
      names += trim(lines[at + 8]);
    }
    return names;
  }
};

}  // namespace respawn::commands::test

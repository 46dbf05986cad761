// The listening sockets, and an acceptor for each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/server_context.hpp"
#include "net/socket.hpp"
#include "server/logging.hpp"
#include "supervision/child_spec.hpp"

namespace respawn::server {

/// Owner: the server; used on the main thread only. A socket keeps its number, which is its
/// acceptor's too, and outlives the acceptor: clients in the kernel's backlog wait for the next.
class Listeners {
 public:
  enum class Replaced {
    done,
    cannot_listen,  // at one of the addresses; the log has the details
    no_supervisor,  // of acceptors, at the moment
  };

  Listeners(actors::ServerContext& context, Log& log) : context_(context), log_(log) {}

  /// At start, before there is a loop. An error is for the user.
  Status open(const config::Config& config);

  /// Acceptors run on this loop. To be called before any is made.
  void accept_on(net::EventLoop& loop) { loop_ = &loop; }

  /// Of all open sockets.
  [[nodiscard]] std::vector<supervision::ChildSpec> acceptors();

  /// Listens at the port and addresses of `after` and no longer at others. Unless it is done,
  /// everything is as it was.
  [[nodiscard]] Replaced replace(const config::Config& after);

  void log_addresses() const;

  void close() { open_.clear(); }

 private:
  struct Listening {
    std::unique_ptr<net::ListeningSocket> socket;  // null: closed for good
    std::string host;                              // as in `bind`; "" for the Unix socket
    bool retired = false;                          // nobody accepts on it any more

    [[nodiscard]] bool is_at(const std::string& wanted, int port) const {
      return socket && socket->port() == port && host == wanted;
    }
  };

  static Status listen_on(const std::string& host, const config::Config& config,
                          std::vector<Listening>& opened);
  [[nodiscard]] supervision::ChildSpec acceptor(std::size_t index);
  Status listen_anew(const config::Config& after, std::vector<Listening>& fresh) const;
  [[nodiscard]] std::vector<std::size_t> unwanted(const config::Config& after) const;
  void call_back(const config::Config& after, std::vector<Listening>& fresh);
  void retire(const caf::actor& supervisor, const std::vector<std::size_t>& indices);

  actors::ServerContext& context_;
  Log& log_;
  net::EventLoop* loop_ = nullptr;
  std::vector<Listening> open_;  // by acceptor's number
};

}  // namespace respawn::server

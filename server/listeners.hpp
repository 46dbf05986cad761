// The listening sockets, and an acceptor for each.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/acceptor_actor.hpp"
#include "actors/server_context.hpp"
#include "net/socket.hpp"
#include "server/logging.hpp"
#include "supervision/child_spec.hpp"

namespace respawn::server {

/// An error where nobody could ever connect to a server of this configuration.
[[nodiscard]] Status check_reachable(const config::Config& config);

/// Owner: the server; used on the main thread only. A socket keeps its number, which is its
/// acceptor's too, and outlives the acceptor: clients in the kernel's backlog wait for the next.
/// No number is used twice.
class Listeners {
 public:
  enum class Replaced {
    done,
    cannot_listen,  // at one of the addresses; the log has the details
    nowhere,        // no address would be left, and there is no Unix socket
  };

  Listeners(actors::ServerContext& context, Log& log) : context_(context), log_(log) {}

  /// At start, before there is a loop. An error is for the user.
  Status open(const config::Config& config);

  /// Acceptors run on this loop. To be called before any is made.
  void accept_on(net::EventLoop& loop) { loop_ = &loop; }

  /// Of all open sockets.
  [[nodiscard]] std::vector<supervision::ChildSpec> acceptors();

  /// Listens at the port and addresses of `after` and no longer at others, which are closed when
  /// this returns; who had connected there by then is served. What stays is not touched. Unless it
  /// is done, the server listens where it did (else the log says what is left).
  [[nodiscard]] Replaced replace(const config::Config& after);

  void log_addresses() const;

  /// Nobody can connect any more.
  void close();

 private:
  /// Where a TCP socket is, or was: an entry of `bind`, and the port.
  struct Place {
    std::string entry;
    int port = 0;
  };

  struct Listening {
    std::size_t number = 0;
    net::ListeningSocket socket;
    Place place;                                  // not of a Unix socket
    std::shared_ptr<actors::ListeningPost> post;  // lends the socket to the acceptor

    [[nodiscard]] bool is_tcp() const { return !post->unix_socket; }
  };

  using Numbers = std::vector<std::size_t>;

  /// From the open sockets to the wanted ones.
  struct Difference {
    std::vector<Place> free;     // nothing is open there
    std::vector<Place> blocked;  // by a socket that is not wanted any more
    Numbers blocking;            // those
    Numbers unwanted;            // all of them, those too
  };

  void add(net::ListeningSocket socket, Place place);
  Status open_each(const std::vector<Place>& places, int backlog);
  [[nodiscard]] Result<Difference> difference(const config::Config& after) const;
  std::vector<Place> close_each(const Numbers& numbers);
  void drain(const Listening& listening);
  void restore(const std::vector<Place>& places, int backlog);
  void remove_acceptor(std::size_t number);
  void start_acceptors(std::size_t first_number);
  void tell_supervisor(const std::function<void(const caf::actor&)>& what);
  [[nodiscard]] bool is_reachable_without(const Numbers& unwanted) const;
  [[nodiscard]] supervision::ChildSpec acceptor(const Listening& listening);

  actors::ServerContext& context_;
  Log& log_;
  net::EventLoop* loop_ = nullptr;
  std::vector<Listening> open_;  // in the order of their numbers
  std::size_t next_number_ = 0;
};

}  // namespace respawn::server

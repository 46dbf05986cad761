// Several clients that take turns on two servers, and what they are answered differently.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/generator/duel.hpp"
#include "tests/generator/turns.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/resp_client.hpp"

namespace respawn::generator {

/// What arrived at one client during a turn.
struct Received {
  std::deque<support::Reply> replies;
  std::deque<support::Reply> messages;  // of pub/sub, and confirmations
  /// Keys of invalidations, each once: how many of them go into one message, and whether a key is
  /// told twice, depends on how a server's turns of its event loop fall.
  std::set<std::string> invalid;

  void add(support::Reply reply);
};

/// What happened in all that was played, so that a test can say that something did.
struct Tally {
  int waited = 0;       // commands that blocked
  int served = 0;       // and were answered later
  int executed = 0;     // EXECs that ran something
  int refused = 0;      // EXECs that WATCH prevented
  int messages = 0;     // of pub/sub
  int invalidated = 0;  // keys
};

/// Plays turns one after another: the next one begins when everybody has what the last one brought.
///
/// The reference decides how much that is. A command that may block is preceded by a PING in the
/// same write: with its reply redis-server has been through the rest. Behind that, the answer to
/// another client says that everything else was sent. Ours is waited for.
///
/// Owner: one test.
class Ensemble {
 public:
  explicit Ensemble(Duel& duel) : duel_(&duel) {}

  /// The first difference in what any client receives or, at the end, in the data.
  std::optional<Failure> play(const Terms& terms, const std::vector<Turn>& turns);

  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  struct End {
    support::RawSocket socket;
    std::string id;
    Received received;  // and not yet compared
  };

  struct Client {
    End redis;
    End ours;
    bool in_transaction = false;
    std::vector<Command> queued;     // in it
    std::optional<Command> waiting;  // blocks
  };

  struct Step {
    Command command;
    bool replies = true;  // else it is confirmed by messages alone
  };

  void connect();
  static End make_end(std::uint16_t port, int protocol);
  [[nodiscard]] Words expanded(const Words& words, bool ours) const;
  void send(Client& client, const std::vector<Step>& steps);

  std::optional<Failure> take(const Turn& turn);
  std::optional<Failure> release(Client& client);
  static void await_as_much(End& ours, const Received& wanted);
  std::optional<Failure> settle(bool blocks);
  std::optional<Failure> compare_all();
  std::optional<std::string> compare_received(Client& client);
  std::optional<std::string> compare_reply(Client& client, const Command& command,
                                           const support::Reply& redis, const support::Reply& ours);
  std::optional<std::string> compare_execution(Client& client, const support::Reply& redis,
                                               const support::Reply& ours);

  Duel* duel_;
  std::vector<Client> clients_;
  std::vector<support::RespClient> keepers_;  // one at each server, which track
  std::vector<Command> asked_;                // of the turn: whose replies are to come, in order
  Client* asking_ = nullptr;
  Tally tally_;
};

/// Single commands, so that shrinking can leave out parts of turns.
[[nodiscard]] std::vector<Turn> one_by_one(const std::vector<Turn>& turns);

/// For a reader, nearly in the language of tests/differential/scripts: which commands block is not
/// said.
[[nodiscard]] std::string to_script(const Terms& terms, const std::vector<Turn>& turns);

}  // namespace respawn::generator

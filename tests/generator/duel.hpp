// Two servers that get the same commands, and what they answer differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/generator/command.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::generator {

/// How a sequence is played.
struct Terms {
  int resp = 2;
  std::vector<Words> settings;  // CONFIG SETs
};

struct Failure {
  std::size_t index = 0;  // of the command; as many as there are when the data at the end differ
  Words asked;
  std::string text;
};

/// Owner: one test. Both servers begin each sequence without data; one that crashed is started
/// again.
class Duel {
 public:
  Duel();

  /// Why there are no two servers to compare; empty when there are.
  [[nodiscard]] const std::string& missing() const { return missing_; }

  /// The first difference in replies or, at the end, in the data; or in what one server makes of
  /// the other's DUMPs.
  std::optional<Failure> play(const Terms& terms, const std::vector<Command>& commands);

  /// What the reference's DUMP answers for some values of each type.
  std::vector<std::string> payloads();

  /// INFO of the reference.
  std::string reference_info(const std::string& section);

  /// How our server ended, when asked to; empty when it did so properly.
  std::string finish();

  // What a sequence consists of, for players of other kinds of sequences.

  using Replies = std::vector<support::Reply>;

  struct Answers {
    Replies redis;
    Replies ours;
  };

  /// Both servers run, are connected to, have no data and are set as `terms` say.
  void begin(const Terms& terms);

  /// Over the connections that begin() made. Throws std::runtime_error when a server is lost.
  Answers ask(const std::vector<Words>& commands);

  /// All data, and what one server makes of the other's DUMPs.
  std::optional<Failure> compare_data();

  /// A server is gone or does not answer: both are started anew at the next begin().
  Failure lost(const std::string& what);

  [[nodiscard]] std::uint16_t redis_port() const { return redis_.process->port(); }

  [[nodiscard]] std::uint16_t our_port() const { return ours_.process->port(); }

 private:
  struct Side {
    std::string binary;
    std::unique_ptr<support::ServerProcess> process;
    std::optional<support::RawSocket> socket;
  };

  void connect(Side& side);
  static Replies ask_one(Side& side, const std::vector<Words>& commands);
  std::optional<Failure> ask_and_compare(const std::vector<Command>& commands, Answers& answers);
  std::optional<Failure> play_batch(const std::vector<Command>& commands, std::size_t from,
                                    std::size_t to);
  std::optional<Failure> compare_values(int db, const std::vector<std::string>& keys);
  std::optional<Failure> compare_dumps(Side& from, Side& to, const std::vector<Command>& reads,
                                       const Replies& values);

  Side redis_;
  Side ours_;
  std::string missing_;
};

/// What is different, for a reader; none when the replies count as equal.
[[nodiscard]] std::optional<std::string> compare(const support::Reply& redis,
                                                 const support::Reply& ours,
                                                 const Command& command);

/// One command, and what it is sent with, in the language of tests/differential/scripts.
[[nodiscard]] std::string to_script(const Command& command);

/// The settings, in the same language.
[[nodiscard]] std::string to_script(const Terms& terms);

/// All of it.
[[nodiscard]] std::string to_script(const Terms& terms, const std::vector<Command>& commands,
                                    const Failure& failure);

}  // namespace respawn::generator

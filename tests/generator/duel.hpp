// Two servers that get the same commands, and what they answer differently.
#pragma once

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

 private:
  struct Side {
    std::string binary;
    std::unique_ptr<support::ServerProcess> process;
    std::optional<support::RawSocket> socket;
  };

  using Replies = std::vector<support::Reply>;

  struct Answers {
    Replies redis;
    Replies ours;
  };

  void connect(Side& side);
  static Replies ask_one(Side& side, const std::vector<Words>& commands);
  Answers ask(const std::vector<Words>& commands);
  std::optional<Failure> ask_and_compare(const std::vector<Command>& commands, Answers& answers);
  void begin(const Terms& terms);
  std::optional<Failure> play_batch(const std::vector<Command>& commands, std::size_t from,
                                    std::size_t to);
  std::optional<Failure> compare_data();
  std::optional<Failure> compare_values(int db, const std::vector<std::string>& keys);
  std::optional<Failure> compare_dumps(Side& from, Side& to, const std::vector<Command>& reads,
                                       const Replies& values);
  Failure lost(const std::string& what);

  Side redis_;
  Side ours_;
  std::string missing_;
};

/// The commands in the language of tests/differential/scripts.
[[nodiscard]] std::string to_script(const Terms& terms, const std::vector<Command>& commands,
                                    const Failure& failure);

}  // namespace respawn::generator

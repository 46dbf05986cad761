// A server with an append log on a simulated disk, and what of it must survive.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "persistence/append_log/log_disk.hpp"
#include "tests/support/simulated_disk.hpp"
#include "tests/unit/commands/support.hpp"

namespace respawn::durability {

/// What happens to the story.
struct Plan {
  std::uint64_t seed = 1;
  config::FsyncPolicy policy = config::FsyncPolicy::always;
  std::uint64_t cut_at = 0;        // the disk's operation at which the power is cut; 0: at the end
  bool kills_disk_worker = false;  // now and then, in the middle of an operation
  bool kills_keyspace = false;     // now and then, at a step of execution
  std::size_t turns = 40;
};

/// Owner: one test. Turns: commands of some clients run, the disk works, time passes. Told what
/// each client was told, and in which state the data was behind each unit, it can say what a disk
/// whose power was cut has to hold: the state behind one unit, none earlier than any that a client
/// knows of.
class Story final : private engine::UnitListener {
 public:
  explicit Story(const Plan& plan);
  ~Story() override;

  /// Until the power is cut.
  void tell();

  /// The power comes back, and another server loads what is there. What is wrong with it; "":
  /// nothing.
  [[nodiscard]] std::string verdict();

  [[nodiscard]] std::uint64_t operations() const { return disk_.operations(); }

  /// Clients were told so many things.
  [[nodiscard]] std::size_t told() const { return told_; }

 private:
  using Server = commands::test::Server;
  using Place = std::pair<int, std::string>;

  /// What a client was, or is to be, told.
  struct Told {
    std::uint64_t offset = 0;  // the gate lets it go when the log is durable that far
    std::size_t unit = 0;      // it follows from units up to this one
  };

  void unit_done(const engine::UnitRecord& unit) override;
  void open_log();
  void turn();
  void run_command();
  void work();
  void tell_clients();
  std::vector<std::string> words();
  std::size_t known_to_readers(int db, const std::vector<std::string>& words) const;
  void kill_keyspace();

  Plan plan_;
  Random random_;
  test::SimulatedDisk disk_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<persistence::LogDisk> log_;
  std::vector<commands::test::Client*> clients_;
  std::vector<std::string> states_;     // behind each unit; the first: in the beginning
  std::vector<std::int64_t> times_us_;  // when
  std::map<Place, std::size_t> touched_by_;
  std::map<int, std::size_t> emptied_by_;
  std::vector<Told> waiting_;
  std::size_t known_ = 0;  // the last unit that a client knows of
  std::size_t told_ = 0;
  bool over_ = false;
};

}  // namespace respawn::durability

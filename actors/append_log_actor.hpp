// Writes and flushes the append log.
#pragma once

#include <thread>
#include <vector>

#include "actors/messages.hpp"
#include "actors/server_context.hpp"
#include "net/loop_actor.hpp"
#include "persistence/append_log/log_disk.hpp"

namespace respawn::actors {

/// Lives on a loop of its own, for it blocks: on nothing but the disk. Borrows the disk's side of
/// the log from the keeper, so that a successor cuts off what was written in part and goes on.
/// What came while it flushed goes out in one write and one flush, behind it: that is the group
/// commit. Where flushes take long, helpers on threads of their own make some beside it.
class AppendLogActor final : public net::LoopActor {
 public:
  AppendLogActor(caf::actor_config& config, net::EventLoop& loop, persistence::LogDisk& disk,
                 ServerContext& context);

  const char* name() const override { return "append-log"; }

 protected:
  caf::behavior make_behavior() override;
  void on_exit() override;
  bool receive(caf::mailbox_element& element) override;

 private:
  void work();
  void report(const persistence::LogDisk::Turn& turn);
  void release();
  void call_helpers();
  void help(std::size_t lane);
  void dismiss_helpers();

  persistence::LogDisk& disk_;
  ServerContext& context_;
  net::TimerId timer_ = 0;
  std::vector<std::thread> helpers_;
};

}  // namespace respawn::actors

#include "actors/append_log_actor.hpp"

#include <caf/send.hpp>
#include <utility>

namespace respawn::actors {

AppendLogActor::AppendLogActor(caf::actor_config& config, net::EventLoop& loop,
                               persistence::LogDisk& disk, ServerContext& context)
    : net::LoopActor(config, loop), disk_(disk), context_(context) {}

caf::behavior AppendLogActor::make_behavior() {
  context_.append_log.enter(caf::actor_cast<caf::actor>(this));
  disk_.resume();
  release();  // what its predecessor did not come to
  call_after(0, [this] { work(); });
  return {
      [this](LogHandedOver) { work(); },
  };
}

bool AppendLogActor::receive(caf::mailbox_element& element) {
  if (net::LoopMessage<LogHandedOver>::in(element) == nullptr) return false;
  work();
  return true;
}

void AppendLogActor::on_exit() {
  context_.append_log.leave(address());
}

void AppendLogActor::work() {
  const persistence::LogDisk::Turn turn = disk_.work();
  if (!turn.problem.empty()) context_.log.write(engine::LogLevel::warning, turn.problem);
  if (turn.durable_rose || turn.failed) release();
  if (turn.tell_keyspace)
    if (caf::actor keyspace = context_.directory.present()) caf::anon_send(keyspace, LogAdvanced{});
  if (timer_ != 0) cancel(std::exchange(timer_, 0));
  if (turn.again_us == 0) return;
  timer_ = call_after(turn.again_us, [this] {
    timer_ = 0;
    work();
  });
}

void AppendLogActor::release() {
  for (net::EventLoop* carrier : context_.connection_loops)
    carrier->post([&gate = context_.append_log.gate_of(*carrier)] { gate.release(); });
}

}  // namespace respawn::actors

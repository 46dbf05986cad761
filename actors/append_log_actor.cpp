#include "actors/append_log_actor.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <exception>
#include <string>
#include <utility>

#include "base/scheduling.hpp"

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
  dismiss_helpers();
  context_.append_log.leave(address());
}

void AppendLogActor::work() {
  const persistence::LogDisk::Turn turn = disk_.work();
  report(turn);
  if (helpers_.empty() && disk_.wants_helpers()) call_helpers();
  if (timer_ != 0) cancel(std::exchange(timer_, 0));
  if (turn.again_us == 0) return;
  timer_ = call_after(turn.again_us, [this] {
    timer_ = 0;
    work();
  });
}

/// Any thread.
void AppendLogActor::report(const persistence::LogDisk::Turn& turn) {
  if (!turn.problem.empty()) context_.log.write(engine::LogLevel::warning, turn.problem);
  if (turn.durable_rose || turn.failed) release();
  if (turn.tell_keyspace)
    if (caf::actor keyspace = context_.directory.present()) caf::anon_send(keyspace, LogAdvanced{});
}

// ---- Helpers ----

void AppendLogActor::call_helpers() {
  for (std::size_t lane = 1; lane < persistence::SyncLanes::lanes_max; ++lane)
    helpers_.emplace_back([this, lane] { help(lane); });
}

/// The actor outlives its helpers. Where one fails, it does: its successor cuts off what is half
/// written.
void AppendLogActor::help(std::size_t lane) {
  ask_for_short_slices();
  try {
    while (disk_.await_work()) report(disk_.work(lane));
  } catch (const std::exception& error) {
    context_.log.write(engine::LogLevel::warning,
                       std::string("A helper of the append log failed: ") + error.what());
    caf::anon_send_exit(address(), caf::exit_reason::unhandled_exception);
  }
}

void AppendLogActor::dismiss_helpers() {
  disk_.dismiss_helpers();
  for (std::thread& helper : helpers_) helper.join();
  helpers_.clear();
}

void AppendLogActor::release() {
  for (net::EventLoop* carrier : context_.connection_loops)
    carrier->post([&gate = context_.append_log.gate_of(*carrier)] { gate.release(); });
}

}  // namespace respawn::actors

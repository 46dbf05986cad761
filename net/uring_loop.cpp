#include "net/uring_loop.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/uring_connect.hpp"
#include "net/uring_listener.hpp"
#include "net/uring_stream.hpp"

namespace respawn::net {
namespace {

constexpr std::uint64_t operation_mask = 7;

// User data that belong to no target.
constexpr std::uint64_t ignored_tag = 0;
constexpr std::uint64_t wake_tag = 1;

/// How long the kernel may take to give up what was under way when the loop ends.
constexpr std::int64_t cancel_round_us = 100'000;
constexpr int cancel_rounds_max = 50;

}  // namespace

Result<std::unique_ptr<EventLoop>> UringLoop::make(caf::actor_system& system) {
  if (auto usable = UringRing::probe(); !usable) return failure(usable.error());
  try {
    return std::unique_ptr<EventLoop>(std::make_unique<UringLoop>(system));
  } catch (const std::system_error& error) {
    return failure(std::string("io_uring is not available: ") + error.what());
  }
}

UringLoop::UringLoop(caf::actor_system& system) : SocketLoop(system) {
  if (const int error = ring_.open(); error != 0)
    throw std::system_error(error, std::generic_category(), "io_uring_setup");
}

UringLoop::~UringLoop() {
  if (!ended_) {  // it never ran, but operations may have been prepared
    begin_run();
    end_run();
  }
  shut_down_sockets();
}

void UringLoop::begin_run() {
  if (!enabled_) {
    if (const int error = ring_.enable(); error != 0)
      throw std::system_error(error, std::generic_category(), "io_uring enable");
    enabled_ = true;
  }
  watch_wake_fd();
}

void UringLoop::end_run() {
  cancel_all();
  ended_ = true;
}

std::uint64_t UringLoop::tagged(UringTarget& target, UringOperation operation) {
  return reinterpret_cast<std::uintptr_t>(&target) | static_cast<std::uint64_t>(operation);
}

void UringLoop::watch_wake_fd() {
  io_uring_sqe* sqe = ring_.entry();
  io_uring_prep_read(sqe, wake_fd(), &wakes_, sizeof wakes_, 0);
  io_uring_sqe_set_data64(sqe, wake_tag);
  wake_watched_ = true;
}

void UringLoop::cancel_operation(UringTarget& target, UringOperation operation) {
  io_uring_sqe* sqe = ring_.entry();
  io_uring_prep_cancel64(sqe, tagged(target, operation), 0);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data64(sqe, ignored_tag);
}

void UringLoop::poll(std::int64_t timeout_us) {
  const unsigned sends = std::exchange(sends_, 0U);
  const unsigned wanted = coalescer_.plan();
  if (timeout_us == 0)
    ring_.submit_and_settle();
  else if (wanted > 1 && patience_us_ > 0 && ring_.can_linger())
    ring_.submit_and_linger(sends + wanted, patience_until(timeout_us), timeout_us);
  else
    ring_.submit_and_wait(1, timeout_us);
  ring_.for_each_completion([this](const io_uring_cqe& completion) { dispatch(completion); });
}

std::uint32_t UringLoop::patience_until(std::int64_t timeout_us) const {
  return timeout_us < 0
             ? patience_us_
             : static_cast<std::uint32_t>(std::min<std::int64_t>(patience_us_, timeout_us));
}

void UringLoop::dispatch(const io_uring_cqe& completion) {
  if (completion.user_data == wake_tag) {
    wake_watched_ = false;
    if (usable()) watch_wake_fd();
    return;
  }
  if (completion.user_data == ignored_tag) return;
  auto* target = reinterpret_cast<UringTarget*>(completion.user_data & ~operation_mask);
  const auto operation = static_cast<UringOperation>(completion.user_data & operation_mask);
  LocalCounted& counted = target->counted();
  const bool last = (completion.flags & IORING_CQE_F_MORE) == 0;
  if (last) --operations_;
  guarded([&] { target->on_completion(operation, completion); });
  if (last) counted.release();
}

void UringLoop::cancel_all() {
  io_uring_sqe* sqe = ring_.entry();
  io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
  io_uring_sqe_set_data64(sqe, ignored_tag);
  ended_ = true;  // completions start nothing new
  for (int round = 0; round < cancel_rounds_max && (operations_ > 0 || wake_watched_); ++round) {
    ring_.submit_and_wait(1, cancel_round_us);
    ring_.for_each_completion([this](const io_uring_cqe& completion) { dispatch(completion); });
  }
}

std::unique_ptr<Stream> UringLoop::adopt(AcceptedSocket socket, StreamHandler& handler) {
  return make_stream(
      LocalPtr<StreamCore>(new UringStream(*this, FileDescriptor(socket.fd), handler)));
}

std::unique_ptr<Listener> UringLoop::listen(int listening_fd, AcceptHandler& handler) {
  return listen_on_ring(*this, listening_fd, handler);
}

LocalPtr<PendingConnect> UringLoop::start_connect(FileDescriptor socket, const SocketAddress& to,
                                                  LocalPtr<ConnectAttempt> attempt) {
  return connect_on_ring(*this, std::move(socket), to, std::move(attempt));
}

}  // namespace respawn::net

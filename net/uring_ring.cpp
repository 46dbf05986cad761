#include "net/uring_ring.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/check.hpp"
#include "net/socket.hpp"

namespace respawn::net {
namespace {

/// Small on purpose: entries are used round and round, and these stay in the cache. A full queue is
/// submitted early.
constexpr unsigned submission_entries = 256;
constexpr unsigned completion_entries = 4096;

constexpr unsigned buffer_count_first = 8;
constexpr unsigned buffer_count = 256;  // at most
constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr std::size_t buffers_bytes = buffer_count * buffer_bytes;
constexpr std::size_t buffer_ring_bytes = buffer_count * sizeof(io_uring_buf);

// Of linux/io_uring.h; the one of Debian 12 is older.
constexpr unsigned feature_min_timeout = 1U << 15;

struct WaitArguments {
  std::uint64_t signal_mask;
  std::uint32_t signal_mask_bytes;
  std::uint32_t min_wait_us;
  std::uint64_t timeout;
};

__kernel_timespec to_timespec(std::int64_t us) {
  return {.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1000};
}

void* map_memory(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

UringRing::~UringRing() {
  if (open_) io_uring_queue_exit(&ring_);
  if (buffer_ring_ != nullptr) munmap(buffer_ring_, buffer_ring_bytes);
  if (buffers_ != nullptr) munmap(buffers_, buffers_bytes);
}

int UringRing::open() {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
                     IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  parameters.cq_entries = completion_entries;
  if (const int status = io_uring_queue_init_params(submission_entries, &ring_, &parameters);
      status < 0)
    return -status;
  open_ = true;
  // Waiting with a timeout in one call, and completions that are kept when the queue is full.
  constexpr unsigned needed = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL;
  if ((ring_.features & needed) != needed) return ENOSYS;
  can_linger_ = (ring_.features & feature_min_timeout) != 0;
  return open_buffers();
}

int UringRing::open_buffers() {
  buffer_ring_ = static_cast<io_uring_buf_ring*>(map_memory(buffer_ring_bytes));
  buffers_ = static_cast<char*>(map_memory(buffers_bytes));
  if (buffer_ring_ == nullptr || buffers_ == nullptr) return ENOMEM;
  io_uring_buf_ring_init(buffer_ring_);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffer_ring_);
  registration.ring_entries = buffer_count;
  registration.bgid = buffer_group;
  if (const int status = io_uring_register_buf_ring(&ring_, &registration, 0); status < 0)
    return -status;
  provide_more();
  return 0;
}

void UringRing::provide_more() {
  const unsigned wanted = std::clamp(2 * provided_, buffer_count_first, buffer_count);
  for (; provided_ < wanted; ++provided_) add_buffer(static_cast<std::uint16_t>(provided_));
}

void UringRing::add_buffer(std::uint16_t id) {
  io_uring_buf_ring_add(buffer_ring_, buffers_ + std::size_t{id} * buffer_bytes, buffer_bytes, id,
                        io_uring_buf_ring_mask(buffer_count), 0);
  io_uring_buf_ring_advance(buffer_ring_, 1);
}

void UringRing::release_pages() {
  // Only a hint: it is fine when it fails.
  static_cast<void>(madvise(buffers_, std::size_t{provided_} * buffer_bytes, MADV_DONTNEED));
}

int UringRing::enable() {
  // liburing 2.3 forgot to export its function for this.
  if (syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) < 0)
    return errno;
  ring_.flags &= ~IORING_SETUP_R_DISABLED;
  // Saves the lookup of the descriptor; may fail.
  registered_ = io_uring_register_ring_fd(&ring_) == 1;
  return 0;
}

io_uring_sqe* UringRing::entry() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (sqe == nullptr) {
    const int status = io_uring_submit(&ring_);
    // EBUSY: completions wait to be taken. Asking for them makes room.
    if (status == -EBUSY || status == -EAGAIN) io_uring_get_events(&ring_);
    RESPAWN_CHECK(status >= 0 || status == -EBUSY || status == -EAGAIN || status == -EINTR);
    sqe = io_uring_get_sqe(&ring_);
  }
  return sqe;
}

void UringRing::submit_and_wait(unsigned completions, std::int64_t timeout_us) {
  if (completions == 0) return submit_and_settle();
  __kernel_timespec timeout = to_timespec(timeout_us);
  io_uring_cqe* first = nullptr;
  // Failures (EINTR, ETIME, EBUSY, EAGAIN) only mean that there may be nothing: the turn goes on.
  io_uring_submit_and_wait_timeout(&ring_, &first, completions, timeout_us < 0 ? nullptr : &timeout,
                                   nullptr);
}

/// Makes what entry() gave out visible to the kernel, as liburing's own submit functions do.
/// Returns how many the kernel has not taken.
unsigned UringRing::publish_entries() {
  io_uring_sq& queue = ring_.sq;
  unsigned tail = *queue.ktail;
  for (; queue.sqe_head != queue.sqe_tail; ++queue.sqe_head, ++tail) {
    // Since version 2.6 liburing has no such indexes where the kernel can do without.
    if (queue.array != nullptr)
      queue.array[tail & queue.ring_mask] = queue.sqe_head & queue.ring_mask;
  }
  io_uring_smp_store_release(queue.ktail, tail);
  return tail - *queue.khead;
}

void UringRing::submit_and_linger(unsigned completions, std::uint32_t patience_us,
                                  std::int64_t timeout_us) {
  // liburing has no call for min_wait_us before its version 2.8.
  __kernel_timespec timeout = to_timespec(timeout_us);
  const std::uint64_t timeout_address =
      timeout_us < 0 ? 0 : reinterpret_cast<std::uintptr_t>(&timeout);
  const WaitArguments arguments{0, 0, patience_us, timeout_address};
  const unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG |
                         (registered_ ? IORING_ENTER_REGISTERED_RING : 0U);
  // Failures mean what they do in submit_and_wait().
  syscall(SYS_io_uring_enter, ring_.enter_ring_fd, publish_entries(), completions, flags,
          &arguments, sizeof arguments);
}

void UringRing::submit_and_settle() {
  io_uring_submit_and_get_events(&ring_);
}

std::string_view UringRing::received(const io_uring_cqe& completion) const {
  const std::size_t id = completion.flags >> IORING_CQE_BUFFER_SHIFT;
  return {buffers_ + id * buffer_bytes, static_cast<std::size_t>(completion.res)};
}

void UringRing::recycle(const io_uring_cqe& completion) {
  if ((completion.flags & IORING_CQE_F_BUFFER) == 0) return;
  add_buffer(static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT));
}

namespace {

/// Where to look for who refused it.
const char* hint(int error) {
  switch (error) {
    case EPERM:
    case EACCES:
      return " (forbidden by a seccomp filter, or by kernel.io_uring_disabled)";
    case ENOMEM:
      return " (the limit of locked memory, ulimit -l, may be too low)";
    case ENOSYS:
    case EINVAL:
      return " (this kernel has none, or an older one)";
    case EMFILE:
    case ENFILE:
      return " (the limit of open files, ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

Status UringRing::probe() {
  const auto refused = [](const char* what, int error) {
    return failure(std::string("io_uring is not available: ") + what + ": " +
                   std::generic_category().message(error) + hint(error));
  };
  UringRing ring;
  if (const int error = ring.open(); error != 0) return refused("setup", error);
  if (const int error = ring.enable(); error != 0) return refused("enable", error);
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return refused("socketpair", errno);
  const FileDescriptor near(pair[0]);
  const FileDescriptor far(pair[1]);
  io_uring_sqe* sqe = ring.entry();
  io_uring_prep_recv_multishot(sqe, near.get(), nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = buffer_group;
  io_uring_sqe_set_data64(sqe, 1);
  sqe = ring.entry();
  io_uring_prep_send(sqe, far.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  io_uring_sqe_set_data64(sqe, 2);
  bool sent = false;
  bool received = false;
  int error = 0;
  constexpr std::int64_t patience_us = 100'000;
  for (int round = 0; round < 10 && error == 0 && !(sent && received); ++round) {
    ring.submit_and_wait(1, patience_us);
    ring.for_each_completion([&](const io_uring_cqe& completion) {
      if (completion.res < 0) error = -completion.res;
      if (completion.user_data == 2) sent = completion.res == 1;
      if (completion.user_data == 1)
        received = completion.res == 1 && (completion.flags & IORING_CQE_F_MORE) != 0;
    });
  }
  if (!sent || !received) return refused("multishot receive", error == 0 ? ENOSYS : error);
  return success();
}

}  // namespace respawn::net

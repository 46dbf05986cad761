// The event loop over io_uring: multishot accept and receive, one system call per turn.
#pragma once

#include "net/coalescer.hpp"
#include "net/socket_loop.hpp"
#include "net/uring_ring.hpp"

namespace respawn::net {

/// What kind of operation completed; stored in the low bits of the completion's user data.
enum class UringOperation : std::uint8_t { none, receive, send, accept, poll, connect };

/// Whoever starts operations. Owner: counted; every operation under way holds a reference, taken by
/// UringLoop::prepare() and given back after its last completion.
class UringTarget {
 public:
  virtual ~UringTarget() = default;
  virtual void on_completion(UringOperation operation, const io_uring_cqe& completion) = 0;
  [[nodiscard]] virtual LocalCounted& counted() = 0;
};

/// A wait that follows sends returns with their completions, so a turn that sends costs two system
/// calls; not when it coalesces, then it waits for those and the receives it wants.
class UringLoop final : public SocketLoop {
 public:
  /// A loop, or why io_uring cannot be used here.
  static Result<std::unique_ptr<EventLoop>> make(caf::actor_system& system);

  explicit UringLoop(caf::actor_system& system);
  ~UringLoop() override;

  std::unique_ptr<Stream> adopt(AcceptedSocket socket, StreamHandler& handler) override;
  std::unique_ptr<Listener> listen(int listening_fd, AcceptHandler& handler) override;
  LocalPtr<PendingConnect> start_connect(FileDescriptor socket, const SocketAddress& to,
                                         LocalPtr<ConnectAttempt> attempt) override;

  [[nodiscard]] const char* backend_name() const override { return "io_uring"; }

  void coalesce(std::uint32_t patience_us) override { patience_us_ = patience_us; }

  /// For targets: a submission whose completions go to `target`; the caller fills it in with
  /// `prepare_entry(sqe)`.
  template <class PrepareEntry>
  void prepare(UringTarget& target, UringOperation operation, PrepareEntry&& prepare_entry) {
    io_uring_sqe* sqe = ring_.entry();
    prepare_entry(sqe);
    io_uring_sqe_set_data64(sqe, tagged(target, operation));
    target.counted().retain();
    ++operations_;
    if (operation == UringOperation::send) ++sends_;
  }

  /// With so few streams to flush, a call for each costs less than the ring does, and what they
  /// send is under way sooner.
  [[nodiscard]] bool sends_directly() const {
    const std::size_t streams = flushing_streams();
    return streams > 0 && streams <= direct_sends_max;
  }

  void note_receive(Coalescer::Mark& mark) { coalescer_.note_receive(mark); }

  /// Cancels an operation of `target`; its last completion still comes.
  void cancel_operation(UringTarget& target, UringOperation operation);

  [[nodiscard]] UringRing& ring() { return ring_; }

  /// False once the loop has run: nothing can be submitted any more.
  [[nodiscard]] bool usable() const { return !ended_; }

 protected:
  void poll(std::int64_t timeout_us) override;
  void begin_run() override;
  void end_run() override;

  [[nodiscard]] int accept_flags() const override { return SOCK_CLOEXEC; }

  void release_memory() override { ring_.release_pages(); }

 private:
  static constexpr std::size_t direct_sends_max = 2;

  static std::uint64_t tagged(UringTarget& target, UringOperation operation);
  void watch_wake_fd();
  [[nodiscard]] std::uint32_t patience_until(std::int64_t timeout_us) const;
  void dispatch(const io_uring_cqe& completion);
  void cancel_all();

  UringRing ring_;
  Coalescer coalescer_;
  std::uint32_t patience_us_ = 0;
  unsigned sends_ = 0;          // prepared in this turn
  std::uint64_t wakes_ = 0;     // what the kernel reads from the wake descriptor
  std::size_t operations_ = 0;  // under way, without the one on the wake descriptor
  bool wake_watched_ = false;
  bool enabled_ = false;
  bool ended_ = false;
};

}  // namespace respawn::net

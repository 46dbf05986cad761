// A loop over sockets of the operating system: how it is woken and how it connects.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "net/loop_core.hpp"
#include "net/socket.hpp"

namespace respawn::net {

class ConnectAttempt;

/// A connect() under way in the kernel. Owner: its ConnectAttempt and the back end.
class PendingConnect : public LocalCounted {
 public:
  /// No ConnectAttempt::connected() follows; the socket is closed as soon as that is safe.
  virtual void give_up() = 0;
};

/// Lets another thread post to a loop that may be gone by then. Thread-safe.
class LoopGate {
 public:
  explicit LoopGate(LoopCore& loop) : loop_(&loop) {}

  void close();
  /// Drops the function when the loop is gone.
  void post(std::function<void()> function);

 private:
  std::mutex mutex_;
  LoopCore* loop_;  // guarded by mutex_
};

class SocketLoop : public LoopCore {
 public:
  explicit SocketLoop(caf::actor_system& system);

  void run() final;
  void stop() final;
  std::unique_ptr<Connecting> connect(const Address& address, ConnectHandler& handler,
                                      StreamHandler& stream_handler) final;
  std::vector<AcceptedSocket> accept_waiting(int listening_fd) final;

  /// Starts connecting `socket`; the answer, ConnectAttempt::connected(), comes later, never from
  /// inside this call.
  virtual LocalPtr<PendingConnect> start_connect(FileDescriptor socket, const SocketAddress& to,
                                                 LocalPtr<ConnectAttempt> attempt) = 0;

  [[nodiscard]] const std::shared_ptr<LoopGate>& gate() const { return gate_; }

 protected:
  void wake() final;

  /// Around the turns of run(), on its thread.
  virtual void begin_run() {}

  virtual void end_run() {}

  /// What accept4() has to make of a socket that this back end adopts.
  [[nodiscard]] virtual int accept_flags() const = 0;

  /// For destructors of back ends, instead of shut_down().
  void shut_down_sockets();

  [[nodiscard]] int wake_fd() const { return wake_fd_.get(); }

 private:
  SystemClock system_clock_;
  FileDescriptor wake_fd_;
  std::atomic<bool> stopping_{false};
  std::shared_ptr<LoopGate> gate_;
};

}  // namespace respawn::net

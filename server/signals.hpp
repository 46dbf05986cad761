// Signals as calls: a thread waits for them, so that no handler interrupts anything.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace respawn::server {

/// Owner: main. Construct before any other thread is started, so that all inherit the blocked mask.
/// The callback runs on the signal thread.
class SignalWatcher {
 public:
  explicit SignalWatcher(std::function<void(int)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void watch();

  std::function<void(int)> on_signal_;
  sigset_t signals_{};
  std::thread thread_;
};

}  // namespace respawn::server

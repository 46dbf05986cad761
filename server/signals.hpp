// Signals as calls: a thread waits for them, so that no handler interrupts anything.
#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace respawn::server {

/// Keeps the signals that SignalWatcher waits for from interrupting any thread. Call before any
/// thread is started, so that all inherit it; what arrives until there is a watcher stays pending.
void block_signals();

/// Names the calling thread, for whoever looks at the process from outside; at most 15 bytes.
void name_thread(const std::string& name);

/// Owner: main. The callback runs on the signal thread; what it uses must outlive this.
class SignalWatcher {
 public:
  explicit SignalWatcher(std::function<void(int)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void watch();

  std::function<void(int)> on_signal_;
  std::thread thread_;
};

}  // namespace respawn::server

#include "server/signals.hpp"

#include <pthread.h>

namespace respawn::server {

namespace {

constexpr int stop_signal = SIGUSR2;

}  // namespace

SignalWatcher::SignalWatcher(std::function<void(int)> on_signal)
    : on_signal_(std::move(on_signal)) {
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, stop_signal}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread([this] { watch(); });
}

SignalWatcher::~SignalWatcher() {
  pthread_kill(thread_.native_handle(), stop_signal);
  thread_.join();
}

void SignalWatcher::watch() {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0) continue;
    if (signal == stop_signal) return;
    on_signal_(signal);
  }
}

}  // namespace respawn::server

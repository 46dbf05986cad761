#include "server/signals.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include "server/crash_report.hpp"

namespace respawn::server {

namespace {

constexpr int stop_signal = SIGUSR2;

sigset_t watched_signals() {
  sigset_t signals{};
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP, stop_signal}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

void block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // past a limit of file size a write fails; that is enough
  const sigset_t signals = watched_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void name_thread(const std::string& name) {
  ::prctl(PR_SET_NAME, name.c_str());
}

SignalWatcher::SignalWatcher(std::function<void(int)> on_signal)
    : on_signal_(std::move(on_signal)), thread_([this] { watch(); }) {}

SignalWatcher::~SignalWatcher() {
  pthread_kill(thread_.native_handle(), stop_signal);
  thread_.join();
}

void SignalWatcher::watch() {
  const AlternateStack stack;
  name_thread("signals");
  const sigset_t signals = watched_signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal == stop_signal) return;
    on_signal_(signal);
  }
}

}  // namespace respawn::server

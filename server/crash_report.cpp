#include "server/crash_report.hpp"

#include <execinfo.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>

#include "engine/run/command_begun.hpp"
#include "engine/run/version.hpp"

namespace respawn::server {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

constexpr int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/// A report that waits for what the crashed thread holds is given up.
constexpr unsigned report_s_max = 5;

constexpr int frames_max = 100;

std::atomic<int> report_descriptor{STDERR_FILENO};
std::atomic<pid_t> reporting_thread{0};
std::atomic<int> fatal_signal{0};

static_assert(std::atomic<int>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

// From here on, what a signal handler calls: nothing that allocates or takes a lock.

/// A line, put together and written without the help of a library.
class Line {
 public:
  ~Line() {
    add("\n");
    // There is nobody to tell of a failure.
    const ssize_t ignored = ::write(report_descriptor.load(), text_.data(), length_);
    static_cast<void>(ignored);
  }

  Line& add(std::string_view text) {
    const std::size_t fits = std::min(text.size(), text_.size() - length_);
    std::memcpy(text_.data() + length_, text.data(), fits);
    length_ += fits;
    return *this;
  }

  Line& add(std::int64_t number) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  Line& add_address(const void* address) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   reinterpret_cast<std::uintptr_t>(address), 16)
                         .ptr;
    return add("0x").add({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

 private:
  std::array<char, 512> text_;
  std::size_t length_ = 0;
};

/// Where the thread was.
const void* instruction(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return reinterpret_cast<const void*>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return reinterpret_cast<const void*>(machine.pc);
#else
  static_cast<void>(machine);
  return nullptr;
#endif
}

/// Whether a process sent it; else the thread did something that the processor refused.
bool was_sent(const siginfo_t& info) {
  return info.si_code <= 0;
}

void write_report(int signal, const siginfo_t& info, const void* context) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::array<char, 16> thread_name{};
  ::prctl(PR_GET_NAME, thread_name.data());
  Line().add("=== CRASH REPORT: please send all of it, up to its end ===");
  Line()
      .add("Respawn ")
      .add(engine::respawn_version)
      .add(" (compatible with Redis ")
      .add(engine::redis_version)
      .add(") crashed by signal: ")
      .add(signal)
      .add(" (SIG")
      .add(::sigabbrev_np(signal))
      .add("), code: ")
      .add(info.si_code);
  if (was_sent(info))
    Line().add("Sent by process: ").add(info.si_pid).add(", user: ").add(info.si_uid);
  else
    Line().add("Accessing address: ").add_address(info.si_addr);
  Line()
      .add("Process: ")
      .add(::getpid())
      .add(", thread: ")
      .add(::gettid())
      .add(" (")
      .add(thread_name.data())
      .add("), seconds since 1970: ")
      .add(now.tv_sec)
      .add(", instruction: ")
      .add_address(instruction(context));
  const engine::CommandSpec* command = engine::command_begun.load(std::memory_order_relaxed);
  Line().add("Last command begun: ").add(command != nullptr ? command->name : "none");
  Line().add("STACK TRACE:");
  std::array<void*, frames_max> frames;
  const int depth = ::backtrace(frames.data(), frames_max);
  ::backtrace_symbols_fd(frames.data(), depth, report_descriptor.load());
  Line().add("=== END OF CRASH REPORT ===");
}

/// The signal is blocked while its handler runs: it ends the process as soon as that returns.
void end_as_without_handler(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void on_fatal_signal(int signal, siginfo_t* info, void* context) {
  pid_t nobody = 0;
  if (reporting_thread.compare_exchange_strong(nobody, ::gettid())) {
    fatal_signal.store(signal);
    ::alarm(report_s_max);
    write_report(signal, *info, context);
  } else if (nobody != ::gettid()) {
    for (;;) ::pause();  // the first thread ends the process
  }
  end_as_without_handler(signal);
}

void on_report_overdue(int) {
  const int signal = fatal_signal.load();
  if (signal == 0) return;
  end_as_without_handler(signal);
  sigset_t only{};
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};

  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void report_crashes_to(int descriptor) {
  if (sanitized) return;
  // The first call loads a library, which allocates.
  void* frame = nullptr;
  ::backtrace(&frame, 1);
  report_descriptor.store(descriptor);
  std::signal(SIGALRM, on_report_overdue);
  for (const int signal : fatal_signals) handle(signal, on_fatal_signal);
}

void stop_reporting_crashes() {
  if (sanitized) return;
  for (const int signal : fatal_signals) std::signal(signal, SIG_DFL);
}

AlternateStack::AlternateStack() {
  if (sanitized) return;
  constexpr std::size_t wanted_bytes = 128 * 1024;
  void* memory = ::mmap(nullptr, wanted_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = wanted_bytes};
  if (::sigaltstack(&stack, nullptr) != 0) {
    ::munmap(memory, wanted_bytes);
    return;
  }
  memory_ = memory;
  bytes_ = wanted_bytes;
}

AlternateStack::~AlternateStack() {
  if (memory_ == nullptr) return;
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  ::sigaltstack(&none, nullptr);
  ::munmap(memory_, bytes_);
}

}  // namespace respawn::server

// Support for the tests of net/: a loop on a thread of its own, blocking client sockets, handlers
// that record.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "net/event_loop.hpp"
#include "net/socket.hpp"

namespace respawn::net {

/// Longer than anything takes, also under a sanitizer on a busy machine.
inline constexpr auto patience = std::chrono::seconds(30);
inline constexpr int patience_ms = 30'000;

struct SystemConfig : caf::actor_system_config {
  SystemConfig() { set("scheduler.max-threads", 1); }
};

/// A loop that runs on its own thread until the end of the scope.
class LoopThread {
 public:
  explicit LoopThread(std::unique_ptr<EventLoop> loop)
      : loop_(std::move(loop)), thread_([this] { loop_->run(); }) {}

  ~LoopThread() {
    loop_->stop();
    thread_.join();
  }

  EventLoop& operator*() { return *loop_; }

  EventLoop* operator->() { return loop_.get(); }

  /// Runs `function` on the loop and waits for its result.
  template <class Function>
  auto on_loop(Function function) {
    std::promise<decltype(function())> promise;
    auto result = promise.get_future();
    loop_->post([&] {
      try {
        if constexpr (std::is_void_v<decltype(function())>) {
          function();
          promise.set_value();
        } else {
          promise.set_value(function());
        }
      } catch (...) {
        promise.set_exception(std::current_exception());
      }
    });
    return result.get();
  }

  /// Waits until `condition`, asked on the loop, holds.
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!on_loop(condition)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  std::unique_ptr<EventLoop> loop_;
  std::thread thread_;
};

/// Tests that hold for every back end over real sockets.
class LoopTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    auto made = make_event_loop(system_, GetParam());
    if (!made && GetParam() == Backend::io_uring) GTEST_SKIP() << made.error();
    ASSERT_TRUE(made.ok()) << made.error();
    loop_ = std::make_unique<LoopThread>(std::move(made).value());
  }

  /// A second loop of the same kind.
  std::unique_ptr<LoopThread> another_loop() {
    return std::make_unique<LoopThread>(make_event_loop(system_, GetParam()).value());
  }

  LoopThread& loop() { return *loop_; }

  SystemConfig config_;
  caf::actor_system system_{config_};
  std::unique_ptr<LoopThread> loop_;
};

inline std::string backend_label(const testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::epoll ? "epoll" : "io_uring";
}

#define RESPAWN_FOR_BACKENDS(suite)                                                     \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(Backend::epoll, Backend::io_uring), \
                           backend_label)

/// A blocking socket of the test, with a time limit on everything.
class Client {
 public:
  explicit Client(FileDescriptor fd) : fd_(std::move(fd)) {}

  static Client connect_to(const std::string& host, std::uint16_t port) {
    const auto addresses = resolve(host, port);
    FileDescriptor fd(socket(addresses.value().front().family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress& to = addresses.value().front();
    EXPECT_EQ(::connect(fd.get(), to.get(), to.length), 0) << strerror(errno);
    return Client(std::move(fd));
  }

  [[nodiscard]] int fd() const { return fd_.get(); }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t taken = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(taken, 0) << strerror(errno);
      bytes.remove_prefix(static_cast<std::size_t>(taken));
    }
  }

  /// Exactly `bytes`, or what came before the end or the time limit.
  [[nodiscard]] std::string read(std::size_t bytes) const {
    std::string text(bytes, '\0');
    std::size_t filled = 0;
    while (filled < bytes) {
      const ssize_t received = read_some(text.data() + filled, bytes - filled);
      if (received <= 0) break;
      filled += static_cast<std::size_t>(received);
    }
    text.resize(filled);
    return text;
  }

  /// Waits for the end of the stream: 0, or the errno it ended with; -1 when bytes came or nothing.
  [[nodiscard]] int read_end() const {
    char byte = 0;
    const ssize_t received = read_some(&byte, 1);
    if (received > 0) return -1;
    return received == 0 ? 0 : errno;
  }

  void finish_sending() const { ::shutdown(fd(), SHUT_WR); }

  void close() { fd_.reset(); }

 private:
  ssize_t read_some(char* data, std::size_t bytes) const {
    pollfd readable{fd(), POLLIN, 0};
    if (::poll(&readable, 1, patience_ms) != 1) {
      errno = ETIMEDOUT;
      return -1;
    }
    return ::recv(fd(), data, bytes, 0);
  }

  FileDescriptor fd_;
};

/// Two connected sockets: one for the loop to adopt, one for the test.
struct SocketPair {
  AcceptedSocket socket;
  Client client;

  static SocketPair make() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return {{fds[0]}, Client(FileDescriptor(fds[1]))};
  }
};

inline Buffer buffer_of(std::string_view text) {
  Buffer buffer;
  buffer.append(text);
  return buffer;
}

/// Keeps what it is told. Lives and is asked on the loop's thread.
class Recorder : public StreamHandler {
 public:
  std::span<char> receive_space(std::size_t bytes) override {
    space_.resize(bytes);
    return space_;
  }

  void on_received(std::size_t bytes) override {
    received.append(space_.data(), bytes);
    if (received_hook) received_hook();
  }

  void on_receive_end(int error) override {
    ++ends;
    end_error = error;
    if (end_hook) end_hook();
  }

  void on_sent() override {
    ++sent;
    if (sent_hook) sent_hook();
  }

  void on_send_error(int error) override {
    ++send_errors;
    send_error = error;
  }

  std::string received;
  int ends = 0;
  int end_error = 0;
  int sent = 0;
  int send_errors = 0;
  int send_error = 0;
  std::function<void()> received_hook;
  std::function<void()> end_hook;
  std::function<void()> sent_hook;

 private:
  std::string space_;
};

/// A stream with its recorder, made and destroyed on the loop's thread.
class RecordedStream {
 public:
  RecordedStream(LoopThread& loop, AcceptedSocket socket) : loop_(loop) {
    loop_.on_loop([&] { stream_ = loop_->adopt(socket, recorder_); });
  }

  ~RecordedStream() {
    loop_.on_loop([this] { stream_.reset(); });
  }

  Recorder& recorder() { return recorder_; }

  std::unique_ptr<Stream>& stream() { return stream_; }

 private:
  LoopThread& loop_;
  Recorder recorder_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace respawn::net

// What the stress tests share: clients that come back, threads that run until told to stop, scale.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::stress {

using support::Milliseconds;
using support::Reply;
using support::RespClient;
using support::wait_until;

/// `usual`, or `in_full` with ./test --long.
template <class T>
T scaled(T usual, T in_full) {
  return std::getenv("RESPAWN_LONG") != nullptr ? in_full : usual;
}

/// A number from the environment, or `otherwise`.
inline int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// A client that connects again when its connection went away. Owner: one thread.
class Comeback {
 public:
  explicit Comeback(std::uint16_t port) : port_(port) {}

  /// The reply, or none when the connection was lost on the way: then the command may have been
  /// carried out or not.
  std::optional<Reply> command(const std::vector<std::string>& words) {
    if (!send(words)) return std::nullopt;
    return read();
  }

  /// False when the connection was lost: then the command was not carried out, or its reply is
  /// lost.
  bool send(const std::vector<std::string>& words) {
    return attempt([&] { client_->send(words); });
  }

  std::optional<Reply> read() {
    std::optional<Reply> reply;
    attempt([&] { reply = client_->read(); });
    return reply;
  }

  /// Connected, for the first time or again. False when nobody listens now.
  bool connect() {
    return client_ || attempt([&] { client_.emplace(port_); });
  }

  /// As one does who dies: without a word, and whatever it still waits for.
  void drop() { client_.reset(); }

  [[nodiscard]] bool connected() const { return client_.has_value(); }

  [[nodiscard]] int losses() const { return losses_; }

 private:
  template <class Action>
  bool attempt(Action action) {
    try {
      if (!client_) client_.emplace(port_);
      action();
      return true;
    } catch (const std::runtime_error&) {
      if (client_) ++losses_;
      client_.reset();
      return false;
    }
  }

  std::uint16_t port_;
  std::optional<RespClient> client_;
  int losses_ = 0;
};

/// Threads that each run a loop until stop(). An exception in one ends that one and fails the test.
class Crew {
 public:
  ~Crew() { stop(); }

  /// Runs `turn` again and again.
  void add(std::function<void()> turn) {
    threads_.emplace_back([this, turn = std::move(turn)] {
      try {
        while (!stopping_) turn();
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }

  void stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace respawn::stress

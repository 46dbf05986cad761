// What the loads of the scripts share: connections to a server on this machine, and its processor
// time. One thread; errors are exceptions, which end the program.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/numbers.hpp"

namespace respawn::bench {

[[noreturn]] inline void fail(const std::string& what) {
  throw std::runtime_error(what);
}

/// User and system time of all threads, from the scheduler.
inline double processor_us(int pid) {
  std::uint64_t sum_ns = 0;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::uint64_t ns = 0;
    std::ifstream(task.path() / "schedstat") >> ns;
    sum_ns += ns;
  }
  return static_cast<double>(sum_ns) / 1000;
}

/// A connection whose replies are read one at a time: none is larger than the buffer.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      fail("cannot connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  ~Connection() { ::close(fd_); }

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int descriptor() const { return fd_; }

  void send(const std::string& request) const {
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      fail("cannot send");
  }

  /// Waits for one.
  [[nodiscard]] std::string reply() const {
    char bytes[8192];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size <= 0) fail("the server closed a connection");
    return {bytes, static_cast<std::size_t>(size)};
  }

 private:
  int fd_;
};

/// Where the readable connections are, by the numbers that they were given.
class Poll {
 public:
  Poll() : fd_(::epoll_create1(0)) {}

  ~Poll() { ::close(fd_); }

  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  void add(const Connection& connection, std::size_t number) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = number;
    if (::epoll_ctl(fd_, EPOLL_CTL_ADD, connection.descriptor(), &event) != 0) fail("epoll_ctl");
  }

  template <class Action>
  void wait(Action action) const {
    epoll_event events[64];
    const int count = ::epoll_wait(fd_, events, std::size(events), 10'000);
    if (count <= 0) fail("nothing came for ten seconds");
    for (int i = 0; i < count; ++i) action(static_cast<std::size_t>(events[i].data.u64));
  }

 private:
  int fd_;
};

/// An argument of a load; fails unless it is a positive number.
inline std::size_t positive_number(const char* argument) {
  const auto value = parse_uint64(argument);
  if (!value || *value == 0) fail(std::string("not a positive number: ") + argument);
  return static_cast<std::size_t>(*value);
}

/// What main() returns: 0 when `run(arguments)` comes back, 1 with its message when it throws.
/// `usage` names the arguments, all of which must be there; where it ends with "...]" the last one
/// may be there several times, or not at all.
inline int run_load(std::span<char*> arguments, std::string_view usage,
                    void (*run)(std::span<char*>)) {
  try {
    const auto wanted = static_cast<std::size_t>(std::ranges::count(usage, ' ')) + 1;
    const bool open = usage.ends_with("...]");
    if (open ? arguments.size() + 1 < wanted : arguments.size() != wanted)
      fail("arguments: " + std::string(usage));
    run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace respawn::bench

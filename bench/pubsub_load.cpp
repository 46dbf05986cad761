// The clients of bench/pubsub: one that publishes, and many that count the bytes they are sent.
//
//   bench_pubsub_load PORT SUBSCRIBERS MESSAGES BYTES WINDOW
//
// Subscribes all, prints "ready", waits for a line, publishes, and prints the seconds from the
// first PUBLISH until every subscriber has every byte. WINDOW messages at most wait for the reply
// to their PUBLISH; with 0 the next message is published when all have the one before. One thread
// with epoll, which looks at nothing but lengths: it must not be what is measured.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace respawn::bench {
namespace {

constexpr std::string_view channel = "news";

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string array(std::span<const std::string_view> words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) text += bulk(word);
  return text;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("connect");
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(fd, bytes.data(), bytes.size());
    if (taken <= 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
}

/// As many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

struct Plan {
  std::uint16_t port = 0;
  std::size_t subscribers = 0;
  std::size_t messages = 0;
  std::size_t bytes = 0;   // of a message
  std::size_t window = 0;  // 0: in step with the subscribers
};

class Load {
 public:
  explicit Load(const Plan& plan) : plan_(plan), poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (poll_ < 0) fail("epoll_create1");
    const std::string payload(plan.bytes, 'x');
    request_ = array(std::array<std::string_view, 3>{"PUBLISH", channel, payload});
    message_bytes_ = array(std::array<std::string_view, 3>{"message", channel, payload}).size();
    for (std::size_t i = 0; i < plan.subscribers; ++i) subscribe();
    publisher_ = connect_to(plan.port);
    watch(publisher_);
  }

  /// Seconds.
  double run() {
    const auto start = std::chrono::steady_clock::now();
    publish();
    while (received_ < plan_.subscribers * plan_.messages * message_bytes_ ||
           answered_ < plan_.messages)
      take_events();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  void subscribe() const {
    const int fd = connect_to(plan_.port);
    write_all(fd, array(std::array<std::string_view, 2>{"SUBSCRIBE", channel}));
    const std::string expected =
        array(std::array<std::string_view, 2>{"subscribe", channel}).replace(1, 1, "3") + ":1\r\n";
    std::string reply(expected.size(), '\0');
    if (::recv(fd, reply.data(), reply.size(), MSG_WAITALL) != std::ssize(reply) ||
        reply != expected)
      fail("SUBSCRIBE");
    watch(fd);
  }

  /// As many as there is room for in the window.
  void publish() {
    const std::size_t complete = plan_.window > 0
                                     ? answered_ + plan_.window
                                     : received_ / (plan_.subscribers * message_bytes_) + 1;
    const std::size_t end = std::min(complete, plan_.messages);
    std::string requests;
    for (; published_ < end; ++published_) requests += request_;
    write_all(publisher_, requests);
  }

  void take_events() {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 10'000);
    if (count == 0) {
      std::fprintf(stderr, "nothing came for 10 s; %zu bytes are missing\n",
                   plan_.subscribers * plan_.messages * message_bytes_ - received_);
      std::exit(1);
    }
    for (int i = 0; i < count; ++i) take(events[static_cast<std::size_t>(i)].data.fd);
    publish();
  }

  void take(int fd) {
    const ssize_t received = ::recv(fd, scratch_.data(), scratch_.size(), 0);
    if (received <= 0) fail("recv");
    const auto bytes = static_cast<std::size_t>(received);
    if (fd == publisher_)
      answered_ +=
          static_cast<std::size_t>(std::count(scratch_.data(), scratch_.data() + bytes, '\n'));
    else
      received_ += bytes;
  }

  Plan plan_;
  int poll_;
  int publisher_ = -1;
  std::string request_;
  std::size_t message_bytes_ = 0;  // as a subscriber gets it
  std::size_t published_ = 0;
  std::size_t answered_ = 0;
  std::size_t received_ = 0;  // bytes, by all subscribers
  std::vector<char> scratch_ = std::vector<char>(256 * 1024);
};

int run(std::span<char*> arguments) {
  if (arguments.size() != 6) {
    std::fprintf(stderr, "usage: %s PORT SUBSCRIBERS MESSAGES BYTES WINDOW\n", arguments[0]);
    return 2;
  }
  const auto number = [&](std::size_t at) { return std::strtoul(arguments[at], nullptr, 10); };
  raise_descriptor_limit();
  Load load({static_cast<std::uint16_t>(number(1)), number(2), number(3), number(4), number(5)});
  std::puts("ready");
  std::fflush(stdout);
  if (std::getchar() == EOF) return 1;
  std::printf("%.6f\n", load.run());
  return 0;
}

}  // namespace
}  // namespace respawn::bench

int main(int count, char** arguments) {
  return respawn::bench::run({arguments, static_cast<std::size_t>(count)});
}

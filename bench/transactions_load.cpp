// The load of bench/transactions: clients that send MULTI, ten SETs and EXEC, several at a time.
//
//     bench_transactions_load PORT SERVER_PID CLIENTS DEPTH TRANSACTIONS
//
// DEPTH transactions of a client are under way at a time. Prints one line: transactions per second,
// and the server's processor time per SET in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <exception>
#include <string>
#include <vector>

#include "bench/load_client.hpp"

namespace respawn::bench {
namespace {

constexpr std::size_t commands = 10;

struct Load {
  std::uint16_t port = 0;
  int server_pid = 0;
  std::size_t clients = 0;
  std::size_t depth = 0;
  std::size_t transactions = 0;
};

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string transaction(std::size_t client) {
  std::string text = "*1\r\n$5\r\nMULTI\r\n";
  for (std::size_t i = 0; i < commands; ++i) {
    const std::string key = "key:" + std::to_string(client) + ":" + std::to_string(i);
    text +=
        "*3\r\n$3\r\nSET\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$3\r\nxxx\r\n";
  }
  return text + "*1\r\n$4\r\nEXEC\r\n";
}

class Measurement {
 public:
  explicit Measurement(const Load& load)
      : load_(load),
        expected_(repeated("+OK\r\n" + repeated("+QUEUED\r\n", commands) + "*" +
                               std::to_string(commands) + "\r\n" + repeated("+OK\r\n", commands),
                           load.depth)),
        received_(load.clients) {
    for (std::size_t i = 0; i < load.clients; ++i) {
      clients_.emplace_back(load.port);
      requests_.push_back(repeated(transaction(i), load.depth));
      poll_.add(clients_[i], i);
    }
  }

  void run(std::size_t transactions) {
    std::size_t to_send = std::max<std::size_t>(transactions / load_.depth, load_.clients);
    std::size_t open = to_send;
    for (std::size_t i = 0; i < load_.clients; ++i, --to_send) clients_[i].send(requests_[i]);
    while (open > 0)
      poll_.wait([&](std::size_t client) {
        if (!take(client)) return;
        --open;
        if (to_send == 0) return;
        --to_send;
        clients_[client].send(requests_[client]);
      });
  }

  void measure() {
    run(load_.transactions / 10);  // warms up
    const double before_us = processor_us(load_.server_pid);
    const auto begun = std::chrono::steady_clock::now();
    run(load_.transactions);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    const auto count = static_cast<double>(load_.transactions);
    std::printf("%.0f %.4f\n", count / seconds.count(),
                (processor_us(load_.server_pid) - before_us) / count / commands);
  }

 private:
  /// Whether all replies to what was sent last are here.
  bool take(std::size_t client) {
    std::string& received = received_[client];
    received += clients_[client].reply();
    if (received.size() < expected_.size()) return false;
    if (received != expected_) fail("another reply than expected: " + received.substr(0, 200));
    received.clear();
    return true;
  }

  Load load_;
  std::string expected_;
  std::deque<Connection> clients_;
  std::vector<std::string> requests_;
  std::vector<std::string> received_;
  Poll poll_;
};

void run(std::span<char*> arguments) {
  Measurement({.port = static_cast<std::uint16_t>(positive_number(arguments[0])),
               .server_pid = static_cast<int>(positive_number(arguments[1])),
               .clients = positive_number(arguments[2]),
               .depth = positive_number(arguments[3]),
               .transactions = positive_number(arguments[4])})
      .measure();
}

}  // namespace
}  // namespace respawn::bench

int main(int count, char** arguments) {
  return respawn::bench::run_load(std::span(arguments, static_cast<std::size_t>(count)).subspan(1),
                                  "PORT SERVER_PID CLIENTS DEPTH TRANSACTIONS",
                                  respawn::bench::run);
}

// The load of bench/snapshots: commands at an even pace, and how long the answers took.
//
//     bench_paced_load PORT CLIENTS RATE KEYS MAX_SECONDS [WORD...]
//
// The words are those of a command, or of several in turn with a ";" between them; "{}" in a word
// becomes a number below KEYS, another one each time. Without words it is SET.
//
// RATE is that of all clients together, in commands per second. A client that waits for an answer
// sends what was due meanwhile behind it; its wait counts from when it was due (so that a pause is
// seen by all whom it would have met). Runs until its input ends. Prints one line: commands per
// second, and the waits in ms of the median, 99 %, 99.9 % and the longest.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <deque>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "bench/load_client.hpp"

namespace respawn::bench {
namespace {

using Clock = std::chrono::steady_clock;

using Command = std::vector<std::string>;

std::vector<Command> commands_of(std::span<char*> words) {
  if (words.empty()) return {{"SET", "key:{}", "xxxxxxxxxxxxxxxxxxxx"}};
  std::vector<Command> commands(1);
  for (const std::string_view word : words)
    if (word == ";")
      commands.emplace_back();
    else
      commands.back().emplace_back(word);
  return commands;
}

class Measurement {
 public:
  Measurement(std::uint16_t port, std::size_t clients, std::size_t rate, std::size_t keys,
              std::vector<Command> commands)
      : due_(clients), rate_(rate), keys_(keys), commands_(std::move(commands)) {
    for (std::size_t i = 0; i < clients; ++i) clients_.emplace_back(port);
  }

  void run(std::chrono::seconds longest) {
    begun_ = Clock::now();
    while (!over(longest)) {
      send_what_is_due();
      take_replies();
    }
    report(Clock::now() - begun_);
  }

 private:
  [[nodiscard]] Clock::time_point due(std::size_t number) const {
    return begun_ + std::chrono::nanoseconds(number * 1'000'000'000 / rate_);
  }

  [[nodiscard]] bool over(std::chrono::seconds longest) {
    const auto now = Clock::now();
    if (now - begun_ > longest) return true;
    if (now < look_again_) return false;
    look_again_ = now + std::chrono::milliseconds(10);
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    return ::poll(&input, 1, 0) > 0;
  }

  void send_what_is_due() {
    const auto now = Clock::now();
    for (; due(next_) <= now; ++next_) {
      const std::size_t client = next_ % clients_.size();
      due_[client].push_back(due(next_));
      if (due_[client].size() == 1) send(client);
    }
  }

  void send(std::size_t client) {
    const Command& command = commands_[sent_++ % commands_.size()];
    std::string request = "*" + std::to_string(command.size()) + "\r\n";
    for (std::string word : command) {
      if (const std::size_t at = word.find("{}"); at != std::string::npos)
        word.replace(at, 2, std::to_string(random_.below(keys_)));
      request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    clients_[client].send(request);
  }

  void take_replies() {
    std::vector<pollfd> waiting;
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (due_[i].empty()) continue;
      waiting.push_back({.fd = clients_[i].descriptor(), .events = POLLIN, .revents = 0});
      numbers.push_back(i);
    }
    const auto left = std::max(due(next_) - Clock::now(), Clock::duration::zero());
    const timespec until{.tv_sec = 0,
                         .tv_nsec = std::chrono::nanoseconds(left).count() % 1'000'000'000};
    if (::ppoll(waiting.data(), waiting.size(), &until, nullptr) <= 0) return;
    const auto now = Clock::now();
    for (std::size_t i = 0; i < waiting.size(); ++i)
      if (waiting[i].revents != 0) take_reply(numbers[i], now);
  }

  void take_reply(std::size_t client, Clock::time_point now) {
    if (clients_[client].reply().starts_with('-')) fail("an error was replied");
    waits_ms_.push_back(
        std::chrono::duration<double, std::milli>(now - due_[client].front()).count());
    due_[client].pop_front();
    if (!due_[client].empty()) send(client);
  }

  void report(std::chrono::duration<double> took) {
    if (waits_ms_.empty()) fail("nothing was answered");
    std::sort(waits_ms_.begin(), waits_ms_.end());
    const auto count = static_cast<double>(waits_ms_.size());
    const auto at = [&](double part) {
      return waits_ms_[static_cast<std::size_t>(part * (count - 1))];
    };
    std::printf("%.0f %.3f %.3f %.3f %.3f\n", count / took.count(), at(0.5), at(0.99), at(0.999),
                waits_ms_.back());
  }

  std::deque<Connection> clients_;
  std::vector<std::deque<Clock::time_point>> due_;  // of each client: not answered yet
  std::size_t rate_;
  std::size_t keys_;
  std::vector<Command> commands_;
  std::size_t sent_ = 0;
  Random random_{1};
  std::size_t next_ = 0;  // what is to become due
  Clock::time_point begun_;
  Clock::time_point look_again_;
  std::vector<double> waits_ms_;
};

void run(std::span<char*> arguments) {
  Measurement measurement(static_cast<std::uint16_t>(positive_number(arguments[0])),
                          positive_number(arguments[1]), positive_number(arguments[2]),
                          positive_number(arguments[3]), commands_of(arguments.subspan(5)));
  measurement.run(std::chrono::seconds(positive_number(arguments[4])));
}

}  // namespace
}  // namespace respawn::bench

int main(int count, char** arguments) {
  return respawn::bench::run_load(std::span(arguments, static_cast<std::size_t>(count)).subspan(1),
                                  "PORT CLIENTS RATE KEYS MAX_SECONDS [WORD...]",
                                  respawn::bench::run);
}

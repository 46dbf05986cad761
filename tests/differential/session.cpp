#include "tests/differential/session.hpp"

#include <chrono>
#include <stdexcept>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::differential {

namespace {

using support::Reply;

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// A script's replies come at once, or not at all.
constexpr support::Milliseconds deadline{8000};
constexpr const char* surplus_mark = "no-more-replies";

}  // namespace

Session::Connection& Session::connection(const std::string& name) {
  if (const auto found = connections_.find(name); found != connections_.end()) return found->second;
  Connection fresh{support::RawSocket(port_), {}};
  fresh.socket.write(support::encode_command({"CLIENT", "ID"}));
  fresh.id = fresh.socket.read_reply().text;
  if (resp_ == 3) {
    fresh.socket.write(support::encode_command({"HELLO", "3"}));
    fresh.socket.read_reply();
  }
  return connections_.emplace(name, std::move(fresh)).first->second;
}

/// id:NAME, address:NAME, port, now:+SECONDS, now_ms:+MILLISECONDS, repeat:COUNT:TEXT
std::string Session::expand_one(const std::string& what) {
  const auto parts = split(what, ':');
  const std::string first(parts[0]);
  const std::string second(parts.size() > 1 ? parts[1] : "");
  if (first == "port") return std::to_string(port_);
  if (first == "id") return connection(second).id;
  if (first == "address") return connection(second).socket.local_address();
  const auto amount = parse_int64(second.starts_with("+") ? second.substr(1) : second);
  if (amount && first == "now") return std::to_string(now_ms() / 1000 + *amount);
  if (amount && first == "now_ms") return std::to_string(now_ms() + *amount);
  if (!amount || first != "repeat" || parts.size() < 3)
    throw std::runtime_error("unknown placeholder ${" + what + "}");
  std::string text;
  for (std::int64_t i = 0; i < *amount; ++i) text += parts[2];
  return text;
}

std::string Session::expand(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  for (auto start = text.find("${"); start != text.npos; start = text.find("${", at)) {
    const auto end = text.find('}', start);
    if (end == text.npos) break;
    out += text.substr(at, start - at) + expand_one(text.substr(start + 2, end - start - 2));
    at = end + 1;
  }
  return out + text.substr(at);
}

Answer Session::run(const Step& step) {
  Answer answer;
  try {
    run_checked(step, answer);
  } catch (const std::runtime_error& error) {
    answer.failure = error.what();
  }
  return answer;
}

void Session::run_checked(const Step& step, Answer& answer) {
  switch (step.kind) {
    case Step::Kind::command:
      run_command(step, answer);
      break;
    case Step::Kind::send:
      connection(step.connection).socket.write(expand(step.bytes));
      answer.replies = connection(step.connection).socket.read_replies(step.replies, deadline);
      break;
    case Step::Kind::raw: {
      support::RawSocket socket(port_);
      socket.write(expand(step.bytes));
      answer.bytes = socket.read_until_end(deadline);
      break;
    }
    case Step::Kind::read:
      answer.replies = connection(step.connection).socket.read_replies(step.replies, deadline);
      connection(step.connection).blocked = false;
      break;
    case Step::Kind::closed:
      answer.bytes = connection(step.connection).socket.read_until_end(deadline);
      connections_.erase(step.connection);
      break;
    case Step::Kind::hang_up:
      connections_.erase(step.connection);
      break;
    case Step::Kind::flush:
      flush();
      break;
  }
}

void Session::run_command(const Step& step, Answer& answer) {
  auto& target = connection(step.connection);
  const auto blocked_before = step.blocks ? blocked_clients() : "";
  const auto give_up = support::SteadyClock::now() + deadline;
  do {
    std::vector<std::string> words;
    for (const auto& word : step.words) words.push_back(expand(word));
    target.socket.write(support::encode_command(words));
    answer.replies = target.socket.read_replies(step.replies, deadline);
  } while (step.repeat_until && answer.replies[0].bytes() != *step.repeat_until &&
           support::SteadyClock::now() < give_up);
  if (!step.blocks) return;
  target.blocked = true;
  if (!support::wait_until([&] { return blocked_clients() != blocked_before; }, deadline))
    throw std::runtime_error("the command did not block (INFO's blocked_clients did not change)");
}

void Session::flush() {
  connections_.clear();
  const bool alone = support::wait_until(
      [&] { return support::info_field(control_, "clients", "connected_clients") == "1"; },
      deadline);
  if (!alone) throw std::runtime_error("the server still counts clients that have gone");
  control_.command({"FLUSHALL"});
}

std::vector<std::string> Session::surplus() {
  std::vector<std::string> all;
  for (auto& [name, target] : connections_) {
    if (target.blocked) continue;
    std::string text = "connection " + name + ": ";
    try {
      target.socket.write(support::encode_command({"PING", surplus_mark}));
      std::string bytes;
      while (bytes.find(surplus_mark) == bytes.npos) {
        bytes = target.socket.read_reply(deadline).bytes();
        text += bytes;
      }
    } catch (const std::runtime_error& error) {
      text += error.what();
    }
    all.push_back(text);
  }
  return all;
}

}  // namespace respawn::differential

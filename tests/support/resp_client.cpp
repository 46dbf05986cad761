#include "tests/support/resp_client.hpp"

#include <stdexcept>

namespace respawn::support {

namespace {

[[noreturn]] void unexpected(const std::vector<std::string>& words, const Reply& reply) {
  std::string line;
  for (const auto& word : words) line += word + ' ';
  throw std::runtime_error(line + "answered " + printable(reply.bytes()));
}

}  // namespace

Reply RespClient::command(const std::vector<std::string>& words) {
  send(words);
  return read();
}

void RespClient::send(const std::vector<std::string>& words) {
  socket_.write(encode_command(words));
}

Reply RespClient::read(Milliseconds deadline) {
  for (;;) {
    auto reply = socket_.read_reply(deadline);
    if (!reply.is_push()) return reply;
    pushes_.push_back(std::move(reply));
  }
}

Reply RespClient::push(Milliseconds deadline) {
  if (pushes_.empty()) {
    auto reply = socket_.read_reply(deadline);
    if (!reply.is_push())
      throw std::runtime_error("expected a push, got " + printable(reply.bytes()));
    return reply;
  }
  auto reply = std::move(pushes_.front());
  pushes_.pop_front();
  return reply;
}

void RespClient::hello(int version) {
  const std::vector<std::string> words{"HELLO", std::to_string(version)};
  const auto reply = command(words);
  if (reply.is_error()) unexpected(words, reply);
}

std::int64_t RespClient::integer(const std::vector<std::string>& words) {
  const auto reply = command(words);
  if (reply.type != ':') unexpected(words, reply);
  return reply.integer();
}

std::string RespClient::text(const std::vector<std::string>& words) {
  const auto reply = command(words);
  if (reply.is_error() || reply.null || !reply.elements.empty()) unexpected(words, reply);
  return reply.text;
}

void RespClient::ok(const std::vector<std::string>& words) {
  const auto reply = command(words);
  if (reply.header != "+OK\r\n") unexpected(words, reply);
}

std::string info_field(RespClient& client, const std::string& section, const std::string& field) {
  const auto info = "\n" + client.text({"INFO", section});
  const auto at = info.find("\n" + field + ":");
  if (at == std::string::npos) return {};
  const auto start = at + field.size() + 2;
  return info.substr(start, info.find('\r', start) - start);
}

bool is_respawn(RespClient& client) {
  return !info_field(client, "server", "respawn_version").empty();
}

}  // namespace respawn::support

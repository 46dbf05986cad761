// What the integration tests share: a server per test, and asking what it is.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/resp_client.hpp"
#include "tests/support/server_process.hpp"

namespace respawn::integration {

using support::Milliseconds;
using support::printable;
using support::RawSocket;
using support::Reply;
using support::RespClient;
using support::ServerOptions;
using support::ServerProcess;
using support::wait_until;

/// The sanitizers report crashes in their own way, and need a thread and much address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// A test with a server of its own, started by start() or start_with() and, unless the test ended
/// it, stopped in order at the end: it must then exit with 0, whatever was done to it.
class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (support::server_binary().empty()) GTEST_SKIP() << "there is no server to test";
  }

  void TearDown() override {
    if (!server_ || !server_->running()) return;
    const auto status = server_->stop();
    EXPECT_TRUE(status && status->clean()) << log();
  }

  ServerProcess& start_with(ServerOptions options) {
    server_ = std::make_unique<ServerProcess>(std::move(options));
    return *server_;
  }

  ServerProcess& start(std::vector<std::string> arguments = {}) {
    ServerOptions options;
    options.arguments = {"--save", "", "--enable-debug-command", "yes"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    return start_with(std::move(options));
  }

  ServerProcess& server() { return *server_; }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  [[nodiscard]] std::string log() const {
    return server_->standard_output() + server_->standard_error();
  }

  /// False when $RESPAWN_SERVER names some other server, which checks what is common to both.
  [[nodiscard]] bool is_respawn() const {
    RespClient client(port());
    return support::is_respawn(client);
  }

  std::string info(const std::string& section, const std::string& field) const {
    RespClient client(port());
    return support::info_field(client, section, field);
  }

  /// The value of one option, as CONFIG GET shows it.
  std::string option(const std::string& name) const {
    RespClient client(port());
    const auto reply = client.command({"CONFIG", "GET", name});
    return reply.elements.size() == 2 ? reply.elements[1].text : "(none)";
  }

  /// Whether a new client is served.
  [[nodiscard]] bool serves() const {
    RespClient client(port());
    return client.command({"PING"}).text == "PONG";
  }

  /// Waits until no client but the asking one is connected.
  [[nodiscard]] bool deserted() const {
    RespClient client(port());
    return wait_until(
        [&] { return support::info_field(client, "clients", "connected_clients") == "1"; });
  }

 private:
  std::unique_ptr<ServerProcess> server_;
};

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace respawn::integration

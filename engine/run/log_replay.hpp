// Applies what is read from the append log.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "engine/clients/session.hpp"
#include "engine/run/environment.hpp"
#include "persistence/append_log/log_loader.hpp"

namespace respawn::engine {

/// Who applies a log: a session that is `applying`, so that nothing ends by itself and no limit
/// holds; nothing of it is propagated.
[[nodiscard]] std::shared_ptr<Session> make_applying_session(const Store& store);

/// The command that the words of a log call; null when there is none. Any thread.
[[nodiscard]] Command* logged_command(const Store& store, std::span<const std::string_view> words);

/// Owner: who loads: a step of the loading at start, or a command (DEBUG LOADAOF), whose unit all
/// of it belongs to then. Commands run one by one.
class LogReplay final : public persistence::LogReceiver {
 public:
  LogReplay(Environment& environment, std::shared_ptr<Session> session)
      : environment_(environment), session_(std::move(session)) {}

  // persistence::LogReceiver
  bool apply(std::span<const std::string_view> words) override;
  Result<std::uint64_t> load_rdb(File& file, const std::string& name) override;
  void say(bool is_warning, const std::string& text) override;

  void progress(std::uint64_t) override {}

 private:
  Environment& environment_;
  std::shared_ptr<Session> session_;
  Buffer replies_;
};

}  // namespace respawn::engine

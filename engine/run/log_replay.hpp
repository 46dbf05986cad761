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

/// Owner: who loads: the start of the process, or a command (DEBUG LOADAOF), whose unit all of it
/// belongs to then. Commands run one by one, by a session that is `applying`: nothing ends by
/// itself, no limit holds, and nothing of it is propagated.
class LogReplay final : public persistence::LogReceiver {
 public:
  explicit LogReplay(Environment& environment);

  // persistence::LogReceiver
  bool apply(std::span<const std::string_view> words) override;
  Result<std::uint64_t> load_rdb(File& file, const std::string& name) override;
  void say(bool is_warning, const std::string& text) override;
  void progress(std::uint64_t bytes) override;

 private:
  Environment& environment_;
  std::shared_ptr<Session> session_;
  Buffer replies_;
  std::uint64_t bytes_ = 0;
  std::int64_t told_us_ = 0;  // monotonic
};

}  // namespace respawn::engine

// The configuration role: what a change does outside the keyspace, and the file behind it.
#pragma once

#include "actors/server_context.hpp"
#include "config/load.hpp"
#include "engine/run/environment.hpp"
#include "server/listeners.hpp"
#include "server/logging.hpp"

namespace respawn::server {

/// Requests wait for others as the configuration says. Loops of several threads do not: what they
/// would hold back is a message from another loop.
void coalesce(const actors::ServerContext& context, const config::Config& config);

/// Owner: the server; used by the keyspace actor, on the main thread. What applies an option is in
/// its row (config::Applies).
class Configuration final : public engine::ConfigurationService {
 public:
  Configuration(config::Source source, const config::Files& files, actors::ServerContext& context,
                Listeners& listeners, Log& log)
      : source_(std::move(source)),
        files_(files),
        context_(context),
        listeners_(listeners),
        log_(log) {}

  [[nodiscard]] std::optional<config::Refusal> apply(const config::Config& before,
                                                     config::PreparedChange& change) override;
  void announce(const std::shared_ptr<const config::Config>& now,
                std::span<const config::Change> changes) override;
  [[nodiscard]] Result<std::string> read_users(const config::Config& config) override;
  [[nodiscard]] Status write_users(const config::Config& config, const std::string& text) override;
  Status rewrite(const config::Config& config, const config::UserLines& users) override;

  /// The path of the file; "" when there is none.
  [[nodiscard]] const std::string& file() const { return source_.path; }

  /// Before the first client: the users of these lines or of the ACL file. The error is for the
  /// user.
  Status fill_users(engine::Store& store, std::span<const config::Directive> lines);

  /// Reads the file again and publishes what has changed in it since it was read or written last;
  /// says in the log what came of it.
  void reload(engine::Store& store);

 private:
  [[nodiscard]] std::optional<config::Refusal> listen(const config::PreparedChange& change);
  void log_change(const config::Change& change, const config::Config& before,
                  const config::Config& after);

  config::Source source_;
  const config::Files& files_;
  actors::ServerContext& context_;
  Listeners& listeners_;
  Log& log_;
};

}  // namespace respawn::server

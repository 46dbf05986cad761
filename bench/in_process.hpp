// The keyspace without a server around it: commands in, time out. For measurements.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "commands/families.hpp"
#include "engine/run/executor.hpp"
#include "protocol/request_parser.hpp"

namespace respawn::bench {

/// Nothing is around.
struct NoServices {
  struct Log final : engine::LogService {
    void write(engine::LogLevel, std::string_view) override {}
  };

  struct Configuration final : engine::ConfigurationService {
    std::optional<config::Refusal> apply(const config::Config&, config::PreparedChange&) override {
      return std::nullopt;
    }

    void announce(const std::shared_ptr<const config::Config>&,
                  std::span<const config::Change>) override {}

    Status rewrite(const config::Config&, const config::UserLines&) override { return success(); }

    Result<std::string> read_users(const config::Config&) override { return failure("no file"); }

    Status write_users(const config::Config&, const std::string&) override { return success(); }
  };

  struct Process final : engine::ProcessService {
    [[nodiscard]] const engine::ProcessFacts& facts() const override { return known; }

    [[nodiscard]] engine::NetworkFacts network() const override { return {}; }

    void reset_network() override {}

    engine::ProcessFacts known;
  };

  struct Memory final : engine::MemoryService {
    [[nodiscard]] engine::MemoryFacts facts() const override { return {}; }

    void purge() override {}

    [[nodiscard]] std::string report() const override { return {}; }
  };

  struct Tree final : engine::TreeService {
    [[nodiscard]] engine::TreeNode root() const override { return {}; }

    [[nodiscard]] Result<std::vector<engine::TreeNode>> children(std::string_view) const override {
      return std::vector<engine::TreeNode>{};
    }

    [[nodiscard]] std::vector<engine::RestartRecord> restarts(std::size_t) const override {
      return {};
    }

    Status kill(std::string_view) override { return success(); }
  };

  struct Shutdown final : engine::ShutdownService {
    void request(const engine::ShutdownRequest&) override {}

    Status abort() override { return success(); }
  };

  Log log;
  Configuration configuration;
  Process process;
  Memory memory;
  Tree tree;
  Shutdown shutdown;
  engine::Services all{log, configuration, process, memory, tree, shutdown};
};

/// Time on the clock, and of that the processor's for this thread: without what other processes
/// took.
struct Span {
  std::int64_t wall_ns = 0;
  std::int64_t cpu_ns = 0;
};

/// Measures from its making until span().
class Stopwatch {
 public:
  Stopwatch() : wall_ns_(now(CLOCK_MONOTONIC)), cpu_ns_(now(CLOCK_THREAD_CPUTIME_ID)) {}

  [[nodiscard]] Span span() const {
    const std::int64_t cpu_ns = now(CLOCK_THREAD_CPUTIME_ID) - cpu_ns_;
    return {now(CLOCK_MONOTONIC) - wall_ns_, cpu_ns};
  }

 private:
  static std::int64_t now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }

  std::int64_t wall_ns_;
  std::int64_t cpu_ns_;
};

/// A store, an executor over it, and one client.
class Keyspace {
 public:
  Keyspace() : session_(std::make_shared<engine::Session>()) {
    session_->id = 1;
    executor_.add_client(session_);
  }

  /// Runs one command and says how long its execution took. Ends the process when it replies an
  /// error.
  template <class... Words>
  Span run(const Words&... words) {
    return run(std::vector<std::string>{std::string(words)...});
  }

  Span run(const std::vector<std::string>& words) {
    engine::Batch& batch = session_->batch;
    batch.input.clear();
    batch.output.clear();
    batch.commands.clear();
    batch.next = 0;
    protocol::ReplyWriter request(batch.input, protocol::RespVersion::resp2);
    request.array(words.size());
    for (const std::string& word : words) request.bulk(word);
    return execute();
  }

  /// One slice of freeing as the keyspace actor does it; false when there is nothing to free.
  bool free_slice(std::size_t elements, Span& took) {
    keyspace::Garbage& garbage = store_.databases.garbage();
    if (garbage.pending() == 0) return false;
    const Stopwatch stopwatch;
    garbage.free_slice(elements);
    took = stopwatch.span();
    return true;
  }

  /// One slice of expiry, likewise; false when no key's time is over.
  bool expire_slice(std::size_t keys, Span& took) {
    const Stopwatch stopwatch;
    const std::int64_t next_ms = executor_.upkeep().expire_keys(keys);
    took = stopwatch.span();
    return next_ms != 0 && next_ms * 1000 <= clock_.wall_us();
  }

 private:
  Span execute() {
    engine::Batch& batch = session_->batch;
    parser_.parse(batch.input, 0, limits_, 1, batch.commands);
    batch.begin_executing(executor_.generation());
    const Stopwatch stopwatch;
    executor_.begin_batch(*session_);
    executor_.execute_next(*session_);
    const Span span = stopwatch.span();
    RESPAWN_CHECK(!batch.output.view().starts_with("-"));
    return span;
  }

  SystemClock clock_;
  NoServices services_;
  engine::Store store_{std::make_shared<const config::Config>(), commands::every_family()};
  engine::Executor executor_{store_, services_.all, clock_};
  protocol::RequestParser parser_;
  protocol::RequestLimits limits_{};
  engine::SessionPtr session_;
};

}  // namespace respawn::bench

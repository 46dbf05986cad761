#include "engine/run/rdb_loading.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/numbers.hpp"
#include "base/text.hpp"
#include "engine/run/access_clock.hpp"
#include "engine/run/value_limits.hpp"

namespace respawn::engine {

namespace {

constexpr std::int64_t report_every_us = 1'000'000;
/// Passed over keys that the log names.
constexpr std::uint64_t named_skipped_max = 10;

persistence::RdbReadOptions read_options(const RdbLoadOrder& order) {
  const config::Config& config = *order.config;
  persistence::RdbReadOptions options;
  options.databases = config.databases;
  options.verify_checksum = config.rdbchecksum && order.verify_checksum;
  options.skip_unknown = config.rdb_skip_unknown;
  options.limits = value_limits(config, order.packed_threshold_bytes);
  return options;
}

persistence::FillOptions fill_options(const RdbLoadOrder& order) {
  const std::int64_t now_us = order.clock.wall_us();
  const bool by_frequency = counts_frequency(order.config->maxmemory_policy);
  const std::uint32_t fresh = fresh_access_clock(*order.config, now_us);
  persistence::FillOptions options;
  options.now_ms = order.drop_expired ? now_us / 1000 : std::numeric_limits<std::int64_t>::min();
  options.replace = order.replace;
  options.delay_us = order.config->key_load_delay_us;
  options.access_clock = [by_frequency, fresh, now_us](std::int64_t idle_s, int frequency) {
    if (by_frequency && frequency >= 0)
      return access_clock_of_frequency(static_cast<std::uint8_t>(frequency), now_us);
    if (!by_frequency && idle_s >= 0) return access_clock_of_idle(idle_s, now_us);
    return fresh;
  };
  return options;
}

class LoggedFiller final : public persistence::DatabaseFiller {
 public:
  LoggedFiller(const RdbLoadOrder& order, keyspace::Databases& databases)
      : DatabaseFiller(databases, fill_options(order)),
        order_(order),
        reported_us_(order.clock.monotonic_us()) {}

  void fact(std::string_view name, std::string_view value) override;
  void skipped(std::string_view what, std::string_view name) override;
  bool advance(std::uint64_t offset) override;

 private:
  void note(const std::string& text) { order_.log.write(LogLevel::notice, text); }

  const RdbLoadOrder& order_;
  std::int64_t reported_us_;
};

void LoggedFiller::fact(std::string_view name, std::string_view value) {
  const std::string text(value);
  if (name.starts_with('%')) return note("RDB '" + std::string(name) + "': " + text);
  if (iequals(name, "redis-ver") || iequals(name, "valkey-ver"))
    return note("Loading RDB produced by version " + text);
  const std::int64_t number = parse_int64(value).value_or(0);
  if (iequals(name, "ctime")) {
    const std::int64_t age_s = order_.clock.wall_us() / 1'000'000 - number;
    return note("RDB age " + std::to_string(std::max<std::int64_t>(age_s, 0)) + " seconds");
  }
  if (iequals(name, "used-mem")) {
    order_.progress.used_memory_bytes.store(static_cast<std::uint64_t>(number));
    char line[64];
    std::snprintf(line, sizeof line, "RDB memory usage when created %.2f Mb",
                  static_cast<double>(number) / (1024 * 1024));
    return note(line);
  }
  if (iequals(name, "aof-preamble") && number != 0) return note("RDB has an AOF tail");
  if (iequals(name, "aof-base") && number != 0) return note("RDB is base AOF");
}

void LoggedFiller::skipped(std::string_view what, std::string_view name) {
  DatabaseFiller::skipped(what, name);
  const bool empty = what == "empty key";
  const std::uint64_t so_far = empty ? counts().keys_empty : counts().skipped;
  if (so_far > named_skipped_max) return;
  if (empty) return note("rdbLoadObject skipping empty key: " + std::string(name));
  order_.log.write(LogLevel::warning, "Loading an RDB file: skipping what is not supported: " +
                                          std::string(what) + ", key '" + std::string(name) + "'");
}

bool LoggedFiller::advance(std::uint64_t offset) {
  order_.progress.loaded_bytes.store(offset, std::memory_order_relaxed);
  const std::int64_t now_us = order_.clock.monotonic_us();
  if (now_us - reported_us_ >= report_every_us) {
    reported_us_ = now_us;
    const double percent =
        100.0 * static_cast<double>(offset) /
        static_cast<double>(std::max<std::uint64_t>(order_.progress.total_bytes.load(), 1));
    char line[96];
    std::snprintf(line, sizeof line, "Loading: %.1f %%, %llu keys so far", percent,
                  static_cast<unsigned long long>(counts().keys_loaded));
    note(line);
  }
  return !order_.progress.stop_wanted.load(std::memory_order_relaxed);
}

void log_counts(LogService& log, const persistence::FillCounts& counts) {
  std::string text = "Done loading RDB, keys loaded: " + std::to_string(counts.keys_loaded) +
                     ", keys expired: " + std::to_string(counts.keys_expired);
  if (counts.keys_empty > 0) text += ", empty keys skipped: " + std::to_string(counts.keys_empty);
  log.write(LogLevel::notice, text + ".");
  if (counts.skipped > 0)
    log.write(LogLevel::warning, "Loading an RDB file: " + std::to_string(counts.skipped) +
                                     " values of kinds that are not supported were skipped");
}

}  // namespace

Result<RdbLoaded> load_rdb(const RdbLoadOrder& order, keyspace::Databases& databases) {
  databases.set_access_clock(fresh_access_clock(*order.config, order.clock.wall_us()));
  persistence::FileSource source(order.file, order.offset, order.end);
  LoggedFiller filler(order, databases);
  const persistence::RdbReadOptions options = read_options(order);
  persistence::RdbFileReader reader(source, options, filler);
  if (const auto failed = reader.read())
    return failure(failed->stopped ? "Loading was stopped" : failed->text());
  if (Status finished = filler.finish(); !finished.ok()) return failure(finished.error());
  order.progress.loaded_bytes.store(source.offset());
  log_counts(order.log, filler.counts());
  return RdbLoaded{filler.counts(), std::move(filler.functions()), source.offset()};
}

}  // namespace respawn::engine

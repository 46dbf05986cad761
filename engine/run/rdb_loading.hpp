// Loads an RDB file, with what the log says of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/file_system.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "engine/run/loading.hpp"
#include "engine/run/services.hpp"
#include "persistence/rdb/database_filler.hpp"

namespace respawn::engine {

/// Where it comes from and how it is read.
struct RdbLoadOrder {
  File& file;
  std::uint64_t offset = 0;  // where it begins
  std::uint64_t end = 0;     // the file's size
  std::shared_ptr<const config::Config> config;
  std::size_t packed_threshold_bytes = 0;  // Store::list_packed_threshold_bytes
  LogService& log;
  const Clock& clock;
  LoadProgress& progress;
  /// Keys whose time is over are left out; not of the base of an append log, which goes on from
  /// exactly these keys.
  bool drop_expired = true;
  bool replace = false;  // keys that are there already
  bool verify_checksum = true;
};

struct RdbLoaded {
  persistence::FillCounts counts;
  std::vector<std::string> functions;  // codes of libraries, to be loaded by who can
  std::uint64_t end = 0;               // where in the file it ended
};

/// Into databases that nobody else looks at meanwhile, on any thread. The file is not touched. An
/// error says where and why; what was read by then is in the databases. Complexity: O(bytes).
[[nodiscard]] Result<RdbLoaded> load_rdb(const RdbLoadOrder& order, keyspace::Databases& databases);

}  // namespace respawn::engine

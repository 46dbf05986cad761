// LATENCY DOCTOR: what the samples say, and what may help.
#pragma once

#include <cstdint>
#include <string>

#include "config/config.hpp"
#include "engine/run/latency_monitor.hpp"

namespace respawn::commands {

/// A report for people, in lines.
[[nodiscard]] std::string latency_report(const engine::LatencyMonitor& monitor,
                                         const config::Config& config, std::int64_t now_s);

}  // namespace respawn::commands

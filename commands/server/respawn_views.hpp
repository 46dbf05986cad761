// Subcommands of RESPAWN that look at clients and at time: who waits for what, and what took long.
#pragma once

#include "commands/families.hpp"

namespace respawn::commands {

/// WAITERS [key]: an array with one map for each key of any database (or for that key of the
/// client's) that somebody waits for: db, key and waiters, an array of maps in the order in which
/// they will be served: id, address, name, command, waiting-ms, left-ms (-1: for ever).
void respawn_waiters(Execution& x, Args args);

/// LATENCY [RESET]: a map of maps. "wait" is from the arrival of a request until it began, "run"
/// what it ran, "reply" from its arrival until its replies were handed to the socket (not where
/// nobody measures that); each with requests, p50-us, p90-us, p99-us, p99.9-us and max-us.
void respawn_latency(Execution& x, Args args);

/// SLOWLOG [count]: as SLOWLOG GET, as maps with time-s, run-us and also wait-us (-1: not known).
void respawn_slowlog(Execution& x, Args args);

/// A field of a map in a reply, with its value.
void write_text(Execution& x, std::string_view field, std::string_view value);
void write_number(Execution& x, std::string_view field, std::int64_t value);

}  // namespace respawn::commands

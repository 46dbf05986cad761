// What the system allows this process: descriptors and threads, asked for before they are missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/config.hpp"

namespace respawn::server {

/// Descriptors that are not clients: loops, listeners, files.
[[nodiscard]] std::uint64_t reserved_descriptors(const config::Config& config);

/// Raises the limit of open files as far as `maxclients` needs it and the system allows. How many
/// clients have room then, at most `maxclients`; 0 when not even one has.
[[nodiscard]] std::uint32_t clients_with_room(const config::Config& config);

/// Why clients as many as `maxclients` can't be served, with the largest number that can; none when
/// they can. The limit is raised as above.
[[nodiscard]] std::optional<std::string> no_room_for_clients(const config::Config& config);

/// Why the server can't start under the present limit of open files.
[[nodiscard]] std::string too_few_descriptors(const config::Config& config);

/// What there is to say of a `tcp-backlog` that the kernel cuts short; none when it does not.
[[nodiscard]] std::optional<std::string> shortened_backlog(const config::Config& config);

/// Whether as many threads can be started as the configuration needs: tried with threads that end
/// again. An error says how many there can be.
[[nodiscard]] Status try_threads(const config::Config& config);

/// The same for a number of threads: how many of them were running at once.
[[nodiscard]] int threads_possible(int wanted);

}  // namespace respawn::server

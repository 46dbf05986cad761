// What the allocator and the kernel say about this process's memory.
#pragma once

#include <string>

#include "commands/services.hpp"

namespace respawn::server {

/// Bytes; costs a few microseconds. What an allocator does not tell is taken from the kernel.
commands::MemoryFacts memory_facts();

/// "jemalloc-5.3.0", "libc"...
std::string allocator_name();

}  // namespace respawn::server

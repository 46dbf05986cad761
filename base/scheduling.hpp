// What the system's scheduler is asked for.
#pragma once

#include <cstdint>

namespace respawn {

/// The calling thread never has much to do at a time, and others wait for it: from now on it gets
/// the processor soon where somebody else has it, for a short while. Linux 6.12 and later;
/// elsewhere nothing changes.
void ask_for_short_slices() noexcept;

/// The calling thread has much to do, and nobody waits for it: from now on others go first where
/// processors are few; it keeps a tenth of one.
void let_others_go_first() noexcept;

/// The processor's time that the calling thread has had, in ns. About 0.3 us.
[[nodiscard]] std::uint64_t thread_cpu_ns() noexcept;

}  // namespace respawn

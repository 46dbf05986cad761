// Brings memory near before it is needed.
#pragma once

namespace respawn {

/// Loads the byte there and forgets it, so that several things are fetched side by side: nothing
/// waits for it. Not a prefetch instruction: that is dropped where the page is not in the TLB.
inline void bring_near(const void* at) {
  asm volatile("" : : "r"(*static_cast<const unsigned char*>(at)));
}

}  // namespace respawn

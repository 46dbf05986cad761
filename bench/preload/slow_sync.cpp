// A disk of a known speed under any server: preloaded (LD_PRELOAD), it has each fdatasync and fsync
// take SLOW_SYNC_US microseconds. The file itself belongs on a file system in memory.
#include <time.h>

#include <cstdlib>

namespace {

int wait_for_disk() {
  static const long us = [] {
    const char* text = std::getenv("SLOW_SYNC_US");
    return text == nullptr ? 0L : std::strtol(text, nullptr, 10);
  }();
  const timespec time{us / 1'000'000, us % 1'000'000 * 1'000};
  return us > 0 ? ::nanosleep(&time, nullptr) : 0;
}

}  // namespace

extern "C" int fdatasync(int /*descriptor*/) {
  return wait_for_disk();
}

extern "C" int fsync(int /*descriptor*/) {
  return wait_for_disk();
}

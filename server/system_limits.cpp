#include "server/system_limits.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <latch>
#include <string>
#include <vector>

namespace respawn::server {

namespace {

constexpr std::uint64_t descriptors_beside_loops = 32;
constexpr std::uint64_t descriptors_of_loop = 2;  // its ring or epoll, and what wakes it

/// Beside the event loops: signals, the actor system's own, the allocator's.
constexpr int threads_beside_loops = 8;

rlimit open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit = {RLIM_INFINITY, RLIM_INFINITY};
  return limit;
}

bool set_open_files(rlim_t wanted, const rlimit& now) {
  // Beyond the hard limit only who is privileged gets.
  const rlimit raised{wanted, std::max(wanted, now.rlim_max)};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

/// Whether it is reached. The system does not say how far it goes: that is found by halving.
rlim_t raise_open_files(rlim_t wanted) {
  const rlimit now = open_files();
  if (now.rlim_cur >= wanted || set_open_files(wanted, now)) return wanted;
  rlim_t reached = now.rlim_cur;
  rlim_t refused = wanted;
  while (refused - reached > 1) {
    const rlim_t middle = reached + (refused - reached) / 2;
    if (set_open_files(middle, now))
      reached = middle;
    else
      refused = middle;
  }
  return reached;
}

int loops(const config::Config& config) {
  return config.io_threads > 1 ? config.io_threads : 0;
}

void* wait_for(void* released) {
  static_cast<std::latch*>(released)->wait();
  return nullptr;
}

}  // namespace

std::uint64_t reserved_descriptors(const config::Config& config) {
  return descriptors_beside_loops + descriptors_of_loop * static_cast<std::uint64_t>(loops(config));
}

std::uint32_t clients_with_room(const config::Config& config) {
  const std::uint64_t reserved = reserved_descriptors(config);
  const rlim_t allowed = raise_open_files(rlim_t{config.maxclients} + reserved);
  if (allowed <= reserved) return 0;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(allowed - reserved, config.maxclients));
}

std::optional<std::string> no_room_for_clients(const config::Config& config) {
  const std::uint32_t room = clients_with_room(config);
  if (room == config.maxclients) return std::nullopt;
  return "The operating system is not able to handle the specified number of clients, try with " +
         std::to_string(room);
}

std::string too_few_descriptors(const config::Config& config) {
  return "Your current 'ulimit -n' of " + std::to_string(open_files().rlim_cur) +
         " is not enough for the server to start. Please increase your open file limit to at "
         "least " +
         std::to_string(rlim_t{config.maxclients} + reserved_descriptors(config)) + ".";
}

std::optional<std::string> shortened_backlog(const config::Config& config) {
  constexpr const char* path = "/proc/sys/net/core/somaxconn";
  std::ifstream file(path);
  int most = 0;
  if (!(file >> most) || config.tcp_backlog <= most) return std::nullopt;
  return "The kernel lets " + std::to_string(most) + " connections wait (" + path + "), not the " +
         std::to_string(config.tcp_backlog) + " of tcp-backlog";
}

int threads_possible(int wanted) {
  std::latch released(1);
  std::vector<pthread_t> started;
  while (static_cast<int>(started.size()) < wanted) {
    pthread_t thread{};
    if (::pthread_create(&thread, nullptr, wait_for, &released) != 0) break;
    started.push_back(thread);
  }
  released.count_down();
  for (const pthread_t thread : started) ::pthread_join(thread, nullptr);
  return static_cast<int>(started.size());
}

Status try_threads(const config::Config& config) {
  const int wanted = loops(config) + threads_beside_loops;
  const int possible = threads_possible(wanted);
  if (possible >= wanted) return success();
  std::string text = "The system allows this process " + std::to_string(possible) +
                     " further threads, but the server needs " + std::to_string(wanted) +
                     ": raise the limit (ulimit -u, or TasksMax of its unit)";
  const int loops_possible = possible - threads_beside_loops;
  if (loops(config) > 0 && possible > 0 && loops_possible > 0)
    text += ", or set io-threads to " + std::to_string(loops_possible) + " or less";
  return failure(text);
}

}  // namespace respawn::server

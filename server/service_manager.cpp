#include "server/service_manager.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

#include "net/socket.hpp"

namespace respawn::server {

namespace {

/// A manager that does not take its messages must not stop the server for ever.
constexpr timeval patience{.tv_sec = 5, .tv_usec = 0};

constexpr std::string_view ready_state = "READY=1\nSTATUS=Ready to accept connections\n";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Error cannot_tell(int error) {
  return failure("Can't tell systemd: " + std::generic_category().message(error));
}

}  // namespace

ManagerTraces ManagerTraces::of_environment() {
  return {environment("NOTIFY_SOCKET"), environment("UPSTART_JOB")};
}

ServiceManager::ServiceManager(config::SupervisedBy wanted, ManagerTraces traces)
    : traces_(std::move(traces)) {
  switch (wanted) {
    case config::SupervisedBy::systemd:
      find_systemd(true);
      break;
    case config::SupervisedBy::upstart:
      find_upstart(true);
      break;
    case config::SupervisedBy::automatic:
      find_upstart(false);
      if (!present()) find_systemd(false);
      break;
    case config::SupervisedBy::no:
      break;
  }
}

void ServiceManager::find_upstart(bool asked_for) {
  if (!traces_.upstart_job.empty())
    kind_ = Kind::upstart;
  else if (asked_for)
    complaint_ = "upstart supervision requested, but UPSTART_JOB not found!";
}

void ServiceManager::find_systemd(bool asked_for) {
  const std::string& path = traces_.notify_socket;
  if (path.empty()) {
    if (asked_for) complaint_ = "systemd supervision requested, but NOTIFY_SOCKET not found!";
  } else if (path.size() < 2 || (path.front() != '/' && path.front() != '@')) {
    complaint_ = "systemd supervision: NOTIFY_SOCKET is neither a path nor an abstract name";
  } else if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    complaint_ = "systemd supervision: NOTIFY_SOCKET is too long";
  } else {
    kind_ = Kind::systemd;
  }
}

std::string_view ServiceManager::name() const {
  switch (kind_) {
    case Kind::systemd:
      return "systemd";
    case Kind::upstart:
      return "upstart";
    case Kind::none:
      break;
  }
  return "no";
}

Status ServiceManager::ready() const {
  if (kind_ == Kind::upstart) {
    std::raise(SIGSTOP);
    return success();
  }
  return send(std::string(ready_state));
}

Status ServiceManager::reloading() const {
  // By this time it tells which of several reloads is meant.
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto now_us = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us) +
              "\nSTATUS=Reading the configuration again\n");
}

Status ServiceManager::reloaded() const {
  return send(std::string(ready_state));
}

Status ServiceManager::stopping() const {
  return send("STOPPING=1\nSTATUS=Stopping\n");
}

Status ServiceManager::send(const std::string& state) const {
  if (kind_ != Kind::systemd) return success();
  const std::string& path = traces_.notify_socket;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  // An abstract name is as long as it is said to be; the end of a path is its zero.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                             (path.front() == '@' ? 0 : 1));
  const net::FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return cannot_tell(errno);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  for (;;) {
    const ssize_t sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&address), length);
    if (sent >= 0) return success();
    if (errno != EINTR) return cannot_tell(errno);
  }
}

}  // namespace respawn::server

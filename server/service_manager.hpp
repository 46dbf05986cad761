// The service manager that started the process, and what it is told: ready, reloading, stopping.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/config.hpp"

namespace respawn::server {

/// What service managers leave in the environment of a process; "" where there is nothing.
struct ManagerTraces {
  std::string notify_socket;  // systemd's NOTIFY_SOCKET: a path, or an abstract name behind '@'
  std::string upstart_job;    // upstart's UPSTART_JOB

  static ManagerTraces of_environment();
};

/// Owner: main. Constant, so anybody may use it at any time. Without a manager nothing is told.
class ServiceManager {
 public:
  /// As the option `supervised` wants it, where the traces of that manager are there.
  ServiceManager(config::SupervisedBy wanted, ManagerTraces traces);

  [[nodiscard]] bool present() const { return kind_ != Kind::none; }

  /// "systemd", "upstart" or "no".
  [[nodiscard]] std::string_view name() const;

  /// Why there is none although one was asked for; else "".
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

  // An error says that the manager could not be told, and why. systemd is told by message; upstart
  // only that the server is ready, by stopping the process until upstart continues it.
  Status ready() const;
  Status reloading() const;
  Status reloaded() const;
  Status stopping() const;

 private:
  enum class Kind { none, systemd, upstart };

  void find_systemd(bool asked_for);
  void find_upstart(bool asked_for);
  [[nodiscard]] Status send(const std::string& state) const;

  Kind kind_ = Kind::none;
  ManagerTraces traces_;
  std::string complaint_;
};

}  // namespace respawn::server

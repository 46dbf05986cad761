// What a supervisor is told to run: child specifications and supervisor specifications, as data.
#pragma once

#include <caf/actor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "supervision/child_traits.hpp"

namespace respawn::supervision {

/// Spawns the child, on any event loop, and returns it. Runs on the supervisor's thread, once per
/// start, and must not block. An Error, an exception or an empty handle is a failed start.
/// It must not hold a strong handle of the supervisor.
using StartFunction = std::function<Result<caf::actor>()>;

struct ChildSpec {
  /// Unique among its siblings; no '/'.
  std::string id = {};
  StartFunction start = {};
  RestartType restart = RestartType::permanent;
  /// None: 5,000 ms for a worker, infinity for a supervisor.
  std::optional<Shutdown> shutdown = std::nullopt;
  /// A child of type supervisor is a SupervisorActor: its start is complete when its own children
  /// are up, and it fails when it exits before.
  ChildType type = ChildType::worker;

  [[nodiscard]] ChildTraits traits() const { return {restart, shutdown, type}; }
};

struct SupervisorSpec {
  /// Where it stands in the tree: its id after the parent's path and a '/', as in "root/store".
  std::string path = {};
  Strategy strategy = Strategy::one_for_one;
  Intensity intensity = {};
  /// None: a restart follows the exit at once.
  std::optional<Backoff> backoff = std::nullopt;
  /// In start order. Empty when dynamic.
  std::vector<ChildSpec> children = {};
  /// Dynamic only: the traits of every child.
  ChildTraits child_template{.restart = RestartType::temporary};
};

}  // namespace respawn::supervision

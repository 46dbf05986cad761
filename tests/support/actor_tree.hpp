// RESPAWN TREE's reply, to be asked by an actor's id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/reply.hpp"

namespace respawn::support {

struct ActorNode {
  std::string id;
  std::string state;
  std::int64_t restarts = 0;
  int depth = 0;
};

/// Reads the nested maps (RESP2: arrays of field and value in turn). What lacks an "id" is passed
/// over, so that further fields do no harm.
class ActorTree {
 public:
  explicit ActorTree(const Reply& reply) { add(reply, 0); }

  /// "" when there is no such actor.
  [[nodiscard]] std::string state(const std::string& id) const;

  /// Started again how often; 0 when there is no such actor.
  [[nodiscard]] std::int64_t restarts(const std::string& id) const;

  [[nodiscard]] const std::vector<ActorNode>& nodes() const { return nodes_; }

  /// One line per actor, for messages.
  [[nodiscard]] std::string text() const;

 private:
  void add(const Reply& reply, int depth);
  [[nodiscard]] const ActorNode* find(const std::string& id) const;

  std::vector<ActorNode> nodes_;
};

}  // namespace respawn::support

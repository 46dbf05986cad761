#include "tests/support/actor_tree.hpp"

#include <algorithm>

namespace respawn::support {

void ActorTree::add(const Reply& reply, int depth) {
  ActorNode node;
  node.depth = depth;
  const Reply* children = nullptr;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    const auto& field = reply.elements[i].text;
    const auto& value = reply.elements[i + 1];
    if (field == "id") node.id = value.text;
    if (field == "state") node.state = value.text;
    if (field == "restarts") node.restarts = value.integer();
    if (field == "children") children = &value;
  }
  if (!node.id.empty()) nodes_.push_back(std::move(node));
  if (children == nullptr) return;
  for (const auto& child : children->elements) add(child, depth + 1);
}

const ActorNode* ActorTree::find(const std::string& id) const {
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& node) { return node.id == id; });
  return found == nodes_.end() ? nullptr : &*found;
}

std::string ActorTree::state(const std::string& id) const {
  const auto* node = find(id);
  return node == nullptr ? "" : node->state;
}

std::int64_t ActorTree::restarts(const std::string& id) const {
  const auto* node = find(id);
  return node == nullptr ? 0 : node->restarts;
}

std::string ActorTree::text() const {
  std::string all;
  for (const auto& node : nodes_)
    all += std::string(static_cast<std::size_t>(node.depth) * 2, ' ') + node.id + " " + node.state +
           ", restarted " + std::to_string(node.restarts) + " times\n";
  return all;
}

}  // namespace respawn::support

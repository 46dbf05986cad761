#include "supervision/tree_board.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <utility>

namespace respawn::supervision {

std::vector<caf::actor> TreeBoard::enter(const std::string& path, Strategy strategy,
                                         caf::actor_addr handle, std::int64_t wall_ms) {
  const std::lock_guard guard(mutex_);
  std::vector<caf::actor> living;
  Supervisor& supervisor = supervisors_[path];
  for (const auto& [id, entry] : supervisor.children)
    if (auto child = caf::actor_cast<caf::actor>(entry.row.handle))
      living.push_back(std::move(child));
  supervisor = {.strategy = strategy, .handle = std::move(handle), .since_wall_ms = wall_ms};
  return living;
}

void TreeBoard::leave(const std::string& path) {
  const std::lock_guard guard(mutex_);
  erase_subtree(path);
}

void TreeBoard::erase_subtree(const std::string& path) {
  supervisors_.erase(path);
  // '0' follows '/': this is the range of all paths that begin with path + '/'.
  supervisors_.erase(supervisors_.lower_bound(path + '/'), supervisors_.lower_bound(path + '0'));
}

void TreeBoard::put(const std::string& supervisor, ChildRow row) {
  const std::lock_guard guard(mutex_);
  const auto found = supervisors_.find(supervisor);
  if (found == supervisors_.end()) return;
  std::string id = std::exchange(row.id, {});
  const auto [entry, added] = found->second.children.try_emplace(std::move(id));
  if (added) entry->second.order = next_order_++;
  entry->second.row = std::move(row);
}

void TreeBoard::erase(const std::string& supervisor, const std::string& id) {
  const std::lock_guard guard(mutex_);
  const auto found = supervisors_.find(supervisor);
  if (found == supervisors_.end()) return;
  const auto child = found->second.children.find(id);
  if (child == found->second.children.end()) return;
  if (child->second.row.type == ChildType::supervisor) erase_subtree(supervisor + '/' + id);
  found->second.children.erase(child);
}

void TreeBoard::record(SupervisionReport report) {
  const std::lock_guard guard(mutex_);
  reports_.push_back(std::move(report));
  if (reports_.size() > recent_reports_max_) reports_.pop_front();
}

std::vector<TreeRow> TreeBoard::tree(std::size_t children_max) const {
  const std::lock_guard guard(mutex_);
  std::vector<TreeRow> rows;
  for (const auto& [path, supervisor] : supervisors_) {
    if (path.find('/') != std::string::npos) continue;
    append(path, 0,
           {.id = path,
            .type = ChildType::supervisor,
            .state = ChildState::running,
            .since_wall_ms = supervisor.since_wall_ms,
            .handle = supervisor.handle},
           children_max, rows);
  }
  return rows;
}

void TreeBoard::append(const std::string& path, std::size_t depth, ChildRow row,
                       std::size_t children_max, std::vector<TreeRow>& rows) const {
  const auto found =
      row.type == ChildType::supervisor ? supervisors_.find(path) : supervisors_.end();
  rows.push_back({.path = path, .depth = depth, .child = std::move(row)});
  if (found == supervisors_.end()) return;
  rows.back().strategy = found->second.strategy;
  rows.back().children = found->second.children.size();
  for (ChildRow& child : ordered(found->second, children_max)) {
    const std::string child_path = path + '/' + child.id;
    append(child_path, depth + 1, std::move(child), children_max, rows);
  }
}

std::vector<ChildRow> TreeBoard::ordered(const Supervisor& supervisor, std::size_t children_max) {
  using Child = std::pair<const std::string, Entry>;
  std::vector<const Child*> children;
  children.reserve(supervisor.children.size());
  for (const Child& child : supervisor.children) children.push_back(&child);
  const std::size_t count = std::min(children.size(), children_max);
  std::partial_sort(
      children.begin(), children.begin() + static_cast<std::ptrdiff_t>(count), children.end(),
      [](const Child* a, const Child* b) { return a->second.order < b->second.order; });
  std::vector<ChildRow> rows;
  rows.reserve(count);
  for (std::size_t at = 0; at < count; ++at) {
    rows.push_back(children[at]->second.row);
    rows.back().id = children[at]->first;
  }
  return rows;
}

std::optional<std::vector<ChildRow>> TreeBoard::children(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  const auto found = supervisors_.find(path);
  if (found == supervisors_.end()) return std::nullopt;
  return ordered(found->second, found->second.children.size());
}

std::vector<SupervisionReport> TreeBoard::recent_reports() const {
  const std::lock_guard guard(mutex_);
  return {reports_.begin(), reports_.end()};
}

caf::actor TreeBoard::find(const std::string& path_or_id) const {
  const std::lock_guard guard(mutex_);
  return caf::actor_cast<caf::actor>(find_address(path_or_id));
}

caf::actor_addr TreeBoard::find_address(const std::string& path_or_id) const {
  if (const auto slash = path_or_id.rfind('/'); slash != std::string::npos) {
    const auto supervisor = supervisors_.find(path_or_id.substr(0, slash));
    if (supervisor == supervisors_.end()) return {};
    const auto child = supervisor->second.children.find(path_or_id.substr(slash + 1));
    return child == supervisor->second.children.end() ? caf::actor_addr{}
                                                      : child->second.row.handle;
  }
  if (const auto root = supervisors_.find(path_or_id); root != supervisors_.end())
    return root->second.handle;
  for (const auto& [path, supervisor] : supervisors_)
    if (const auto child = supervisor.children.find(path_or_id); child != supervisor.children.end())
      return child->second.row.handle;
  return {};
}

}  // namespace respawn::supervision

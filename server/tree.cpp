#include "server/tree.hpp"

#include <caf/send.hpp>

namespace respawn::server {

namespace {

using supervision::ChildRow;
using supervision::TreeRow;

engine::TreeNode to_node(const ChildRow& row, std::string path) {
  engine::TreeNode node;
  node.id = row.id;
  node.path = std::move(path);
  node.kind = supervision::to_string(row.type);
  node.restart = supervision::to_string(row.restart);
  node.state = supervision::to_string(row.state);
  node.restarts = row.restarts;
  node.last_exit = row.last_exit;
  node.since_ms = row.since_wall_ms;
  return node;
}

/// Rows are in preorder with their depth: takes the row at `at` and everything below it.
engine::TreeNode take_subtree(const std::vector<TreeRow>& rows, std::size_t& at) {
  const TreeRow& row = rows[at++];
  engine::TreeNode node = to_node(row.child, row.path);
  if (row.strategy) node.strategy = supervision::to_string(*row.strategy);
  while (at < rows.size() && rows[at].depth > row.depth)
    node.children.push_back(take_subtree(rows, at));
  return node;
}

}  // namespace

engine::TreeNode Tree::root() const {
  const std::vector<TreeRow> rows = board_.tree();
  std::size_t at = 0;
  return rows.empty() ? engine::TreeNode{} : take_subtree(rows, at);
}

Result<std::vector<engine::TreeNode>> Tree::children(std::string_view id) const {
  const std::string wanted(id);
  for (const TreeRow& row : board_.tree()) {
    if (!row.strategy || (row.path != wanted && row.child.id != wanted)) continue;
    std::vector<engine::TreeNode> nodes;
    if (auto rows = board_.children(row.path))
      for (const ChildRow& child : *rows)
        nodes.push_back(to_node(child, row.path + "/" + child.id));
    return nodes;
  }
  return failure("ERR no such supervisor");
}

std::vector<engine::RestartRecord> Tree::restarts(std::size_t count_max) const {
  std::vector<supervision::SupervisionReport> reports = board_.recent_reports();
  std::vector<engine::RestartRecord> records;
  for (auto report = reports.rbegin(); report != reports.rend() && records.size() < count_max;
       ++report)
    records.push_back({.wall_ms = report->wall_ms,
                       .path = report->supervisor + "/" + report->child,
                       .event = std::string(supervision::to_string(report->kind)),
                       .reason = report->reason,
                       .attempt = report->attempt});
  return records;
}

Status Tree::kill(std::string_view id) {
  if (id == "root") return failure("ERR the root supervisor cannot be killed, use SHUTDOWN");
  caf::actor victim = board_.find(std::string(id));
  if (!victim) return failure("ERR no such actor");
  caf::anon_send_exit(victim, caf::exit_reason::kill);
  return success();
}

}  // namespace respawn::server

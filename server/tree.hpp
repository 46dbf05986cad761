// The supervision tree for those who do not know actors.
#pragma once

#include "engine/run/services.hpp"
#include "supervision/tree_board.hpp"

namespace respawn::server {

/// Owner: the server. Reads the board; thread-safe as that is.
class Tree final : public engine::TreeService {
 public:
  explicit Tree(supervision::TreeBoard& board) : board_(board) {}

  [[nodiscard]] engine::TreeNode root() const override;
  [[nodiscard]] Result<std::vector<engine::TreeNode>> children(std::string_view id) const override;
  [[nodiscard]] std::vector<engine::RestartRecord> restarts(std::size_t count_max) const override;
  Status kill(std::string_view id) override;

 private:
  supervision::TreeBoard& board_;
};

}  // namespace respawn::server

// Replies that wait for the disk, in their order.
#pragma once

#include <cstdint>
#include <deque>

#include "base/buffer.hpp"

namespace respawn::actors {

/// Owner: a connection, which makes one when it needs it.
struct ParkedOutput {
  struct Piece {
    std::uint64_t offset = 0;  // in the append log; does not fall from piece to piece
    Buffer bytes;
  };

  std::deque<Piece> pieces;
  std::size_t bytes = 0;  // of all of them
};

}  // namespace respawn::actors

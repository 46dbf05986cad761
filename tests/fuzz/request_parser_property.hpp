// What must hold for every input of the request parser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "protocol/request_parser.hpp"
#include "protocol/request_writer.hpp"

namespace respawn::fuzz {

/// What a parser made of some bytes, as values.
struct ParsedRequests {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  std::size_t used = 0;
  bool waits_for_bulk = false;

  bool operator==(const ParsedRequests&) const = default;
};

/// Feeds `bytes` in pieces of `piece_bytes`. Each piece gets a buffer of its own, and what was used
/// is dropped at once, so that a view or an offset kept too long shows.
inline ParsedRequests parse_in_pieces(std::string_view bytes, std::size_t piece_bytes,
                                      const protocol::RequestLimits& limits = {}) {
  ParsedRequests parsed;
  protocol::RequestParser parser;
  Buffer buffer;
  for (std::size_t at = 0; at < bytes.size() && parsed.error.empty(); at += piece_bytes) {
    Buffer moved;
    moved.append(buffer.view());
    moved.append(bytes.substr(at, piece_bytes));
    buffer = std::move(moved);
    std::size_t used = 0;
    do {  // once more behind a RESET
      protocol::RequestCommands commands;
      used = parser.parse(buffer, 0, limits, bytes.size(), commands);
      for (const auto& slice : commands.slices) {
        std::vector<std::string>& command = parsed.commands.emplace_back();
        for (std::size_t i = 0; i < slice.count; ++i)
          command.emplace_back(commands.arguments[slice.first + i]);
      }
      buffer.consume(used);
      parsed.used += used;
    } while (used > 0);
    parsed.error = parser.error();
    parsed.waits_for_bulk = parser.missing_bytes() > 0;
  }
  return parsed;
}

inline void check_request_parser(std::string_view bytes) {
  protocol::RequestLimits limits;
  for (const bool authenticated : {true, false}) {
    limits.authenticated = authenticated;
    const ParsedRequests whole = parse_in_pieces(bytes, bytes.size(), limits);
    for (const std::size_t piece_bytes : {1U, 3U, 16U})
      RESPAWN_CHECK(parse_in_pieces(bytes, piece_bytes, limits) == whole);
    RESPAWN_CHECK(whole.used <= bytes.size());
    Buffer again;
    for (const std::vector<std::string>& command : whole.commands) {
      RESPAWN_CHECK(!command.empty());
      protocol::write_request(again, std::vector<std::string_view>(command.begin(), command.end()));
    }
    RESPAWN_CHECK(parse_in_pieces(again.view(), again.size()).commands == whole.commands);
  }
}

}  // namespace respawn::fuzz

// What must hold for every input of the reply decoder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "protocol/reply_decoder.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::fuzz {

/// What a decoder made of some bytes.
struct DecodedReplies {
  std::vector<protocol::Reply> replies;
  std::string error;
};

/// Feeds `bytes` in pieces of `piece_bytes`, each with a buffer of its own.
inline DecodedReplies decode_in_pieces(std::string_view bytes, std::size_t piece_bytes,
                                       const protocol::ReplyLimits& limits = {}) {
  DecodedReplies decoded;
  protocol::ReplyDecoder decoder(limits);
  std::string rest;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    rest = std::string(rest) + std::string(bytes.substr(at, piece_bytes));
    const std::size_t used = decoder.decode(rest, decoded.replies);
    RESPAWN_CHECK(used <= rest.size());
    rest.erase(0, used);
  }
  decoded.error = decoder.error();
  return decoded;
}

/// Writes `reply` in RESP3, where every type has a form of its own. What RESP3 does not know (a
/// null array, an error with CR or LF) is written as raw bytes.
inline void encode(const protocol::Reply& reply, protocol::ReplyWriter& writer) {
  using protocol::ReplyType;
  if (!reply.attributes.empty()) writer.attribute(reply.attributes.size() / 2);
  for (const protocol::Reply& attribute : reply.attributes) encode(attribute, writer);
  switch (reply.type) {
    case ReplyType::simple:
      writer.simple(reply.string);
      break;
    case ReplyType::error:
      writer.raw("!" + std::to_string(reply.string.size()) + "\r\n" + reply.string + "\r\n");
      break;
    case ReplyType::integer:
      writer.integer(reply.integer);
      break;
    case ReplyType::bulk:
      writer.bulk(reply.string);
      break;
    case ReplyType::null:
      writer.null();
      break;
    case ReplyType::null_array:
      writer.raw("*-1\r\n");
      break;
    case ReplyType::array:
      writer.array(reply.elements.size());
      break;
    case ReplyType::boolean:
      writer.boolean(reply.integer != 0);
      break;
    case ReplyType::real:
      writer.real(reply.real);
      break;
    case ReplyType::big_number:
      writer.big_number(reply.string);
      break;
    case ReplyType::verbatim:
      writer.verbatim(reply.format, reply.string);
      break;
    case ReplyType::map:
      writer.map(reply.elements.size() / 2);
      break;
    case ReplyType::set:
      writer.set(reply.elements.size());
      break;
    case ReplyType::push:
      writer.push(reply.elements.size());
      break;
  }
  for (const protocol::Reply& element : reply.elements) encode(element, writer);
}

/// Compared as bytes, because a NaN does not equal itself.
inline std::string encoded(const std::vector<protocol::Reply>& replies) {
  Buffer out;
  protocol::ReplyWriter writer(out, protocol::RespVersion::resp3);
  for (const protocol::Reply& reply : replies) encode(reply, writer);
  return std::string(out.view());
}

inline void check_reply_decoder(std::string_view bytes) {
  const DecodedReplies whole = decode_in_pieces(bytes, bytes.size());
  const std::string canonical = encoded(whole.replies);
  for (const std::size_t piece_bytes : {1U, 3U, 16U}) {
    const DecodedReplies pieces = decode_in_pieces(bytes, piece_bytes);
    RESPAWN_CHECK(encoded(pieces.replies) == canonical);
    RESPAWN_CHECK(pieces.error == whole.error);
  }
  const DecodedReplies again = decode_in_pieces(canonical, canonical.size());
  RESPAWN_CHECK(again.error.empty());
  RESPAWN_CHECK(encoded(again.replies) == canonical);
}

}  // namespace respawn::fuzz

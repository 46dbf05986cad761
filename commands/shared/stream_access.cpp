#include "commands/shared/stream_access.hpp"

#include <limits>

namespace respawn::commands {

namespace {

using keyspace::StreamId;

constexpr std::string_view invalid_id =
    "ERR Invalid stream ID specified as stream command argument";
constexpr std::size_t id_text_max_bytes = 127;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// As strtoull reads it, to the end: spaces and a sign in front; a minus counts down from 2^64.
std::optional<std::uint64_t> to_id_part(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (negative || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || __builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value))
      return std::nullopt;
  }
  return negative ? 0 - value : value;
}

/// A plain negative integer is none, though strtoull would read it.
std::optional<std::uint64_t> to_part(std::string_view text) {
  if (const auto plain = parse_uint64(text)) return plain;
  if (const auto integer = parse_int64(text); integer && *integer < 0) return std::nullopt;
  return to_id_part(text);
}

std::optional<WantedStreamId> parse_id(std::string_view text) {
  text = errors::up_to_nul(text);
  const std::size_t dash = text.find('-');
  const auto ms = to_part(text.substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return WantedStreamId{*ms, std::nullopt};
  const auto seq = to_part(text.substr(dash + 1));
  if (!seq) return std::nullopt;
  return WantedStreamId{*ms, *seq};
}

Error invalid() {
  return failure(std::string(invalid_id));
}

bool is_open(std::string_view text) {
  return text.size() > 1 && text.front() == '(';
}

}  // namespace

keyspace::StreamLimits stream_limits(const Execution& x) {
  return {.node_max_bytes = x.config().stream_node_max_bytes,
          .node_max_entries = static_cast<std::size_t>(x.config().stream_node_max_entries)};
}

void reply_id(Execution& x, const StreamId& id) {
  x.reply.bulk(StreamIdText(id).view());
}

Result<StreamId> to_stream_id(std::string_view text, std::uint64_t missing_seq) {
  if (text.size() > id_text_max_bytes) return invalid();
  const auto id = parse_id(text);
  if (!id) return invalid();
  return StreamId{id->ms, id->seq.value_or(missing_seq)};
}

Result<StreamId> to_any_stream_id(std::string_view text, std::uint64_t missing_seq) {
  const std::string_view word = errors::up_to_nul(text);
  if (word == "-" && text.size() <= id_text_max_bytes) return keyspace::first_stream_id;
  if (word == "+" && text.size() <= id_text_max_bytes) return keyspace::last_stream_id;
  return to_stream_id(text, missing_seq);
}

Result<WantedStreamId> to_wanted_stream_id(std::string_view text) {
  if (text.size() > id_text_max_bytes) return invalid();
  const std::string_view word = errors::up_to_nul(text);
  if (word.ends_with("-*") && word.find('-') == word.size() - 2) {
    const auto ms = to_part(word.substr(0, word.size() - 2));
    if (!ms) return invalid();
    return WantedStreamId{*ms, std::nullopt};
  }
  auto id = to_stream_id(text);
  if (!id) return failure(id.error());
  return WantedStreamId{id->ms, id->seq};
}

Result<StreamId> to_range_start(std::string_view text) {
  if (!is_open(text)) return to_any_stream_id(text);
  auto id = to_stream_id(text.substr(1));
  if (!id) return id;
  if (const auto next = id->next()) return *next;
  return failure("ERR invalid start ID for the interval");
}

Result<StreamId> to_range_end(std::string_view text) {
  if (!is_open(text)) return to_any_stream_id(text, StreamId::max_part);
  auto id = to_stream_id(text.substr(1), StreamId::max_part);
  if (!id) return id;
  if (const auto previous = id->previous()) return *previous;
  return failure("ERR invalid end ID for the interval");
}

Result<std::vector<StreamId>> to_stream_ids(Args args, std::size_t at) {
  std::vector<StreamId> ids;
  ids.reserve(args.size() - at);
  for (; at < args.size(); ++at) {
    auto id = to_stream_id(args[at]);
    if (!id) return failure(id.error());
    ids.push_back(*id);
  }
  return ids;
}

void reply_entry(Execution& x, const keyspace::StreamEntry& entry) {
  x.reply.array(2);
  reply_entry_parts(x, entry);
}

void reply_entry_parts(Execution& x, const keyspace::StreamEntry& entry) {
  reply_id(x, entry.id);
  x.reply.array(entry.field_count * 2);
  entry.for_each_field([&](std::string_view name, std::string_view value) {
    x.reply.bulk(name);
    x.reply.bulk(value);
  });
}

const keyspace::Stream* find_stream(Execution& x, const keyspace::Key& key) {
  const keyspace::Entry* entry = x.find_read(key, keyspace::Type::stream);
  return entry == nullptr ? nullptr : &entry->object<keyspace::Stream>();
}

std::string no_such_group(std::string_view key, std::string_view group) {
  return "NOGROUP No such key '" + std::string(errors::up_to_nul(key)) + "' or consumer group '" +
         std::string(errors::up_to_nul(group)) + "'";
}

std::string no_such_group_of_key(std::string_view key, std::string_view group) {
  return "NOGROUP No such consumer group '" + std::string(errors::up_to_nul(group)) +
         "' for key name '" + std::string(errors::up_to_nul(key)) + "'";
}

}  // namespace respawn::commands

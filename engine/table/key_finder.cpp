#include "engine/table/key_finder.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::engine {

namespace {

/// Argument positions from first to last, both included.
struct Span {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t step = 1;
};

std::span<const KeySpec> specs_of(const CommandSpec& spec) {
  return std::span(spec.keys).first(spec.key_spec_count());
}

/// Where the arguments of this specification begin; 0 when its keyword is not there.
std::int64_t beginning_of(const KeySpec& spec, Args args) {
  if (spec.begin == KeySpec::Begin::index) return spec.index;
  const auto count = static_cast<std::int64_t>(args.size());
  const bool forward = spec.index > 0;
  std::int64_t at = forward ? spec.index : count + spec.index;
  const std::int64_t end = forward ? count - 1 : 1;
  for (; at >= 1 && at < count && at != end; at += forward ? 1 : -1)
    if (iequals(args[static_cast<std::size_t>(at)], spec.keyword)) return at + 1;
  return 0;
}

std::optional<Span> span_of(const KeySpec& spec, std::int64_t first, Args args) {
  const auto count = static_cast<std::int64_t>(args.size());
  if (spec.find == KeySpec::Find::range) {
    const std::int64_t last = spec.last_or_keynum;
    if (last >= 0) return Span{first, first + last, spec.step};
    if (spec.limit == 0) return Span{first, count + last, spec.step};
    return Span{first, first + (count - first) / spec.limit + last, spec.step};
  }
  const std::int64_t count_place = first + spec.last_or_keynum;
  if (count_place >= count) return std::nullopt;
  const auto keys = parse_int64(args[static_cast<std::size_t>(count_place)]);
  if (!keys || *keys < 0 || *keys > count) return std::nullopt;
  return Span{first + spec.first_key, first + spec.first_key + *keys - 1, spec.step};
}

/// Whether every step of a BITFIELD reads.
bool reads_fields(Args args) {
  for (std::size_t at = 2; at < args.size();) {
    const std::size_t behind = args.size() - at - 1;
    if (iequals(args[at], "get") && behind >= 2)
      at += 3;
    else if (iequals(args[at], "overflow") && behind >= 1)
      at += 2;
    else
      return false;
  }
  return true;
}

/// What SET and BITFIELD do with their key depends on their options.
KeyFlags settled(const CommandSpec& command, const KeySpec& spec, Args args) {
  if (!spec.flags.has(KeyFlag::variable_flags)) return spec.flags;
  constexpr KeyFlags reads_and_writes = {KeyFlag::RW, KeyFlag::access, KeyFlag::update};
  if (command.name == "bitfield")
    return reads_fields(args) ? KeyFlags{KeyFlag::RO, KeyFlag::access} : reads_and_writes;
  if (command.name != "set") return spec.flags;
  const bool reads =
      std::any_of(args.begin() + std::min<std::ptrdiff_t>(3, std::ssize(args)), args.end(),
                  [](auto word) { return iequals(word, "get") || iequals(word, "ifeq"); });
  return reads ? reads_and_writes : KeyFlags{KeyFlag::OW, KeyFlag::update};
}

/// SORT's source, and the destination behind the last STORE that is not another option's argument.
std::vector<FoundKey> keys_of_sort(const CommandSpec& command, Args args) {
  std::vector<FoundKey> keys{{1, command.keys[0].flags}};
  if (!command.flags.has(Flag::write)) return keys;
  for (std::size_t at = 2; at < args.size(); ++at) {
    if (iequals(args[at], "limit")) {
      at += 2;
    } else if (iequals(args[at], "get") || iequals(args[at], "by")) {
      ++at;
    } else if (iequals(args[at], "store") && at + 1 < args.size()) {
      keys.resize(1);
      keys.push_back({at + 1, command.keys[2].flags});
    }
  }
  return keys;
}

bool is_plain_range(const KeySpec& spec) {
  return spec.begin == KeySpec::Begin::index && spec.find == KeySpec::Find::range;
}

}  // namespace

std::optional<std::vector<FoundKey>> find_keys(const CommandSpec& command, Args args) {
  if (command.name == "sort" || command.name == "sort_ro") return keys_of_sort(command, args);
  std::vector<FoundKey> keys;
  const auto count = static_cast<std::int64_t>(args.size());
  for (const KeySpec& spec : specs_of(command)) {
    if (spec.flags.has(KeyFlag::not_key)) continue;
    if (spec.begin == KeySpec::Begin::unknown || spec.find == KeySpec::Find::unknown ||
        spec.flags.has(KeyFlag::incomplete))
      return std::nullopt;
    const std::int64_t first = beginning_of(spec, args);
    if (first == 0) continue;
    const std::optional<Span> span = span_of(spec, first, args);
    if (!span || span->first >= count || span->last >= count || span->last < span->first)
      return std::nullopt;
    for (std::int64_t at = span->first; at <= span->last; at += span->step)
      keys.push_back({static_cast<std::size_t>(at), settled(command, spec, args)});
  }
  return keys;
}

bool has_keys(const CommandSpec& command) {
  const auto specs = specs_of(command);
  return std::any_of(specs.begin(), specs.end(),
                     [](const KeySpec& spec) { return !spec.flags.has(KeyFlag::not_key); });
}

KeyRange key_range_of(const CommandSpec& command) {
  const auto specs = specs_of(command);
  KeyRange range;
  if (specs.empty()) return range;
  const auto last_of = [](const KeySpec& spec) {
    return spec.last_or_keynum < 0 ? spec.last_or_keynum : spec.index + spec.last_or_keynum;
  };
  if (specs.size() == 1 && is_plain_range(specs[0])) {
    const KeySpec& spec = specs[0];
    return {spec.index, last_of(spec), spec.step, !spec.flags.has(KeyFlag::incomplete)};
  }
  // Ranges that follow one another count as one; what does not fit is left to the specifications.
  for (const KeySpec& spec : specs) {
    const bool follows = range.last == 0 || range.last == spec.index - 1;
    if (!is_plain_range(spec) || spec.step != 1 || !follows) {
      range.complete = false;
      continue;
    }
    if (spec.flags.has(KeyFlag::incomplete)) range.complete = false;
    if (range.first == 0) range.first = spec.index;
    range.last = last_of(spec);
    range.step = 1;
  }
  return range;
}

}  // namespace respawn::engine

#include "engine/run/slow_log.hpp"

#include <algorithm>
#include <utility>

#include "engine/table/secrets.hpp"

namespace respawn::engine {

namespace {

constexpr std::size_t words_max = 32;
constexpr std::size_t word_bytes_max = 128;

std::string shortened(std::string_view word) {
  std::string text(word.substr(0, word_bytes_max));
  if (word.size() > word_bytes_max)
    text += "... (" + std::to_string(word.size() - word_bytes_max) + " more bytes)";
  return text;
}

}  // namespace

void SlowLog::add(SlowCommand entry, std::int64_t entries_max) {
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  trim(entries_max);
}

void SlowLog::trim(std::int64_t entries_max) {
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(entries_max, 0));
  if (entries_.size() > wanted) entries_.resize(wanted);
}

std::vector<std::string> slow_log_words(const CommandSpec& spec, Args args) {
  const bool cut = args.size() > words_max;
  const std::size_t kept = cut ? words_max - 1 : args.size();
  std::vector<std::string> words;
  words.reserve(kept + 1);
  for (std::size_t at = 0; at < kept; ++at)
    words.push_back(is_secret(spec, args, at) ? std::string(redacted) : shortened(args[at]));
  if (cut) words.push_back("... (" + std::to_string(args.size() - kept) + " more arguments)");
  return words;
}

}  // namespace respawn::engine

// SORT and SORT_RO: the elements of a list, set or sorted set in the order of their weights.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/hash_access.hpp"
#include "commands/shared/list_access.hpp"
#include "commands/shared/sorted_set_access.hpp"
#include "engine/run/rights.hpp"
#include "keyspace/types/list_builder.hpp"
#include "keyspace/types/set.hpp"

namespace respawn::commands {

namespace {

using keyspace::Direction;
using keyspace::End;
using keyspace::Entry;
using keyspace::Key;
using keyspace::List;
using keyspace::Set;
using keyspace::SortedSet;
using keyspace::Type;

/// Which value belongs to an element: of BY, the one it is sorted by; of GET, the one replied.
struct ValuePattern {
  enum class Kind : std::uint8_t {
    element,  // "#": the element itself
    named,    // a key, or a field of the hash there, with the element in the place of '*'
    none,     // without '*': no value at all
  };

  Kind kind = Kind::none;
  std::string_view prefix{};
  std::string_view suffix{};
  std::string_view field{};  // empty: the key holds a string
};

/// As Redis, sees '*' and "->" only in front of a NUL byte.
ValuePattern parse_pattern(std::string_view text) {
  const std::string_view searched = errors::up_to_nul(text);
  if (searched == "#") return {.kind = ValuePattern::Kind::element};
  const std::size_t star = searched.find('*');
  if (star == std::string_view::npos) return {};
  ValuePattern pattern{.kind = ValuePattern::Kind::named,
                       .prefix = text.substr(0, star),
                       .suffix = text.substr(star + 1)};
  const std::size_t arrow = searched.find("->", star + 1);
  if (arrow == std::string_view::npos || arrow + 2 == searched.size()) return pattern;
  pattern.suffix = text.substr(star + 1, arrow - star - 1);
  pattern.field = text.substr(arrow + 2);
  return pattern;
}

struct SortOptions {
  bool descending = false;
  bool alphabetic = false;
  bool unsorted = false;  // BY something constant
  std::optional<ValuePattern> by;
  std::vector<ValuePattern> gets;
  std::optional<std::string_view> destination;
  std::int64_t offset = 0;
  std::int64_t count = -1;
};

/// BY and GET read keys that are not among the arguments.
std::string denied(std::string_view option) {
  return "ERR " + std::string(option) +
         " option of SORT denied due to insufficient ACL permissions.";
}

Result<SortOptions> parse_options(Args args, bool may_store, bool reads_all_keys) {
  SortOptions options;
  for (ArgCursor at(args, 2); !at.done();) {
    if (at.take("ASC")) {
      options.descending = false;
    } else if (at.take("DESC")) {
      options.descending = true;
    } else if (at.take("ALPHA")) {
      options.alphabetic = true;
    } else if (at.take("LIMIT", 2)) {
      const auto offset = to_integer(at.next());
      if (!offset) return failure(offset.error());
      const auto count = to_integer(at.next());
      if (!count) return failure(count.error());
      options.offset = *offset;
      options.count = *count;
    } else if (may_store && at.take("STORE", 1)) {
      options.destination = at.next();
    } else if (at.take("BY", 1)) {
      const std::string_view text = at.next();
      options.by = parse_pattern(text);
      const bool has_star = errors::up_to_nul(text).find('*') != std::string_view::npos;
      if (has_star && !reads_all_keys) return failure(denied("BY"));
      options.unsorted |= !has_star;  // once said it stays, whatever further BYs say
    } else if (at.take("GET", 1)) {
      if (!reads_all_keys) return failure(denied("GET"));
      options.gets.push_back(parse_pattern(at.next()));
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return options;
}

/// Texts behind one another in one allocation, a NUL byte behind each; a piece stays valid while
/// further ones are added.
class Texts {
 public:
  struct Piece {
    std::size_t at = 0;
    std::size_t length = 0;
  };

  Piece add(std::string_view text) {
    const Piece piece{bytes_.size(), text.size()};
    bytes_ += text;
    bytes_ += '\0';
    return piece;
  }

  [[nodiscard]] std::string_view text(Piece piece) const {
    return {bytes_.data() + piece.at, piece.length};
  }

  /// Ends with a NUL byte.
  [[nodiscard]] const char* c_text(Piece piece) const { return bytes_.data() + piece.at; }

 private:
  std::string bytes_;
};

/// One element's place in the order: small, for it is moved often.
struct Rank {
  double weight = 0;
  std::size_t index = 0;  // in the order of the source
};

/// Elements as they are to be sorted. They are copies: what is looked up for them may remove
/// expired keys, and the destination may be the source.
class Sorting {
 public:
  Sorting(Execution& x, const SortOptions& options) : x_(&x), options_(&options) {}

  void load(const Key& key, const Entry& source);

  /// Behind load(): the order of the source.
  void rank();

  /// False when a weight is no number.
  bool weigh();

  void sort();

  /// Calls visit(std::optional<std::string_view>) for each value of the result.
  template <class Visitor>
  void for_each_result(Visitor&& visit);

  [[nodiscard]] std::size_t result_size() const {
    return count_ * std::max<std::size_t>(options_->gets.size(), 1);
  }

 private:
  void add(std::string_view element) { elements_.push_back(texts_.add(element)); }

  [[nodiscard]] std::string_view element(const Rank& rank) const {
    return texts_.text(elements_[rank.index]);
  }

  void clamp_window(std::size_t size);
  void load_list(const List& list);
  void load_sorted_set(const SortedSet& set);
  std::optional<std::string_view> value_of(const ValuePattern& pattern, std::string_view element);
  const Entry* find_named(std::string_view name);
  [[nodiscard]] int compare_texts(Texts::Piece a, Texts::Piece b) const;
  [[nodiscard]] int compare_by_values(const Rank& a, const Rank& b) const;
  template <class Compare>
  void sort_by(Compare&& compare);

  Execution* x_;
  const SortOptions* options_;
  Texts texts_;
  std::vector<Texts::Piece> elements_;               // in the order of the source
  std::vector<std::optional<Texts::Piece>> values_;  // of the elements, to sort them ALPHA by
  std::vector<Rank> ranks_;                          // in the order of the result
  std::size_t first_ = 0;                            // what LIMIT leaves of ranks_
  std::size_t count_ = 0;
  std::string name_;
  std::string value_;
};

void Sorting::clamp_window(std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t first = std::clamp<std::int64_t>(options_->offset, 0, length);
  const std::int64_t rest = length - first;
  first_ = static_cast<std::size_t>(first);
  count_ = static_cast<std::size_t>(options_->count < 0 ? rest : std::min(options_->count, rest));
}

void Sorting::load(const Key& key, const Entry& source) {
  if (source.type() == Type::list) return load_list(source.object<List>());
  if (source.type() == Type::sorted_set) {
    // Redis makes a skiplist of what it sorts, which OBJECT ENCODING shows.
    const keyspace::SortedSetLimits limits = sorted_set_limits(*x_);
    if (source.encoding() != keyspace::Encoding::skiplist)
      x_->change(key, &source).object<SortedSet>().expect(limits.max_listpack_entries + 1, limits);
    return load_sorted_set(source.object<SortedSet>());
  }
  const Set& set = source.object<Set>();
  clamp_window(set.size());
  set.for_each([this](std::string_view member) { add(member); });
}

void Sorting::load_list(const List& list) {
  clamp_window(list.size());
  if (!options_->unsorted)
    return list.for_range(0, list.size(), [this](std::string_view value) { add(value); });
  if (count_ == 0) return;
  const bool down = options_->descending;
  auto walk = list.walk(down ? list.size() - 1 - first_ : first_, down ? End::front : End::back);
  for (std::size_t left = count_; left > 0; --left, walk.next()) add(walk.value());
  first_ = 0;
}

void Sorting::load_sorted_set(const SortedSet& set) {
  clamp_window(set.size());
  const bool part = options_->unsorted;
  if (part && count_ == 0) return;
  const bool down = part && options_->descending;
  const std::size_t start = part ? first_ : 0;
  auto walk = set.walk(down ? set.size() - 1 - start : start,
                       down ? Direction::backward : Direction::forward);
  for (std::size_t left = part ? count_ : set.size(); left > 0; --left, walk.next())
    add(walk.member());
  if (part) first_ = 0;
}

/// The key's name is not among the arguments: it is kept where an event may mention it.
const Entry* Sorting::find_named(std::string_view name) {
  const Key key(name);
  const Entry* found = x_->find_any(key);
  const bool silent =
      found ? !found->expired(x_->expiry_now_ms())
            : (x_->config().notify_keyspace_events & config::keyspace_event::key_miss) == 0;
  return x_->find_read(silent ? key : Key(x_->keep(name), key.hash));
}

/// None where there is no such key or field, or it holds something else. Valid until the next call.
std::optional<std::string_view> Sorting::value_of(const ValuePattern& pattern,
                                                  std::string_view element) {
  if (pattern.kind == ValuePattern::Kind::element) return element;
  if (pattern.kind == ValuePattern::Kind::none) return std::nullopt;
  name_.assign(pattern.prefix).append(element).append(pattern.suffix);
  const Entry* const entry = find_named(name_);
  const Type wanted = pattern.field.empty() ? Type::string : Type::hash;
  if (!entry || entry->type() != wanted) return std::nullopt;
  if (pattern.field.empty()) {
    keyspace::Scratch scratch;
    value_ = entry->bytes(scratch);
    return value_;
  }
  keyspace::FieldScratch scratch;
  const auto field =
      live_field(*x_, entry->object<keyspace::Hash>(), keyspace::MemberKey(pattern.field), scratch);
  if (!field) return std::nullopt;
  value_ = field->value;
  return value_;
}

/// As strtod reads it up to a NUL byte, so that nothing at all is 0; none when it is not a number,
/// or out of range.
std::optional<double> to_weight(std::string_view text) {
  // Nearly all are plain decimal numbers.
  double plain = 0;
  const char* const text_end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), text_end, plain);
  if (fault == std::errc() && stop == text_end && std::isnormal(plain)) return plain;
  const std::string copy(errors::up_to_nul(text));
  char* end = nullptr;
  errno = 0;
  const double weight = std::strtod(copy.c_str(), &end);
  if (*end != '\0' || errno == ERANGE || std::isnan(weight)) return std::nullopt;
  return weight;
}

void Sorting::rank() {
  ranks_.resize(elements_.size());
  for (std::size_t i = 0; i < ranks_.size(); ++i) ranks_[i].index = i;
}

bool Sorting::weigh() {
  const bool by_values = options_->by.has_value();
  if (options_->alphabetic) {
    if (!by_values) return true;
    for (const Rank& rank : ranks_) {
      const auto value = value_of(*options_->by, element(rank));
      values_.push_back(value ? std::optional(texts_.add(*value)) : std::nullopt);
    }
    return true;
  }
  bool numbers = true;
  for (Rank& rank : ranks_) {
    const auto text = by_values ? value_of(*options_->by, element(rank)) : element(rank);
    if (!text) continue;
    const auto weight = to_weight(*text);
    rank.weight = weight.value_or(0);
    numbers = numbers && weight;
  }
  return numbers;
}

/// Alphabetic order: that of the locale, up to a NUL byte. As in Redis, what is stored is ordered
/// by its bytes, so that it is the same everywhere.
int Sorting::compare_texts(Texts::Piece a, Texts::Piece b) const {
  if (options_->destination) return texts_.text(a).compare(texts_.text(b));
  return x_->store().collation.compare(texts_.c_text(a), texts_.c_text(b));
}

/// Elements without a value come first.
int Sorting::compare_by_values(const Rank& a, const Rank& b) const {
  const auto& left = values_[a.index];
  const auto& right = values_[b.index];
  if (left && right) return compare_texts(*left, *right);
  return static_cast<int>(left.has_value()) - static_cast<int>(right.has_value());
}

/// `compare` is below, equal to or above 0; what is equal stays in the order of the source.
template <class Compare>
void Sorting::sort_by(Compare&& compare) {
  const bool down = options_->descending;
  const auto before = [&](const Rank& a, const Rank& b) {
    const int order = down ? compare(b, a) : compare(a, b);
    return order != 0 ? order < 0 : a.index < b.index;
  };
  const auto end = ranks_.begin() + static_cast<std::ptrdiff_t>(first_ + count_);
  if (end != ranks_.end()) std::nth_element(ranks_.begin(), end, ranks_.end(), before);
  std::sort(ranks_.begin(), end, before);
}

void Sorting::sort() {
  x_->store().collation.select(x_->config().locale_collate);
  // Equal weights are told apart by the elements; values to sort alphabetically by are not.
  if (!options_->alphabetic)
    return sort_by([this](const Rank& a, const Rank& b) {
      if (a.weight != b.weight) return a.weight < b.weight ? -1 : 1;
      return element(a).compare(element(b));
    });
  if (options_->by)
    return sort_by([this](const Rank& a, const Rank& b) { return compare_by_values(a, b); });
  sort_by([this](const Rank& a, const Rank& b) {
    return compare_texts(elements_[a.index], elements_[b.index]);
  });
}

template <class Visitor>
void Sorting::for_each_result(Visitor&& visit) {
  for (std::size_t i = first_; i < first_ + count_; ++i) {
    const std::string_view found = element(ranks_[i]);
    if (options_->gets.empty()) visit(std::optional(found));
    for (const ValuePattern& pattern : options_->gets) visit(value_of(pattern, found));
  }
}

void reply_sorted(Execution& x, Sorting& sorting) {
  x.reply.array(sorting.result_size());
  sorting.for_each_result([&](std::optional<std::string_view> value) {
    value ? x.reply.bulk(*value) : x.reply.null();
  });
}

void store_sorted(Execution& x, Sorting& sorting, std::string_view destination) {
  const keyspace::ListLimits limits = list_limits(x);
  keyspace::ListBuilder builder(limits);
  sorting.for_each_result(
      [&](std::optional<std::string_view> value) { builder.add(value.value_or("")); });
  std::unique_ptr<List> list = builder.build();
  const Key key(destination);
  const std::size_t size = list->size();
  if (size > 0) {
    const Entry* existing = x.find_write(key);
    x.change(key, existing).set_object(std::move(list));
    if (!existing) x.created(key.bytes);
    x.changed(key.bytes, config::keyspace_event::list, "sortstore", size);
    x.became_ready(key.bytes);
  } else {
    x.erase_any(key);
  }
  x.reply.integer(static_cast<std::int64_t>(size));
}

bool sortable(const Entry& entry) {
  return entry.type() == Type::list || entry.type() == Type::set ||
         entry.type() == Type::sorted_set;
}

bool may_read_all(Execution& x, Args args) {
  if (!x.session().restricted) return true;
  const Command* command = x.store().registry.find_original(x.spec().name);
  RESPAWN_CHECK(command != nullptr);
  return may_read_all_keys(*x.session().user, *command, args);
}

void sort_elements(Execution& x, Args args, bool may_store) {
  auto options = parse_options(args, may_store, may_read_all(x, args));
  if (!options) return x.fail(options.error());
  const Key key = x.key(args[1]);
  const Entry* source = x.find_read(key);
  if (source && !sortable(*source)) return x.fail(errors::wrong_type);
  // What is stored of a set, or a script sees, has an order that does not depend on chance.
  const bool is_settled = options->destination || x.session().script_of != nullptr;
  if (source && source->type() == Type::set && options->unsorted && is_settled) {
    options->unsorted = false;
    options->alphabetic = true;
    options->by.reset();
  }
  Sorting sorting(x, *options);
  if (source) sorting.load(key, *source);
  sorting.rank();
  if (!options->unsorted) {
    if (!sorting.weigh()) return x.fail("ERR One or more scores can't be converted into double");
    sorting.sort();
  }
  options->destination ? store_sorted(x, sorting, *options->destination) : reply_sorted(x, sorting);
}

void sort(Execution& x, Args args) {
  sort_elements(x, args, true);
}

void sort_ro(Execution& x, Args args) {
  sort_elements(x, args, false);
}

constexpr KeySpec unknown_keys(KeyFlags flags, std::string_view notes) {
  KeySpec spec;
  spec.flags = flags;
  spec.begin = KeySpec::Begin::unknown;
  spec.find = KeySpec::Find::unknown;
  spec.notes = notes;
  return spec;
}

constexpr KeySpec source_key = keys({KeyFlag::RO, KeyFlag::access}, 1);
constexpr KeySpec value_keys =
    unknown_keys({KeyFlag::RO, KeyFlag::access}, "the elements' values of BY and GET");
constexpr KeySpec destination_key =
    unknown_keys({KeyFlag::OW, KeyFlag::update}, "behind STORE, which may stand anywhere");
constexpr Categories sorted_types = {Category::set, Category::sortedset, Category::list,
                                     Category::dangerous};
constexpr std::string_view sort_complexity =
    "O(N+M*log(M)) with N being the number of elements and M the number of them up to the end of "
    "LIMIT; O(N) when they are not sorted.";

constexpr CommandSpec sort_rows[] = {
    command({.name = "sort",
             .syntax = "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC "
                       "| DESC] [ALPHA] [STORE destination]",
             .group = Group::generic,
             .flags = {Flag::write, Flag::denyoom},
             .categories = sorted_types,
             .keys = {source_key, value_keys, destination_key},
             .since = "1.0.0",
             .complexity = sort_complexity,
             .summary = "Lists or stores the elements of a list, set or sorted set, or values that "
                        "belong to them, in order.",
             .run = sort}),
    command({.name = "sort_ro",
             .syntax = "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC "
                       "| DESC] [ALPHA]",
             .group = Group::generic,
             .flags = {Flag::readonly},
             .categories = sorted_types,
             .keys = {source_key, value_keys},
             .since = "7.0.0",
             .complexity = sort_complexity,
             .summary = "Lists the elements of a list, set or sorted set, or values that belong to "
                        "them, in order.",
             .run = sort_ro}),
};

}  // namespace

constinit const std::span<const CommandSpec> sort_commands = sort_rows;

}  // namespace respawn::commands

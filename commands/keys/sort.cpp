// SORT and SORT_RO: the elements of a list, set or sorted set in the order of their weights.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "commands/families.hpp"
#include "commands/shared/hash_access.hpp"
#include "commands/shared/list_access.hpp"
#include "commands/shared/sorted_set_access.hpp"
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

Result<SortOptions> parse_options(Args args, bool may_store) {
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
      // Once said it stays, whatever further BYs say.
      options.unsorted |= errors::up_to_nul(text).find('*') == std::string_view::npos;
    } else if (at.take("GET", 1)) {
      options.gets.push_back(parse_pattern(at.next()));
    } else {
      return failure(std::string(errors::syntax));
    }
  }
  return options;
}

/// Texts behind one another in one allocation; a piece stays valid while further ones are added.
class Texts {
 public:
  struct Piece {
    std::size_t at = 0;
    std::size_t length = 0;
  };

  Piece add(std::string_view text) {
    const Piece piece{bytes_.size(), text.size()};
    bytes_ += text;
    return piece;
  }

  [[nodiscard]] std::string_view text(Piece piece) const {
    return std::string_view(bytes_).substr(piece.at, piece.length);
  }

 private:
  std::string bytes_;
};

struct Item {
  Texts::Piece element;
  std::size_t index = 0;  // in the order of the source
  double weight = 0;
  std::optional<Texts::Piece> by{};  // sorting alphabetically by values: the value, if there is one
};

/// Elements as they are to be sorted. They are copies: what is looked up for them may remove
/// expired keys, and the destination may be the source.
class Sorting {
 public:
  Sorting(Execution& x, const SortOptions& options) : x_(&x), options_(&options) {}

  void load(const Key& key, const Entry& source);

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
  void add(std::string_view element) {
    items_.push_back({.element = texts_.add(element), .index = items_.size()});
  }

  void clamp_window(std::size_t size);
  void load_list(const List& list);
  void load_sorted_set(const SortedSet& set);
  std::optional<std::string_view> value_of(const ValuePattern& pattern, std::string_view element);
  const Entry* find_named(std::string_view name);
  [[nodiscard]] int compare_texts(Texts::Piece a, Texts::Piece b) const;
  [[nodiscard]] int compare(const Item& a, const Item& b) const;

  Execution* x_;
  const SortOptions* options_;
  Texts texts_;
  std::vector<Item> items_;
  std::size_t first_ = 0;  // what LIMIT leaves of items_ once they are sorted
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
  const Entry* found = x_->db().find(key);
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
  const std::string copy(errors::up_to_nul(text));
  char* end = nullptr;
  errno = 0;
  const double weight = std::strtod(copy.c_str(), &end);
  if (*end != '\0' || errno == ERANGE || std::isnan(weight)) return std::nullopt;
  return weight;
}

bool Sorting::weigh() {
  bool numbers = true;
  for (Item& item : items_) {
    const std::string_view element = texts_.text(item.element);
    if (!options_->by) {
      if (options_->alphabetic) return true;
      const auto weight = to_weight(element);
      item.weight = weight.value_or(0);
      numbers = numbers && weight;
      continue;
    }
    const auto value = value_of(*options_->by, element);
    if (!value) continue;
    if (options_->alphabetic) {
      item.by = texts_.add(*value);
      continue;
    }
    const auto weight = to_weight(*value);
    item.weight = weight.value_or(0);
    numbers = numbers && weight;
  }
  return numbers;
}

/// Alphabetic order. As in Redis, what is not stored is compared up to a NUL byte.
int Sorting::compare_texts(Texts::Piece a, Texts::Piece b) const {
  const std::string_view left = texts_.text(a);
  const std::string_view right = texts_.text(b);
  if (options_->destination) return left.compare(right);
  return errors::up_to_nul(left).compare(errors::up_to_nul(right));
}

/// Below, equal to or above 0. Equal weights are told apart by the elements; values to sort
/// alphabetically by are not.
int Sorting::compare(const Item& a, const Item& b) const {
  if (!options_->alphabetic) {
    if (a.weight < b.weight) return -1;
    return a.weight > b.weight ? 1 : texts_.text(a.element).compare(texts_.text(b.element));
  }
  if (!options_->by) return compare_texts(a.element, b.element);
  if (!a.by || !b.by)
    return static_cast<int>(a.by.has_value()) - static_cast<int>(b.by.has_value());
  return compare_texts(*a.by, *b.by);
}

void Sorting::sort() {
  const auto before = [this](const Item& a, const Item& b) {
    const int order = options_->descending ? compare(b, a) : compare(a, b);
    return order != 0 ? order < 0 : a.index < b.index;
  };
  const auto end = items_.begin() + static_cast<std::ptrdiff_t>(first_ + count_);
  if (end != items_.end()) std::nth_element(items_.begin(), end, items_.end(), before);
  std::sort(items_.begin(), end, before);
}

template <class Visitor>
void Sorting::for_each_result(Visitor&& visit) {
  for (std::size_t i = first_; i < first_ + count_; ++i) {
    const std::string_view element = texts_.text(items_[i].element);
    if (options_->gets.empty()) visit(std::optional(element));
    for (const ValuePattern& pattern : options_->gets) visit(value_of(pattern, element));
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
  auto list = std::make_unique<List>();
  sorting.for_each_result([&](std::optional<std::string_view> value) {
    list->push(End::back, value.value_or(""), limits);
  });
  const Key key(destination);
  const Entry* existing = x.find_write(key);
  const std::size_t size = list->size();
  if (size > 0) {
    x.change(key, existing).set_object(std::move(list));
    if (!existing) x.created(key.bytes);
    x.changed(key.bytes, config::keyspace_event::list, "sortstore", size);
    x.became_ready(key.bytes);
  } else if (existing) {
    x.erase(key, existing);
  }
  x.reply.integer(static_cast<std::int64_t>(size));
}

bool sortable(const Entry& entry) {
  return entry.type() == Type::list || entry.type() == Type::set ||
         entry.type() == Type::sorted_set;
}

void sort_elements(Execution& x, Args args, bool may_store) {
  auto options = parse_options(args, may_store);
  if (!options) return x.fail(options.error());
  const Key key = x.key(args[1]);
  const Entry* source = x.find_read(key);
  if (source && !sortable(*source)) return x.fail(errors::wrong_type);
  // What is stored of a set has an order that does not depend on chance.
  if (source && source->type() == Type::set && options->unsorted && options->destination) {
    options->unsorted = false;
    options->alphabetic = true;
    options->by.reset();
  }
  Sorting sorting(x, *options);
  if (source) sorting.load(key, *source);
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

constexpr CommandSpec rows[] = {
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

constinit const std::span<const CommandSpec> sort_commands = rows;

}  // namespace respawn::commands

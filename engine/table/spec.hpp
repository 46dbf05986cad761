// What a command is, as data: one constexpr row beside its handler, checked at compile time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace respawn::engine {

class Execution;
struct Store;
struct CommandSpec;
using Args =
    std::span<const std::string_view>;  // args[0] is the command's name as the client sent it

/// Parses its arguments, changes data, writes exactly one reply and records effects.
using Handler = void (*)(Execution&, Args);

/// In the order in which COMMAND INFO prints them.
enum class Flag : std::uint8_t {
  write,
  readonly,
  denyoom,
  admin,
  pubsub,
  noscript,
  blocking,
  loading,
  stale,
  skip_monitor,
  skip_slowlog,
  asking,
  fast,
  no_auth,
  may_replicate,  // never printed
  no_mandatory_keys,
  no_async_loading,
  no_multi,
  movablekeys,
  allow_busy,
  allowed_when_subscribed,  // ours: also in RESP2's subscribe mode; never printed
  guarded,                  // ours: runs only where enable-<name>-command allows it; never printed
  never_queued,             // ours: runs at once also within MULTI; never printed
  runs_queue,               // ours: EXEC, which is as good as all it runs; never printed
  runs_script,              // ours: can take long, and then goes on in slices; never printed
  always_answered,          // ours: as allow_busy, where Redis has none; never printed
  count_,
};

/// ACL categories, in Redis's order.
enum class Category : std::uint8_t {
  keyspace,
  read,
  write,
  set,
  sortedset,
  list,
  hash,
  string,
  bitmap,
  hyperloglog,
  geo,
  stream,
  pubsub,
  admin,
  fast,
  slow,
  blocking,
  dangerous,
  connection,
  transaction,
  scripting,
  count_,
};

/// Command groups as COMMAND DOCS names them.
enum class Group : std::uint8_t {
  generic,
  string,
  list,
  set,
  sorted_set,
  hash,
  pubsub,
  transactions,
  connection,
  server,
  scripting,
  hyperloglog,
  cluster,
  geo,
  stream,
  bitmap,
  respawn,
};

/// A set of enumerators of E in one word.
template <class E>
class BitSet {
 public:
  constexpr BitSet() = default;

  constexpr BitSet(std::initializer_list<E> list) {
    for (E e : list) add(e);
  }

  constexpr void add(E e) { bits_ |= bit(e); }

  [[nodiscard]] constexpr BitSet operator|(BitSet other) const {
    other.bits_ |= bits_;
    return other;
  }

  [[nodiscard]] constexpr BitSet without(BitSet other) const {
    other.bits_ = bits_ & ~other.bits_;
    return other;
  }

  [[nodiscard]] constexpr bool has(E e) const { return (bits_ & bit(e)) != 0; }

  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }

 private:
  static constexpr std::uint32_t bit(E e) { return std::uint32_t{1} << static_cast<unsigned>(e); }

  std::uint32_t bits_ = 0;
};

using Flags = BitSet<Flag>;

/// What a call with these arguments may do, where a row alone cannot say it: a script has flags.
using FlagFinder = Flags (*)(const Store&, const CommandSpec&, Args);
using Categories = BitSet<Category>;

/// What a command does with a key, in COMMAND INFO's order.
enum class KeyFlag : std::uint8_t {
  RO,
  RW,
  OW,
  RM,
  access,
  update,
  insert,
  erase,
  not_key,
  incomplete,
  variable_flags,
};
using KeyFlags = BitSet<KeyFlag>;

/// Where keys stand among the arguments (Redis 7's key specifications).
struct KeySpec {
  enum class Begin : std::uint8_t { none, index, keyword, unknown };
  enum class Find : std::uint8_t { range, keynum, unknown };

  KeyFlags flags;
  Begin begin = Begin::none;
  std::int16_t index = 0;    // Begin::index: the argument; Begin::keyword: where the search starts
  std::string_view keyword;  // Begin::keyword
  Find find = Find::range;
  std::int16_t last_or_keynum = 0;  // range: last key, relative to the first, negative from the
                                    // end; keynum: the count's place
  std::int16_t first_key = 0;       // keynum: first key, relative to the beginning
  std::int16_t step = 1;
  std::int16_t limit = 0;
  std::string_view notes;
};

/// Keys from argument `first` on; `last` is relative to the first one (0 = just one key) or, when
/// negative, counted from the end.
constexpr KeySpec keys(KeyFlags flags, int first, int last = 0, int step = 1) {
  KeySpec spec;
  spec.flags = flags;
  spec.begin = KeySpec::Begin::index;
  spec.index = static_cast<std::int16_t>(first);
  spec.last_or_keynum = static_cast<std::int16_t>(last);
  spec.step = static_cast<std::int16_t>(step);
  return spec;
}

/// "numkeys key [key ...]" where argument `first` is the count.
constexpr KeySpec counted_keys(KeyFlags flags, int first) {
  KeySpec spec;
  spec.flags = flags;
  spec.begin = KeySpec::Begin::index;
  spec.index = static_cast<std::int16_t>(first);
  spec.find = KeySpec::Find::keynum;
  spec.first_key = 1;
  return spec;
}

/// Least number of arguments and whether more are allowed; printed as 2, or -2 when open. Counts
/// the command's name(s).
struct Arity {
  int min = 0;
  bool open = false;

  [[nodiscard]] constexpr bool admits(std::size_t count) const {
    return open ? count >= static_cast<std::size_t>(min) : count == static_cast<std::size_t>(min);
  }

  [[nodiscard]] constexpr int printed() const { return open ? -min : min; }
};

/// A handler, or none. Whether there is one is kept beside it: under the undefined-behaviour
/// sanitizer g++ 12 takes no comparison of a function's address for a constant.
class HandlerSlot {
 public:
  constexpr HandlerSlot() = default;

  constexpr HandlerSlot(Handler handler) : handler_(handler), filled_(true) {}

  [[nodiscard]] constexpr bool filled() const { return filled_; }

  void operator()(Execution& execution, Args args) const { handler_(execution, args); }

 private:
  Handler handler_ = nullptr;
  bool filled_ = false;
};

struct CommandSpec {
  std::string_view name;  // lower case; of a subcommand: "config|get"
  /// The arguments behind the name. Grammar: words, [optional], <one | of | these>, "key [key ...]"
  /// means one or more; words in upper case are literal tokens.
  std::string_view syntax{};
  Group group = Group::generic;
  Flags flags{};
  Categories categories{};  // beyond those that follow from flags and group
  std::array<KeySpec, 4> keys{};
  std::array<std::string_view, 4> tips{};
  std::string_view since;
  std::string_view complexity{};
  std::string_view summary;
  std::string_view deprecated_since{};
  std::string_view replaced_by{};
  HandlerSlot run{};           // empty for a container
  FlagFinder flags_of_call{};  // of those that run scripts
  std::span<const CommandSpec> subcommands{};
  int arity_override = 0;  // printed form; only for the few whose arity Redis states differently
  bool syscmd = false;     // COMMAND DOCS flag of DEBUG and the like
  Arity arity{};           // derived

  [[nodiscard]] constexpr std::size_t key_spec_count() const {
    std::size_t count = 0;
    while (count < keys.size() && keys[count].begin != KeySpec::Begin::none) ++count;
    return count;
  }

  [[nodiscard]] constexpr bool is_container() const {
    return !subcommands.empty() && !run.filled();
  }
};

/// Not constexpr: reaching it stops the build with `reason` in the message.
void spec_error(const char* reason);

namespace detail {

/// Least number of arguments that `syntax` from `at` on admits, and whether it admits more; stops
/// at a closing bracket or the end.
constexpr Arity arity_of(std::string_view syntax, std::size_t& at) {
  Arity sum{0, false};
  int best = -1;  // shortest alternative so far
  auto close = [&] {
    sum.open |= best >= 0 && best != sum.min;
    best = best < 0 ? sum.min : (best < sum.min ? best : sum.min);
  };
  for (; at < syntax.size() && syntax[at] != ']' && syntax[at] != '>'; ++at) {
    switch (syntax[at]) {
      case ' ':
        break;
      case '|':
        close();
        sum.min = 0;
        break;
      case '[':
        arity_of(syntax, ++at);
        sum.open = true;
        break;
      case '<': {
        Arity one = arity_of(syntax, ++at);
        sum.min += one.min;
        sum.open |= one.open;
        break;
      }
      default: {
        ++sum.min;
        std::size_t end = syntax.find_first_of(" ]>", at);
        at = (end == std::string_view::npos ? syntax.size() : end) - 1;
      }
    }
  }
  close();
  return {best, sum.open};
}

constexpr int words_of(std::string_view name) {
  int words = 1;
  for (char c : name) words += c == '|' ? 1 : 0;
  return words;
}

}  // namespace detail

/// Completes a row with what follows from it, and checks it. A bad row does not compile.
consteval CommandSpec command(CommandSpec s) {
  if (s.is_container()) {
    s.arity = {2, true};
  } else {
    std::size_t at = 0;
    Arity args = detail::arity_of(s.syntax, at);
    if (at != s.syntax.size()) spec_error("unbalanced brackets in syntax");
    s.arity = {args.min + detail::words_of(s.name), args.open};
    if (s.arity_override != 0)
      s.arity = {s.arity_override < 0 ? -s.arity_override : s.arity_override, s.arity_override < 0};
    if (!s.run.filled()) spec_error("no handler");
  }
  if (s.summary.empty() || s.since.empty()) spec_error("COMMAND DOCS needs summary and since");
  for (char c : s.name)
    if (c >= 'A' && c <= 'Z') spec_error("names are lower case");
  for (std::size_t i = 0; i < s.key_spec_count(); ++i)
    if (!s.keys[i].flags.has(KeyFlag::not_key) && s.group != Group::transactions &&
        !s.flags.has(Flag::runs_script) && s.flags.has(Flag::write) == s.flags.has(Flag::readonly))
      spec_error("a command on keys is either write or readonly");
  return s;
}

/// What follows from flags and group, and the row's own.
[[nodiscard]] Categories categories_of(const CommandSpec& spec);

[[nodiscard]] std::string_view name_of(Flag flag);
[[nodiscard]] std::string_view name_of(Category category);
[[nodiscard]] std::string_view name_of(Group group);
[[nodiscard]] std::string_view name_of(KeyFlag flag);

}  // namespace respawn::engine

// What LMPOP and ZMPOP have in common, and those that wait: several elements from one end of the
// first key that has some.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "commands/families.hpp"
#include "commands/shared/blocking_source.hpp"
#include "engine/table/arguments.hpp"

namespace respawn::commands {

template <class End>
struct MultiPop {
  Args keys;
  End end{};
  std::int64_t count = 1;  // at most
};

/// The end that a word names, or the error that it names none.
template <class End>
using EndReader = Result<End> (*)(std::string_view word);

/// "numkeys key [key ...] end [COUNT count]" from argument `at` on.
template <class End>
Result<MultiPop<End>> parse_multi_pop(Args args, std::size_t at, EndReader<End> to_end) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  auto key_count = to_integer_between(args[at], 1, max, "ERR numkeys should be greater than 0");
  if (!key_count) return failure(key_count.error());
  const auto behind = static_cast<std::int64_t>(args.size() - at - 1);
  if (*key_count >= behind) return failure(std::string(errors::syntax));
  MultiPop<End> wanted;
  wanted.keys = args.subspan(at + 1, static_cast<std::size_t>(*key_count));
  ArgCursor options(args, at + 1 + wanted.keys.size());
  auto end = to_end(options.next());
  if (!end) return failure(end.error());
  wanted.end = *end;
  if (options.done()) return wanted;
  if (!options.take("COUNT", 1)) return failure(std::string(errors::syntax));
  auto count = to_integer_between(options.next(), 1, max, "ERR count should be greater than 0");
  if (!count) return failure(count.error());
  if (!options.done()) return failure(std::string(errors::syntax));
  wanted.count = *count;
  return wanted;
}

/// Replies the name of the first key that holds a T, and what pop(Change&, end, count) replies.
/// False when there is none, or after an error.
template <class T, class End, class Pop>
bool multi_pop(Execution& x, const MultiPop<End>& wanted, Pop&& pop) {
  return serve_first<T>(x, wanted.keys, [&](keyspace::Change& change) {
    x.reply.array(2);
    x.reply.bulk(change.key().bytes);
    pop(change, wanted.end, wanted.count);
  });
}

/// LMPOP, ZMPOP.
template <class T, class End, class Pop>
void pop_at_once(Execution& x, Args args, EndReader<End> to_end, Pop&& pop) {
  auto wanted = parse_multi_pop(args, 1, to_end);
  if (!wanted) return x.fail(wanted.error());
  if (!multi_pop<T>(x, *wanted, pop) && !x.failed()) x.reply.null_array();
}

/// BLMPOP, BZMPOP.
template <class T, class End, class Pop>
void pop_or_wait(Execution& x, Args args, EndReader<End> to_end, Pop&& pop) {
  auto wanted = parse_multi_pop(args, 2, to_end);
  if (!wanted) return x.fail(wanted.error());
  auto timeout_ms = to_timeout_ms(args[1]);
  if (!timeout_ms) return x.fail(timeout_ms.error());
  if (multi_pop<T>(x, *wanted, pop) || x.failed()) return;
  x.block_on(wanted->keys, T::object_type, *timeout_ms, TimeoutReply::null_array);
}

}  // namespace respawn::commands

// Fields of bits in strings: integers of 1 to 64 bits at any bit offset.
#include <algorithm>
#include <limits>
#include <vector>

#include "commands/bitmaps/bits.hpp"
#include "commands/families.hpp"
#include "commands/shared/string_access.hpp"

namespace respawn::commands {

namespace {

using keyspace::Entry;
using keyspace::Key;
using keyspace::Scratch;
using keyspace::Type;

/// Holds every sum of a 64-bit field and a 64-bit increment.
__extension__ using Wide = __int128;

struct FieldType {
  bool is_signed = false;
  unsigned width = 0;

  [[nodiscard]] Wide max() const { return (Wide{1} << (is_signed ? width - 1 : width)) - 1; }

  [[nodiscard]] Wide min() const { return is_signed ? -max() - 1 : 0; }

  /// The value of a field with these bits.
  [[nodiscard]] std::int64_t value_of(std::uint64_t bits) const {
    const unsigned unused = 64 - width;
    return is_signed ? static_cast<std::int64_t>(bits << unused) >> unused
                     : static_cast<std::int64_t>(bits);
  }
};

enum class Overflow : std::uint8_t { wrap, saturate, fail };

struct Step {
  enum class Kind : std::uint8_t { get, set, increment };

  Kind kind = Kind::get;
  Overflow overflow = Overflow::wrap;
  FieldType type;
  std::uint64_t offset = 0;
  std::int64_t operand = 0;
};

/// What a BITFIELD asks for, step by step.
struct Program {
  std::vector<Step> steps;
  bool writes = false;
  std::uint64_t last_written_bit = 0;
};

// Parsing.

/// i1 to i64, u1 to u63.
Result<FieldType> to_field_type(std::string_view text) {
  const bool is_signed = text.starts_with('i');
  if (is_signed || text.starts_with('u')) {
    // As in Redis, what is behind a NUL byte does not count.
    const auto width =
        to_integer_between(errors::up_to_nul(text.substr(1)), 1, is_signed ? 64 : 63);
    if (width) return FieldType{is_signed, static_cast<unsigned>(*width)};
  }
  return failure(
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
      "i64 is.");
}

Result<Overflow> to_overflow(std::string_view text) {
  if (iequals(text, "WRAP")) return Overflow::wrap;
  if (iequals(text, "SAT")) return Overflow::saturate;
  if (iequals(text, "FAIL")) return Overflow::fail;
  return failure("ERR Invalid OVERFLOW type specified");
}

Result<Step> to_step(const Execution& x, ArgCursor& at) {
  Step step;
  if (at.take("SET", 3))
    step.kind = Step::Kind::set;
  else if (at.take("INCRBY", 3))
    step.kind = Step::Kind::increment;
  else if (!at.take("GET", 2))
    return failure(std::string(errors::syntax));
  const auto type = to_field_type(at.next());
  if (!type) return failure(type.error());
  const auto offset = to_bit_offset(x, at.next(), type->width);
  if (!offset) return failure(offset.error());
  step.type = *type;
  step.offset = *offset;
  if (step.kind == Step::Kind::get) return step;
  const auto operand = to_integer(at.next());
  if (!operand) return failure(operand.error());
  step.operand = *operand;
  return step;
}

Result<Program> to_program(const Execution& x, Args args) {
  Program program;
  Overflow overflow = Overflow::wrap;
  for (ArgCursor at(args, 2); !at.done();) {
    if (at.take("OVERFLOW", 1)) {
      const auto named = to_overflow(at.next());
      if (!named) return failure(named.error());
      overflow = *named;
      continue;
    }
    auto step = to_step(x, at);
    if (!step) return failure(step.error());
    step->overflow = overflow;
    program.steps.push_back(*step);
    if (step->kind == Step::Kind::get) continue;
    program.writes = true;
    program.last_written_bit =
        std::max(program.last_written_bit, step->offset + step->type.width - 1);
  }
  return program;
}

// Running.

void reply_field(Execution& x, std::string_view bytes, const Step& step) {
  x.reply.integer(step.type.value_of(read_field(bytes, step.offset, step.type.width)));
}

/// Whether Redis takes a number that is to be set for too large. That is also one so far below the
/// least that its distance from the largest is more than 63 bits hold.
bool is_above(const Step& step, Wide wanted) {
  if (wanted > step.type.max()) return true;
  return step.kind == Step::Kind::set && wanted < step.type.min() &&
         step.type.max() - wanted > std::numeric_limits<std::int64_t>::max();
}

/// The number to be stored, or none when it does not fit and the step is to fail then.
std::optional<std::uint64_t> fitted(const Step& step, Wide wanted) {
  if (wanted >= step.type.min() && wanted <= step.type.max())
    return static_cast<std::uint64_t>(wanted);
  switch (step.overflow) {
    case Overflow::wrap:
      return static_cast<std::uint64_t>(wanted);
    case Overflow::saturate:
      return static_cast<std::uint64_t>(is_above(step, wanted) ? step.type.max() : step.type.min());
    case Overflow::fail:
      break;
  }
  return std::nullopt;
}

keyspace::ByteRange bytes_of(const Step& step) {
  return {step.offset / 8, (step.offset + step.type.width - 1) / 8 + 1};
}

/// Whether a field was written, and with the value it had or another one.
enum class Written : std::uint8_t { no, same, other };

/// Carries out SET or INCRBY, with its reply.
Written write_step(Execution& x, char* bytes, std::size_t length, const Step& step) {
  const FieldType type = step.type;
  const std::uint64_t bits = read_field({bytes, length}, step.offset, type.width);
  const std::int64_t before = type.value_of(bits);
  Wide wanted = step.operand;
  if (step.kind == Step::Kind::increment)
    wanted += before;
  else if (!type.is_signed)
    wanted = static_cast<std::uint64_t>(step.operand);
  const auto stored = fitted(step, wanted);
  if (!stored) {
    x.reply.null();
    return Written::no;
  }
  write_field(bytes, step.offset, type.width, *stored);
  const std::int64_t after = type.value_of(read_field({bytes, length}, step.offset, type.width));
  x.reply.integer(step.kind == Step::Kind::increment ? after : before);
  return before == after ? Written::same : Written::other;
}

void read_fields(Execution& x, const Key& key, const Program& program) {
  const Entry* entry = x.find_read(key, Type::string);
  if (x.failed()) return;
  Scratch scratch;
  const std::string_view bytes = entry ? entry->bytes(scratch) : std::string_view{};
  x.reply.array(program.steps.size());
  for (const Step& step : program.steps) reply_field(x, bytes, step);
}

void write_fields(Execution& x, const Key& key, const Program& program) {
  const Entry* entry = x.find_write(key, Type::string);
  if (x.failed()) return;
  const std::size_t needed = program.last_written_bit / 8 + 1;
  const bool grows = !entry || entry->length() < needed;
  keyspace::Change change = x.change(key, entry);
  char* bytes = extend_string(x, change, needed, {0, 0});
  for (const Step& step : program.steps)
    if (step.kind != Step::Kind::get) bytes = change.extend(needed, bytes_of(step));
  const std::size_t length = change.entry()->length();
  std::uint64_t changes = 0;
  x.reply.array(program.steps.size());
  for (const Step& step : program.steps) {
    if (step.kind == Step::Kind::get) {
      reply_field(x, {bytes, length}, step);
      continue;
    }
    const Written written = write_step(x, bytes, length, step);
    if (written == Written::other || (grows && written == Written::same)) ++changes;
  }
  if (changes == 0) {
    // As in Redis the string has grown all the same, and nobody who watches it is disturbed.
    if (grows) x.propagate_always();
    return;
  }
  x.changed(key.bytes, config::keyspace_event::string, "setbit", changes);
}

void bitfield(Execution& x, Args args) {
  const auto program = to_program(x, args);
  if (!program) return x.fail(program.error());
  program->writes ? write_fields(x, x.key(args[1]), *program)
                  : read_fields(x, x.key(args[1]), *program);
}

void bitfield_ro(Execution& x, Args args) {
  const auto program = to_program(x, args);
  if (!program) return x.fail(program.error());
  if (program->writes) return x.fail("ERR BITFIELD_RO only supports the GET subcommand");
  read_fields(x, x.key(args[1]), *program);
}

constexpr KeySpec bitfield_keys = [] {
  KeySpec spec = keys({KeyFlag::RW, KeyFlag::access, KeyFlag::update, KeyFlag::variable_flags}, 1);
  spec.notes = "This command allows both access and modification of the key";
  return spec;
}();

constexpr CommandSpec bitfield_rows[] = {
    command({.name = "bitfield",
             .syntax = "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding "
                       "offset value | INCRBY encoding offset increment> ...]",
             .group = Group::bitmap,
             .flags = {Flag::write, Flag::denyoom},
             .keys = {bitfield_keys},
             .since = "3.2.0",
             .complexity = "O(1) for each field.",
             .summary = "Reads, sets and increments integers of any number of bits in a string.",
             .run = bitfield}),
    command({.name = "bitfield_ro",
             .syntax = "key [GET encoding offset [GET encoding offset ...]]",
             .group = Group::bitmap,
             .flags = {Flag::readonly, Flag::fast},
             .keys = {keys({KeyFlag::RO, KeyFlag::access}, 1)},
             .since = "6.0.0",
             .complexity = "O(1) for each field.",
             .summary = "Reads integers of any number of bits in a string.",
             .run = bitfield_ro}),
};

}  // namespace

constinit const std::span<const CommandSpec> bitfield_commands = bitfield_rows;

}  // namespace respawn::commands

#include "commands/server/command_docs.hpp"

#include <string>

#include "engine/table/key_finder.hpp"
#include "engine/table/syntax_tree.hpp"

namespace respawn::commands {

namespace {

using protocol::ReplyWriter;

/// The enumerators of a set, in their order, as a set of simple strings.
template <class E, class Name>
void write_names(ReplyWriter& reply, BitSet<E> set, int count, Name&& name) {
  const std::size_t place = reply.announce();
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) {
    const E e = static_cast<E>(i);
    if (!set.has(e)) continue;
    reply.simple(name(e));
    ++size;
  }
  reply.settle(place, ReplyWriter::Aggregate::set, size);
}

constexpr bool is_hidden(Flag flag) {
  return flag == Flag::may_replicate || flag >= Flag::allowed_when_subscribed;
}

void write_flags(ReplyWriter& reply, const Command& command, bool movable_keys) {
  Flags printed;
  for (int i = 0; i < static_cast<int>(Flag::count_); ++i) {
    const Flag flag = static_cast<Flag>(i);
    if (command.spec->flags.has(flag) && !is_hidden(flag)) printed.add(flag);
  }
  if (movable_keys) printed.add(Flag::movablekeys);
  write_names(reply, printed, static_cast<int>(Flag::count_),
              [](Flag flag) { return name_of(flag); });
}

void write_field(ReplyWriter& reply, std::string_view name, std::string_view value) {
  reply.bulk(name);
  reply.bulk(value);
}

void write_field(ReplyWriter& reply, std::string_view name, int value) {
  reply.bulk(name);
  reply.integer(value);
}

/// {"type": type, "spec": map of `size` that the caller writes}
void write_typed(ReplyWriter& reply, std::string_view name, std::string_view type,
                 std::size_t size) {
  reply.bulk(name);
  reply.map(2);
  write_field(reply, "type", type);
  reply.bulk("spec");
  reply.map(size);
}

void write_begin(ReplyWriter& reply, const KeySpec& spec) {
  switch (spec.begin) {
    case KeySpec::Begin::index:
      write_typed(reply, "begin_search", "index", 1);
      return write_field(reply, "index", spec.index);
    case KeySpec::Begin::keyword:
      write_typed(reply, "begin_search", "keyword", 2);
      write_field(reply, "keyword", spec.keyword);
      return write_field(reply, "startfrom", spec.index);
    case KeySpec::Begin::none:
    case KeySpec::Begin::unknown:
      return write_typed(reply, "begin_search", "unknown", 0);
  }
}

void write_find(ReplyWriter& reply, const KeySpec& spec) {
  switch (spec.find) {
    case KeySpec::Find::range:
      write_typed(reply, "find_keys", "range", 3);
      write_field(reply, "lastkey", spec.last_or_keynum);
      write_field(reply, "keystep", spec.step);
      return write_field(reply, "limit", spec.limit);
    case KeySpec::Find::keynum:
      write_typed(reply, "find_keys", "keynum", 3);
      write_field(reply, "keynumidx", spec.last_or_keynum);
      write_field(reply, "firstkey", spec.first_key);
      return write_field(reply, "keystep", spec.step);
    case KeySpec::Find::unknown:
      return write_typed(reply, "find_keys", "unknown", 0);
  }
}

void write_key_specs(ReplyWriter& reply, const CommandSpec& command) {
  reply.set(command.key_spec_count());
  for (std::size_t i = 0; i < command.key_spec_count(); ++i) {
    const KeySpec& spec = command.keys[i];
    reply.map(spec.notes.empty() ? 3 : 4);
    if (!spec.notes.empty()) write_field(reply, "notes", spec.notes);
    reply.bulk("flags");
    write_key_flags(reply, spec.flags);
    write_begin(reply, spec);
    write_find(reply, spec);
  }
}

void write_tips(ReplyWriter& reply, const CommandSpec& command) {
  std::size_t size = 0;
  while (size < command.tips.size() && !command.tips[size].empty()) ++size;
  reply.set(size);
  for (std::size_t i = 0; i < size; ++i) reply.bulk(command.tips[i]);
}

void write_arguments(ReplyWriter& reply, const std::vector<Argument>& arguments);

void write_argument(ReplyWriter& reply, const Argument& argument) {
  const bool nested = !argument.arguments.empty();
  const int flags = argument.optional + argument.multiple + argument.multiple_token;
  const std::size_t place = reply.announce();
  std::size_t size = 3;
  write_field(reply, "name", argument.name);
  write_field(reply, "type", name_of(argument.type));
  if (nested) {
    reply.bulk("arguments");
    write_arguments(reply, argument.arguments);
  } else {
    write_field(reply, "display_text", argument.name);
  }
  if (argument.key_spec_index >= 0) {
    write_field(reply, "key_spec_index", argument.key_spec_index);
    ++size;
  }
  if (!argument.token.empty()) {
    write_field(reply, "token", argument.token);
    ++size;
  }
  if (flags > 0) {
    reply.bulk("flags");
    reply.set(static_cast<std::size_t>(flags));
    if (argument.optional) reply.simple("optional");
    if (argument.multiple) reply.simple("multiple");
    if (argument.multiple_token) reply.simple("multiple_token");
    ++size;
  }
  reply.settle(place, ReplyWriter::Aggregate::map, size);
}

void write_arguments(ReplyWriter& reply, const std::vector<Argument>& arguments) {
  reply.array(arguments.size());
  for (const Argument& argument : arguments) write_argument(reply, argument);
}

/// Writes the fields of a map that are not empty, and counts them.
class OptionalFields {
 public:
  explicit OptionalFields(ReplyWriter& reply) : reply_(&reply), place_(reply.announce()) {}

  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    write_field(*reply_, name, value);
    ++size_;
  }

  /// The caller writes the value.
  void add(std::string_view name) {
    reply_->bulk(name);
    ++size_;
  }

  void settle() { reply_->settle(place_, ReplyWriter::Aggregate::map, size_); }

 private:
  ReplyWriter* reply_;
  std::size_t place_;
  std::size_t size_ = 0;
};

}  // namespace

void write_key_flags(ReplyWriter& reply, KeyFlags flags) {
  write_names(reply, flags, static_cast<int>(KeyFlag::variable_flags) + 1,
              [](KeyFlag flag) { return name_of(flag); });
}

void write_command_info(ReplyWriter& reply, const Command& command) {
  const CommandSpec& spec = *command.spec;
  const KeyRange range = key_range_of(spec);
  reply.array(10);
  reply.bulk(spec.name);
  reply.integer(spec.arity.printed());
  write_flags(reply, command, !range.complete);
  reply.integer(range.first);
  reply.integer(range.last);
  reply.integer(range.step);
  write_names(reply, command.categories, static_cast<int>(Category::count_),
              [](Category category) { return "@" + std::string(name_of(category)); });
  write_tips(reply, spec);
  write_key_specs(reply, spec);
  command.subcommands.empty() ? reply.set(0) : reply.array(command.subcommands.size());
  for (const Command* sub : command.subcommands) write_command_info(reply, *sub);
}

void write_command_docs(ReplyWriter& reply, const Command& command) {
  const CommandSpec& spec = *command.spec;
  OptionalFields fields(reply);
  fields.add("summary", spec.summary);
  fields.add("since", spec.since);
  fields.add("group", name_of(spec.group));
  fields.add("complexity", spec.complexity);
  if (spec.syscmd || !spec.deprecated_since.empty()) {
    fields.add("doc_flags");
    reply.set(static_cast<std::size_t>(spec.syscmd + !spec.deprecated_since.empty()));
    if (!spec.deprecated_since.empty()) reply.simple("deprecated");
    if (spec.syscmd) reply.simple("syscmd");
  }
  fields.add("deprecated_since", spec.deprecated_since);
  fields.add("replaced_by", spec.replaced_by);
  if (!spec.syntax.empty()) {
    fields.add("arguments");
    write_arguments(reply, parse_syntax(spec));
  }
  if (!command.subcommands.empty()) {
    fields.add("subcommands");
    reply.map(command.subcommands.size());
    for (const Command* sub : command.subcommands) {
      reply.bulk(sub->spec->name);
      write_command_docs(reply, *sub);
    }
  }
  fields.settle();
}

}  // namespace respawn::commands

// What COMMAND INFO and COMMAND DOCS say about one command.
#pragma once

#include <vector>

#include "commands/families.hpp"
#include "engine/table/registry.hpp"
#include "protocol/reply_writer.hpp"

namespace respawn::commands {

/// Ten elements: name, arity, flags, first key, last key, step, ACL categories, tips, key
/// specifications, subcommands.
void write_command_info(protocol::ReplyWriter& reply, const Command& command);

/// A map: summary, since, group, complexity, doc flags, arguments, subcommands.
void write_command_docs(protocol::ReplyWriter& reply, const Command& command);

/// The names of key flags, as a set.
void write_key_flags(protocol::ReplyWriter& reply, KeyFlags flags);

}  // namespace respawn::commands

// Writes what was cut, as RDB or as commands, in slices.
#pragma once

#include "base/slices.hpp"
#include "persistence/append_log/value_commands.hpp"
#include "persistence/byte_sink.hpp"
#include "persistence/rdb_writer.hpp"
#include "persistence/snapshot/entry_cut.hpp"

namespace respawn::persistence {

/// The value, without its type in front, in the layout cut.type(). Strings are not compressed, and
/// sorted sets begin at their highest score where they did not change. The arguments live until all
/// is written. A slice is about 32 KB, or one element.
Slices write_value(RdbWriter& to, EntryCut& cut);

/// The commands that make the key with its value, as commands_of() gives them, one after another.
/// Those of a long string go to `to` by themselves.
Slices write_commands(ByteSink& to, EntryCut& cut, const CommandTaker& take);

}  // namespace respawn::persistence

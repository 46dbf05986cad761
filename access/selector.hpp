// One set of rights: commands, and the keys and channels on which they may be used.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/command_rights.hpp"
#include "access/request.hpp"
#include "base/glob.hpp"

namespace respawn::access {

/// A pattern of keys, and what may be done with them.
struct KeyPattern {
  explicit KeyPattern(std::string_view pattern, bool may_read, bool may_write)
      : text(pattern), glob(pattern), reads(may_read), writes(may_write) {}

  std::string text;
  mutable Glob glob;  // keeps what it has prepared
  bool reads;
  bool writes;
};

struct ChannelPattern {
  explicit ChannelPattern(std::string_view pattern) : text(pattern), glob(pattern) {}

  std::string text;
  mutable Glob glob;
};

/// A value; a new one allows nothing but, where it is said, all channels. Not thread-safe, also
/// where it is constant.
class Selector {
 public:
  Selector(const CommandCatalog& catalog, bool all_channels)
      : commands_(catalog), all_channels_(all_channels) {}

  /// One rule about keys, channels or commands: ~pattern, %RW~pattern, allkeys, resetkeys,
  /// &pattern, allchannels, resetchannels, and those of CommandRights. A fault leaves everything as
  /// it was.
  [[nodiscard]] Fault apply(std::string_view rule);

  [[nodiscard]] bool allows_everything() const {
    return all_keys_ && all_channels_ && commands_.allows_everything();
  }

  [[nodiscard]] Decision decide(const Request& request) const;

  [[nodiscard]] bool allows_key(const KeyUse& use) const;
  [[nodiscard]] bool allows_channel(std::string_view name, bool is_pattern) const;

  /// Whether every key may be read.
  [[nodiscard]] bool reads_all_keys() const;

  [[nodiscard]] bool all_channels() const { return all_channels_; }

  [[nodiscard]] const std::vector<ChannelPattern>& channels() const { return channels_; }

  // As ACL GETUSER prints them: "~a %R~b", "&c"; "" when there are none.
  [[nodiscard]] std::string keys_text() const;
  [[nodiscard]] std::string channels_text() const;

  [[nodiscard]] std::string commands_text() const { return commands_.text(); }

  /// All of it as rules that make the same selector of a new one.
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] Fault add_keys(std::string_view rule);
  [[nodiscard]] Fault add_channels(std::string_view pattern);
  [[nodiscard]] bool allows_command(const Request& request) const;

  CommandRights commands_;
  std::vector<KeyPattern> keys_;
  std::vector<ChannelPattern> channels_;
  bool all_keys_ = false;
  bool all_channels_;
};

/// Whether there is a blank or a NUL byte in a name or pattern, which then cannot be written as a
/// rule.
[[nodiscard]] bool has_blanks(std::string_view text);

}  // namespace respawn::access

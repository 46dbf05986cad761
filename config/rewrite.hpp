// CONFIG REWRITE: brings a file up to date with the running configuration and keeps the rest of it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/load.hpp"

namespace respawn::config {

/// The users, who are written beside the options.
struct UserLines {
  std::span<const std::string> lines;  // "alice on ...": what stands behind `user`
  bool as_configured =
      true;  // they follow from requirepass: only a file with such lines wants them
};

/// The new text of a redis.conf. Lines whose option has the value they state stay byte for byte,
/// as do comments, order and other directives; a changed option is written where it first stood;
/// options that are not in the file and not at their default follow at the end. Where `user` lines
/// say something else, all of them are written where the first one stood.
std::string rewrite_classic(const Config& config, std::string_view text,
                            const UserLines& users = {});

/// The same for JSON: changed values are replaced in place, comments stay. The error names an
/// option whose value JSON cannot hold, or where the text is not JSON.
Result<std::string> rewrite_json(const Config& config, std::string_view text,
                                 const UserLines& users = {});

/// CONFIG REWRITE as a whole. The error is the reply without its '-'.
Status rewrite_file(const Config& config, const UserLines& users, const Source& source,
                    const Files& files);

}  // namespace respawn::config

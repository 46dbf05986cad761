// Applies configuration texts to a Config, one after the other. Internal to config/.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/files.hpp"
#include "config/json_value.hpp"
#include "config/load.hpp"

namespace respawn::config {

FileKind kind_of(std::string_view text);

/// What is wrong with a configuration, and where.
struct Fault {
  Place place;
  std::string source_line;  // the line as it stands, or ""
  std::string why;          // Redis's short text
  std::string hint;         // what was expected, or ""
};

/// The message that is printed before exit 1.
Error fatal_error(const Fault& fault);

/// The message for a name that nobody knows, with the nearest one that somebody does.
Error unknown_option(std::string_view name, Fault where);

/// What messages call the options of the command line.
inline constexpr std::string_view command_line_name = "command line";

/// Owner: one call of load(). Texts are added in order; later values win, except that `save` lines
/// add up, and limits of client classes that are not named stay. A `dir` counts from where it
/// stands: what is relative behind it is relative to that directory.
class Loader {
 public:
  explicit Loader(const Files& files) : files_(files) { config.dir = files.absolute("."); }

  /// Adds a whole text of either kind; `name` is what messages call it.
  Status add_text(std::string_view text, const std::string& name);

  /// Behind the last text: refuses what cannot be ignored.
  Status finish();

  /// Adds one value. `words` are those behind the option's name.
  Status add_value(const Option& option, std::vector<std::string> words, const Fault& where);

  Config config;
  std::vector<Directive> directives;
  std::vector<Directive> users;
  std::map<const Option*, Fault> stated;  // where each option got its value last
  std::vector<std::string> warnings;      // directives without an effect

 private:
  Status add_classic(std::string_view text, const std::string& name);
  Status add_line(const std::vector<std::string>& words, const Fault& where);
  Status add_directive(const std::vector<std::string>& words, const Fault& where);
  [[nodiscard]] Result<std::string> enter(const std::string& path) const;
  Status add_user(const std::vector<std::string>& words, const Fault& where);
  Status include(const std::string& path, const Fault& where);
  Status add_json(std::string_view text, const std::string& name);
  Status add_member(std::string_view text, const JsonMember& member, const Fault& where);
  Status add_json_directives(std::string_view text, const JsonMember& member, const Fault& where);
  Status add_json_renames(std::string_view text, const JsonMember& member, const Fault& where);

  const Files& files_;
  int depth_ = 0;
  bool save_seen_ = false;
};

}  // namespace respawn::config

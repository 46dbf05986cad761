#include "commands/server/info.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "commands/info_sections.hpp"

namespace respawn::commands {

namespace {

/// Whether `name` is that of a group that has the section.
bool is_group_with(const InfoSection& section, std::string_view name) {
  if (iequals(name, "everything")) return section.group <= InfoGroup::everything;
  if (iequals(name, "all")) return section.group <= InfoGroup::all;
  return iequals(name, "default") && section.group == InfoGroup::standard;
}

bool is_wanted(const InfoSection& section, Args names) {
  if (names.empty()) return is_group_with(section, "default");
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return iequals(name, section.name) || iequals(name, section.other_name) ||
           is_group_with(section, name);
  });
}

}  // namespace

std::string info_text(Environment& environment, Args sections, std::int64_t now_us) {
  const InfoSource source{environment, now_us};
  InfoWriter out;
  for (const InfoSection* section : info_sections()) {
    if (!is_wanted(*section, sections)) continue;
    out.section(section->title);
    if (section->write) section->write(source, out);
  }
  return out.take();
}

}  // namespace respawn::commands

#include "engine/table/registry_catalog.hpp"

#include "base/text.hpp"

namespace respawn::engine {

RegistryCatalog::RegistryCatalog(const Registry& registry)
    : registry_(&registry), subcommands_(registry.size()) {
  for (access::CommandId id = 0; id < registry.size(); ++id)
    if (const Command* parent = registry.at(id).parent) subcommands_[parent->id].push_back(id);
}

std::optional<access::CommandId> RegistryCatalog::find(std::string_view full_name) const {
  const std::size_t bar = full_name.find('|');
  const Command* command = registry_->find_original(full_name.substr(0, bar));
  if (command && bar != full_name.npos) command = command->subcommand(full_name.substr(bar + 1));
  if (!command) return std::nullopt;
  return command->id;
}

std::uint32_t RegistryCatalog::category_named(std::string_view name) const {
  const std::optional<Category> category = engine::category_named(name);
  return category ? Categories{*category}.bits() : 0;
}

std::optional<Category> category_named(std::string_view name) {
  for (int i = 0; i < static_cast<int>(Category::count_); ++i)
    if (const Category category = static_cast<Category>(i); iequals(name, name_of(category)))
      return category;
  return std::nullopt;
}

}  // namespace respawn::engine

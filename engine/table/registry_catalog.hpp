// The registry as rules about users see it.
#pragma once

#include <vector>

#include "access/catalog.hpp"
#include "engine/table/registry.hpp"

namespace respawn::engine {

/// Owner: whoever owns the registry, which it outlives not. A command's id is its place in the
/// registry. Names are the rows' own ones: rules hold however commands were renamed.
class RegistryCatalog final : public access::CommandCatalog {
 public:
  explicit RegistryCatalog(const Registry& registry);

  [[nodiscard]] std::size_t size() const override { return subcommands_.size(); }

  [[nodiscard]] std::optional<access::CommandId> find(std::string_view full_name) const override;

  [[nodiscard]] std::string_view full_name(access::CommandId id) const override {
    return registry_->at(id).spec->name;
  }

  [[nodiscard]] bool is_subcommand(access::CommandId id) const override {
    return registry_->at(id).parent != nullptr;
  }

  [[nodiscard]] std::span<const access::CommandId> subcommands(
      access::CommandId id) const override {
    return subcommands_[id];
  }

  [[nodiscard]] std::uint32_t categories(access::CommandId id) const override {
    return registry_->at(id).categories.bits();
  }

  [[nodiscard]] std::uint32_t category_named(std::string_view name) const override;

 private:
  const Registry* registry_;
  std::vector<std::vector<access::CommandId>> subcommands_;  // by id
};

/// The category of that name in any case.
[[nodiscard]] std::optional<Category> category_named(std::string_view name);

}  // namespace respawn::engine

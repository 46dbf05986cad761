// Random commands from the command table's own syntax lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "engine/table/registry.hpp"
#include "engine/table/syntax_tree.hpp"
#include "tests/generator/command.hpp"
#include "tests/generator/pools.hpp"
#include "tests/generator/rules.hpp"

namespace respawn::generator {

/// A command of the table, ready to be drawn.
struct Template {
  const engine::CommandSpec* spec = nullptr;
  std::vector<engine::Argument> arguments;
  std::uint64_t weight_sum = 0;  // of this one and all before it
};

/// Every command that is sent, made once. Newly registered ones are there by themselves.
[[nodiscard]] std::vector<Template> all_templates(const engine::Registry& registry,
                                                  Purpose purpose = Purpose::duel);

/// Those of one group, and what makes, moves and ends keys of any type.
[[nodiscard]] std::vector<Template> templates_of(engine::Group group,
                                                 const engine::Registry& registry);

/// One sequence: the same seed gives the same commands.
class Source {
 public:
  Source(const std::vector<Template>& templates, const std::vector<std::string>& payloads,
         std::uint64_t seed, Variety variety, Purpose purpose = Purpose::duel)
      : templates_(&templates),
        random_(seed),
        pools_(random_, variety, payloads),
        purpose_(purpose) {}

  Command next();

 private:
  using Arguments = std::vector<engine::Argument>;

  const Template& draw();
  [[nodiscard]] Family family_for(const engine::CommandSpec& spec);
  std::string key(const engine::Argument& argument);

  void add_all(const Arguments& arguments);
  void add(const engine::Argument& argument);
  void add_once(const engine::Argument& argument);
  [[nodiscard]] std::string value(const engine::Argument& argument);

  void count_keys();
  void fit_range();
  void fit_streams();
  void fit_ids();
  void mutate();

  const std::vector<Template>* templates_;
  Random random_;
  Pools pools_;
  Purpose purpose_;

  // Of the command that is being made.
  const engine::CommandSpec* spec_ = nullptr;
  Family family_ = Family::string;
  Words words_;
  std::size_t count_at_ = 0;  // where "numkeys" stands; 0: nowhere
  std::size_t counted_ = 0;
};

}  // namespace respawn::generator

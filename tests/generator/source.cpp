#include "tests/generator/source.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace respawn::generator {

namespace {

using engine::Argument;
using engine::ArgumentType;
using engine::CommandSpec;
using engine::Group;

template <class Wanted>
void add_templates(std::span<engine::Command* const> commands, const Wanted& wanted,
                   std::vector<Template>& to) {
  for (const engine::Command* each : commands) {
    add_templates(each->subcommands, wanted, to);
    const CommandSpec& spec = *each->spec;
    if (spec.is_container() || !wanted(spec)) continue;
    const std::uint64_t before = to.empty() ? 0 : to.back().weight_sum;
    to.push_back({&spec, engine::parse_syntax(spec), before + weight_of(spec)});
  }
}

bool is_lexical(std::string_view name) {
  return name.ends_with("bylex") || name == "zlexcount";
}

bool has_token(const Words& words, std::string_view token) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return iequals(word, token); });
}

}  // namespace

std::vector<Template> all_templates(const engine::Registry& registry, Purpose purpose) {
  std::vector<Template> templates;
  const auto wanted = [&](const CommandSpec& spec) { return exclusion_of(spec, purpose).empty(); };
  add_templates(registry.commands(), wanted, templates);
  return templates;
}

std::vector<Template> templates_of(Group group, const engine::Registry& registry) {
  constexpr std::string_view of_any_type[] = {"copy", "del", "rename", "restore"};
  std::vector<Template> templates;
  const auto wanted = [&](const CommandSpec& spec) {
    const bool is_one = spec.group == group ||
                        std::find(std::begin(of_any_type), std::end(of_any_type), spec.name) !=
                            std::end(of_any_type);
    return is_one && exclusion_of(spec, Purpose::duel).empty();
  };
  add_templates(registry.commands(), wanted, templates);
  return templates;
}

const Template& Source::draw() {
  const std::uint64_t at = random_.below(templates_->back().weight_sum);
  return *std::upper_bound(
      templates_->begin(), templates_->end(), at,
      [](std::uint64_t sum, const Template& each) { return sum < each.weight_sum; });
}

Family Source::family_for(const CommandSpec& spec) {
  switch (spec.group) {
    case Group::list:
      return Family::list;
    case Group::set:
      return Family::set;
    case Group::hash:
      return Family::hash;
    case Group::hyperloglog:
      return Family::hyperloglog;
    case Group::geo:
      return Family::places;
    case Group::stream:
      return Family::stream;
    case Group::bitmap:
      return pools_.chance(70) ? Family::bits : Family::string;
    case Group::string:
      return pools_.chance(90) ? Family::string : Family::bits;
    case Group::sorted_set:
      if (is_lexical(spec.name)) return Family::lexical;
      return pools_.chance(spec.name == "zadd" || spec.name == "zrem" ? 20 : 0)
                 ? Family::lexical
                 : Family::sorted_set;
    default:
      // A restored sorted set has scores of any kind.
      if (spec.name == "restore") return pools_.any_family();
      return static_cast<Family>(pools_.below(static_cast<std::size_t>(Family::places) + 1));
  }
}

/// Mostly of the command's family. Nothing else is stored at a protected key, or read as one.
std::string Source::key(const Argument& argument) {
  const bool own = (family_ == Family::places && spec_->group == Group::geo) ||
                   (family_ == Family::hyperloglog && spec_->group == Group::hyperloglog);
  if (own && argument.key_spec_index == 0 && pools_.chance(5))
    return pools_.key(pools_.chance(50) ? Family::list : Family::string);
  if (is_protected(family_) || pools_.chance(88)) return pools_.key(family_);
  return pools_.key(pools_.any_family());
}

std::string Source::value(const Argument& argument) {
  const std::string& name = argument.name;
  if (argument.type == ArgumentType::key || name == "destkey" || name == "dst" || name == "src")
    return key(argument);
  if (argument.type == ArgumentType::unix_time)
    return pools_.time(name.ends_with("-seconds"), true);
  if (name == "seconds" || name == "milliseconds") return pools_.time(name == "seconds", false);
  if (name == "ttl") return pools_.chance(50) ? "0" : pools_.time(false, false);
  if (name == "increment" && argument.type == ArgumentType::real)
    return pools_.value("real-increment");
  if (name == "increment" && spec_->name == "zincrby") return pools_.value("real-increment");
  if (name == "score" && family_ == Family::lexical) return "0";
  if (name == "offset" && spec_->group == Group::bitmap) return pools_.value("bit-offset");
  if (name == "value" && spec_->name == "setbit") return pools_.value("bit");
  if (is_lexical(spec_->name) && (name == "min" || name == "max"))
    return pools_.value("lex-" + name);
  if (spec_->group == Group::stream)
    return spec_->name == "xadd" && name == "id" ? pools_.next_stream_id()
                                                 : pools_.stream_value(name);
  if (name == "numkeys") {
    count_at_ = words_.size();
    counted_ = 0;
  }
  return pools_.value(name);
}

void Source::add_once(const Argument& argument) {
  switch (argument.type) {
    case ArgumentType::pure_token:
      words_.emplace_back(argument.token);
      return;
    case ArgumentType::oneof:
      return add(argument.arguments[pools_.below(argument.arguments.size())]);
    case ArgumentType::block:
      for (const Argument& part : argument.arguments) add(part);
      return;
    default:
      if (count_at_ > 0 && argument.type == ArgumentType::key) ++counted_;
      words_.push_back(value(argument));
  }
}

void Source::add(const Argument& argument) {
  if (purpose_ != Purpose::twin && is_newer_option(argument.token)) return;
  if (argument.optional && !pools_.chance(35)) return;
  const bool lone = argument.type == ArgumentType::pure_token;
  do {
    if (!argument.token.empty() && !lone) words_.emplace_back(argument.token);
    add_once(argument);
    const bool repeats = argument.multiple && !argument.multiple_token && purpose_ != Purpose::wait;
    for (int i = 1; repeats && pools_.repeats(i); ++i) add_once(argument);
  } while (argument.multiple && argument.multiple_token && pools_.chance(40));
}

/// Now and then with the options in another order.
void Source::add_all(const Arguments& arguments) {
  std::vector<const Argument*> order;
  for (const Argument& argument : arguments) order.push_back(&argument);
  const auto options =
      std::find_if(order.begin(), order.end(), [](const Argument* each) { return each->optional; });
  const bool only_options =
      std::all_of(options, order.end(), [](const Argument* each) { return each->optional; });
  if (only_options && pools_.chance(30))
    for (auto at = options; at != order.end(); ++at)
      std::iter_swap(at, at + static_cast<std::ptrdiff_t>(
                                  pools_.below(static_cast<std::size_t>(order.end() - at))));
  for (const Argument* argument : order) add(*argument);
}

/// "numkeys" mostly says how many keys there are.
void Source::count_keys() {
  if (count_at_ > 0 && pools_.chance(92)) words_[count_at_] = std::to_string(counted_);
}

/// ZRANGE's bounds are of the kind that its options say.
void Source::fit_range() {
  const bool stores = spec_->name == "zrangestore";
  if (spec_->name != "zrange" && !stores) return;
  const std::size_t key_at = stores ? 2 : 1;
  std::string_view kind = "start";
  if (has_token(words_, "BYSCORE")) kind = "min";
  if (has_token(words_, "BYLEX")) {
    kind = "lex-min";
    words_[key_at] = pools_.key(Family::lexical);
  }
  for (std::size_t at = key_at + 1; at <= key_at + 2; ++at) words_[at] = pools_.value(kind);
}

/// As many IDs as keys; groups are asked for what is new as a rule.
void Source::fit_streams() {
  if (spec_->name != "xread" && spec_->name != "xreadgroup") return;
  const std::size_t from = spec_->name == "xread" ? 1 : 4;
  auto streams = words_.begin() + static_cast<std::ptrdiff_t>(std::min(from, words_.size()));
  streams = std::find(streams, words_.end(), "STREAMS");
  if (streams == words_.end()) return;
  words_.erase(streams + 1, words_.end());
  const std::size_t count = pools_.chance(75) ? 1 : 1 + pools_.below(3);
  for (std::size_t i = 0; i < count; ++i)
    words_.push_back(pools_.key(pools_.chance(97) ? family_ : Family::list));
  for (std::size_t i = 0; i < count; ++i)
    words_.push_back(from == 4 && pools_.chance(70) ? ">" : pools_.stream_value("id"));
}

/// As many IDs as are said.
void Source::fit_ids() {
  const auto place = std::find(words_.begin(), words_.end(), "IDS");
  if (spec_->group != Group::stream || place == words_.end()) return;
  words_.erase(place + 1, words_.end());
  const std::size_t count = 1 + pools_.below(3);
  words_.push_back(std::to_string(count));
  for (std::size_t i = 0; i < count; ++i) words_.push_back(pools_.stream_value("id"));
  if (spec_->name == "xnack" && pools_.chance(20)) words_.emplace_back("FORCE");
}

/// Something is missing, too much, or wrong.
void Source::mutate() {
  const std::size_t at = 1 + pools_.below(words_.size());
  const auto place = words_.begin() + static_cast<std::ptrdiff_t>(std::min(at, words_.size()));
  const bool inside = place != words_.end();
  switch (pools_.below(5)) {
    case 0:
      if (inside) words_.erase(place);
      return;
    case 1:
      if (inside) *place = pools_.garbage();
      return;
    case 2:
      if (inside) std::swap(*place, words_[1 + pools_.below(words_.size() - 1)]);
      return;
    case 3:
      if (inside) words_.insert(place, std::string(*place));
      return;
    default:
      words_.insert(place, pools_.garbage());
  }
}

Command Source::next() {
  const Template& drawn = draw();
  spec_ = drawn.spec;
  family_ = family_for(*spec_);
  count_at_ = 0;
  counted_ = 0;
  words_.clear();
  for (const std::string_view part : split(spec_->name, '|')) words_.push_back(to_upper(part));
  add_all(drawn.arguments);
  count_keys();
  fit_range();
  fit_streams();
  fit_ids();
  const bool may_be_wrong = purpose_ != Purpose::wait && !is_protected(family_);
  if (may_be_wrong && !has_token(words_, "BYLEX") && pools_.chance(5)) mutate();
  Command command{.words = std::move(words_)};
  if (purpose_ == Purpose::twin) {
    settle_sizes(command);
    avoid_negative_zeros(command);
    return command;
  }
  command.how.doubles = prints_doubles(*spec_);
  settle(command, pools_);
  // Redis reads counts of keys with atoi() there.
  if (counted_ == 0 && purpose_ == Purpose::duel && pools_.chance(1)) {
    command = {.words = std::move(command.words)};
    command.words.insert(command.words.begin(), {"COMMAND", "GETKEYS"});
  }
  return command;
}

}  // namespace respawn::generator

#include "tests/generator/turns.hpp"

#include <utility>

namespace respawn::generator {

namespace {

using Mode = differential::Comparison::Mode;

std::string id_of(std::size_t client) {
  return "${id:" + name_of(client) + "}";
}

}  // namespace

void TurnSource::add(Words words, differential::Comparison how) {
  turn_.commands.push_back({.words = std::move(words), .how = std::move(how)});
}

std::string TurnSource::any_key() {
  return pools_.key(pools_.any_family());
}

void TurnSource::add_data(std::size_t count_max) {
  for (std::size_t count = 1 + pools_.below(count_max); count > 0; --count)
    turn_.commands.push_back(data_.next());
}

void TurnSource::add_wait() {
  if (pools_.chance(30)) add_data(2);
  turn_.commands.push_back(waits_.next());
}

void TurnSource::add_watch() {
  if (pools_.chance(12)) return add({"UNWATCH"});
  Words words = {"WATCH"};
  do {
    words.push_back(any_key());
  } while (pools_.chance(50));
  add(std::move(words));
}

/// Now and then one that stays open while others change things, or is ended twice.
void TurnSource::add_transaction() {
  if (pools_.chance(30)) add_watch();
  if (pools_.chance(10)) return add({"MULTI"});
  add({"MULTI"});
  if (pools_.chance(90)) add_data(5);
  if (pools_.chance(20)) turn_.commands.push_back(waits_.next());
  if (pools_.chance(10)) add_publication();
  const std::size_t dice = pools_.below(100);
  if (dice < 65) add({"EXEC"});
  if (dice >= 65 && dice < 75) add({"DISCARD"});
}

void TurnSource::add_subscription() {
  if (protocol_of(turn_.client) == 3) turn_.client = clients - 1;
  constexpr std::string_view kinds[] = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"};
  const std::size_t kind = pools_.below(3);
  const std::string_view argument = kind == 1 ? "channel-pattern" : "channel";
  std::string name(kinds[kind]);
  // Who speaks RESP2 can do nothing else meanwhile.
  const bool ends = pools_.chance(protocol_of(turn_.client) == 2 ? 75 : 35);
  if (ends) name.insert(name.find("SUB"), "UN");
  Words words = {name};
  // Not "all" without naming them, which Redis takes in no particular order.
  do {
    words.push_back(pools_.value(argument));
  } while (pools_.chance(ends ? 80 : 25));
  add(std::move(words));
}

void TurnSource::add_publication() {
  const std::size_t dice = pools_.below(100);
  const std::string channel = pools_.value("channel");
  if (dice < 55) return add({"PUBLISH", channel, pools_.value("message")});
  if (dice < 80) return add({"SPUBLISH", channel, pools_.value("message")});
  if (dice < 84) return add({"PUBSUB", "NUMPAT"});
  if (dice < 88) return add({"PUBSUB", "NUMSUB", channel, "nobody"});
  if (dice < 92) return add({"PUBSUB", "SHARDNUMSUB", channel});
  add({"PUBSUB", dice < 96 ? "CHANNELS" : "SHARDCHANNELS"}, {.mode = Mode::unordered});
}

/// Of redirected invalidations: for the reason that is said of only_listens().
std::size_t TurnSource::receiver() {
  return pools_.chance(50) ? clients - 1 : 2 * pools_.below(clients / 2);
}

/// Not within a transaction: where what it has changed is told, if the mode changes behind it, is a
/// listed difference.
void TurnSource::add_tracking() {
  add({"DISCARD"});
  if (pools_.chance(20)) return add({"CLIENT", "TRACKING", "OFF"});
  if (pools_.chance(12)) return add({"CLIENT", "TRACKINGINFO"}, {.mode = Mode::shape});
  Words words = {"CLIENT", "TRACKING", "ON"};
  const bool redirects = pools_.chance(protocol_of(turn_.client) == 2 ? 90 : 15);
  if (redirects) words.insert(words.end(), {"REDIRECT", id_of(receiver())});
  if (pools_.chance(25)) {
    words.emplace_back("BCAST");
    add_prefixes(words);
  }
  if (pools_.chance(25)) words.emplace_back("NOLOOP");
  if (pools_.chance(20)) words.emplace_back(pools_.chance(50) ? "OPTIN" : "OPTOUT");
  add(std::move(words));
  if (redirects && pools_.chance(30)) {
    turn_ = {.client = 2 * pools_.below(clients / 2), .commands = {}};
    add({"SUBSCRIBE", "__redis__:invalidate"});
  }
}

/// None that overlap: Redis answers twice to most of those.
void TurnSource::add_prefixes(Words& words) {
  if (pools_.chance(40)) return;
  const std::string prefix = pools_.value("prefix");
  words.insert(words.end(), {"PREFIX", prefix});
  if (prefix != "z" && pools_.chance(40)) words.insert(words.end(), {"PREFIX", "z"});
}

/// Mostly what the mode asks for.
void TurnSource::add_caching() {
  const bool in = pools_.chance(50);
  if (pools_.chance(70)) {
    add({"DISCARD"});
    add({"CLIENT", "TRACKING", "OFF"});
    Words words = {"CLIENT", "TRACKING", "ON", in ? "OPTIN" : "OPTOUT"};
    if (protocol_of(turn_.client) == 2) words.insert(words.end(), {"REDIRECT", id_of(receiver())});
    add(std::move(words));
  }
  if (pools_.chance(60)) add({"CLIENT", "CACHING", in == pools_.chance(85) ? "YES" : "NO"});
  add_data(2);
}

void TurnSource::add_reset() {
  add({"RESET"});
  add({"HELLO", std::to_string(protocol_of(turn_.client))}, {.mode = Mode::shape});
}

void TurnSource::add_unblock() {
  Words words = {"CLIENT", "UNBLOCK", id_of(pools_.below(clients))};
  if (pools_.chance(60)) words.emplace_back(pools_.chance(50) ? "ERROR" : "TIMEOUT");
  add(std::move(words));
}

void TurnSource::make_listener() {
  const std::size_t dice = pools_.below(100);
  if (dice < 65)
    add_subscription();
  else if (dice < 90)
    add_publication();
  else if (dice < 95)
    add_tracking();
  else
    add_reset();
}

/// Percentages of all turns; the rest are commands on data.
void TurnSource::make() {
  const std::size_t dice = pools_.below(100);
  if (dice < 15)
    add_wait();
  else if (dice < 21)
    add_watch();
  else if (dice < 43)
    add_transaction();
  else if (dice < 46)
    add_subscription();
  else if (dice < 51)
    add_publication();
  else if (dice < 57)
    add_tracking();
  else if (dice < 60)
    add_caching();
  else if (dice < 64)
    add_reset();
  else if (dice < 67)
    add_unblock();
  else if (dice < 69)
    add({"EXEC"});
  else
    add_data(6);
}

Turn TurnSource::next() {
  turn_ = {.client = pools_.below(clients), .commands = {}};
  only_listens(turn_.client) ? make_listener() : make();
  return std::exchange(turn_, {});
}

}  // namespace respawn::generator

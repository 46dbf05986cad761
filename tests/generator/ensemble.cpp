#include "tests/generator/ensemble.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/text.hpp"
#include "tests/support/resp_client.hpp"

namespace respawn::generator {

namespace {

using support::RawSocket;
using support::Reply;
using support::wait_until;
using Mode = differential::Comparison::Mode;

constexpr support::Milliseconds arrival{3'000};
constexpr std::string_view invalidations = "__redis__:invalidate";

template <std::size_t N>
bool is_one_of(const std::string& name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool may_block(const Command& command) {
  constexpr std::string_view names[] = {"blpop",  "brpop",    "blmove",   "brpoplpush",
                                        "blmpop", "bzpopmin", "bzpopmax", "bzmpop"};
  return is_one_of(to_lower(command.words[0]), names);
}

bool is_subscription(const std::string& name) {
  constexpr std::string_view names[] = {"subscribe",   "psubscribe",   "ssubscribe",
                                        "unsubscribe", "punsubscribe", "sunsubscribe"};
  return is_one_of(name, names);
}

/// What arrives on its own account, in either protocol; of pub/sub also what confirms a command.
bool is_message(const Reply& reply) {
  if (reply.is_push()) return true;
  constexpr std::string_view others[] = {"message", "pmessage", "smessage"};
  return reply.type == '*' && reply.elements.size() >= 3 &&
         (is_one_of(reply.elements[0].text, others) || is_subscription(reply.elements[0].text));
}

/// Its keys; null when it is none.
const Reply* invalidated_keys(const Reply& message) {
  const auto& parts = message.elements;
  if (parts.size() == 2 && parts[0].text == "invalidate") return &parts[1];
  if (parts.size() == 3 && parts[0].text == "message" && parts[1].text == invalidations)
    return &parts[2];
  return nullptr;
}

/// Redis tells a client's patterns that match in no particular order: those of each pattern are put
/// together, in their order.
void sort_by_pattern(std::deque<Reply>& messages) {
  const auto pattern = [](const Reply& message) {
    return message.elements[0].text == "pmessage" ? std::string_view(message.elements[1].text)
                                                  : std::string_view();
  };
  std::stable_sort(messages.begin(), messages.end(),
                   [&](const Reply& a, const Reply& b) { return pattern(a) < pattern(b); });
}

std::string list_of(const std::set<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += " " + support::printable(key);
  return text;
}

/// Whether a transaction is open behind this command.
bool is_open_behind(const Words& words, bool open) {
  constexpr std::string_view ends[] = {"exec", "discard", "reset"};
  if (words.size() != 1) return open;
  const std::string name = to_lower(words[0]);
  return name == "multi" || (open && !is_one_of(name, ends));
}

/// Redis 7.0 answers EXEC with messages among the elements when a client within it subscribes to
/// what it then does.
void fit_transaction(Command& command) {
  if (is_subscription(to_lower(command.words[0]))) command = {.words = {"PING"}};
}

}  // namespace

void Received::add(Reply reply) {
  if (!is_message(reply)) {
    replies.push_back(std::move(reply));
    return;
  }
  const Reply* const keys = invalidated_keys(reply);
  if (keys == nullptr) {
    messages.push_back(std::move(reply));
    return;
  }
  if (keys->null) invalid.insert("(all)");
  for (const Reply& key : keys->elements) invalid.insert(key.text);
}

Ensemble::End Ensemble::make_end(std::uint16_t port, int protocol) {
  support::RespClient client{port};
  client.hello(protocol);
  std::string id = std::to_string(client.integer({"CLIENT", "ID"}));
  return {std::move(client.socket()), std::move(id), {}};
}

/// The clients of the sequence before this one are gone first: they would be counted.
void Ensemble::connect() {
  clients_.clear();
  keepers_.clear();
  const auto alone = [](const Reply& info) {
    return info.text.find("\nconnected_clients:1\r") != std::string::npos;
  };
  const bool left = wait_until([&] {
    const auto answers = duel_->ask({{"INFO", "clients"}});
    return alone(answers.redis[0]) && alone(answers.ours[0]);
  });
  if (!left) throw std::runtime_error("clients that left are still counted");
  for (std::size_t i = 0; i < clients; ++i)
    clients_.push_back({.redis = make_end(duel_->redis_port(), protocol_of(i)),
                        .ours = make_end(duel_->our_port(), protocol_of(i)),
                        .in_transaction = false,
                        .queued = {},
                        .waiting = {}});
  // When nobody tracks any more, what was read is forgotten: a listed difference. It hears of
  // nothing: it is never sent on to, and has RESP2.
  for (const std::uint16_t port : {duel_->redis_port(), duel_->our_port()})
    keepers_.emplace_back(port).command({"CLIENT", "TRACKING", "ON", "OPTIN"});
}

Words Ensemble::expanded(const Words& words, bool ours) const {
  Words result = words;
  for (std::size_t i = 0; i < clients_.size(); ++i)
    std::replace(result.begin(), result.end(), "${id:" + name_of(i) + "}",
                 ours ? clients_[i].ours.id : clients_[i].redis.id);
  return result;
}

void Ensemble::send(Client& client, const std::vector<Step>& steps) {
  std::string to_redis;
  std::string to_ours;
  for (const Step& step : steps) {
    to_redis += support::encode_command(expanded(step.command.words, false));
    to_ours += support::encode_command(expanded(step.command.words, true));
  }
  client.redis.socket.write(to_redis);
  client.ours.socket.write(to_ours);
}

std::optional<Failure> Ensemble::take(const Turn& turn) {
  Client& client = clients_[turn.client];
  if (client.waiting)
    if (auto failure = release(client)) return failure;
  std::vector<Step> steps;
  bool open = client.in_transaction;
  const auto add = [&](Command command) {
    if (open) fit_transaction(command);
    const bool replies = open || !is_subscription(to_lower(command.words[0]));
    open = is_open_behind(command.words, open);
    steps.push_back({std::move(command), replies});
  };
  for (const Command& command : turn.commands) {
    for (const Words& words : command.before) add({.words = words, .how = {.mode = Mode::shape}});
    // Its reply says that what is in front of it, and what it blocks for, was looked at.
    if (!open && may_block(command)) add({.words = {"PING"}});
    add({.words = command.words, .how = command.how, .encoding = command.encoding});
    for (const Words& words : command.after) add({.words = words, .how = {.mode = Mode::shape}});
  }
  const bool blocks = !steps.empty() && !open && may_block(steps.back().command);
  if (!steps.empty() && !steps.back().replies) add({.words = {"PING"}});
  if (steps.empty()) return std::nullopt;
  send(client, steps);
  asking_ = &client;
  asked_.clear();
  for (const Step& step : steps)
    if (step.replies) asked_.push_back(step.command);
  const std::size_t certain = asked_.size() - (blocks ? 1 : 0);
  while (client.redis.received.replies.size() < certain)
    client.redis.received.add(client.redis.socket.read_reply());
  return settle(blocks);
}

/// The client is to send something, but blocks.
std::optional<Failure> Ensemble::release(Client& client) {
  asking_ = nullptr;
  asked_.clear();
  const Reply redis = duel_->ask({{"PING"}}).redis[0];
  const Words words = {"CLIENT", "UNBLOCK", client.redis.id};
  support::RespClient to_redis(duel_->redis_port());
  support::RespClient to_ours(duel_->our_port());
  to_redis.command(words);
  to_ours.command({"CLIENT", "UNBLOCK", client.ours.id});
  return settle(false);
}

/// What is missing behind the deadline is a difference that compare_all() finds.
void Ensemble::await_as_much(End& ours, const Received& wanted) {
  Received& got = ours.received;
  const auto arrived = [&] {
    return got.replies.size() >= wanted.replies.size() &&
           got.messages.size() >= wanted.messages.size() &&
           std::includes(got.invalid.begin(), got.invalid.end(), wanted.invalid.begin(),
                         wanted.invalid.end());
  };
  try {
    while (!arrived()) got.add(ours.socket.read_reply(arrival));
    while (auto more = ours.socket.take_arrived()) got.add(std::move(*more));
  } catch (const std::runtime_error&) {
    return;
  }
}

/// Everybody has what the turn brought: first from the reference, then from ours.
std::optional<Failure> Ensemble::settle(bool blocks) {
  std::string of_redis;
  std::string of_ours;
  const auto count_blocked = [&] {
    const auto answers = duel_->ask({{"INFO", "clients"}});
    const auto field = [](const std::string& text) {
      const auto at = text.find("\nblocked_clients:");
      return text.substr(at + 1, text.find('\r', at) - at - 1);
    };
    of_redis = field(answers.redis[0].text);
    of_ours = field(answers.ours[0].text);
    return of_redis == of_ours;
  };
  if (!blocks) duel_->ask({{"PING"}});
  if (blocks && !wait_until(count_blocked, arrival))
    return Failure{0, {}, "  redis: " + of_redis + ", respawn: " + of_ours};
  for (Client& client : clients_) {
    while (auto reply = client.redis.socket.take_arrived())
      client.redis.received.add(std::move(*reply));
    await_as_much(client.ours, client.redis.received);
  }
  return compare_all();
}

std::optional<Failure> Ensemble::compare_all() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    auto text = compare_received(clients_[i]);
    if (text) return Failure{0, {}, "  at client " + name_of(i) + ":\n" + *text};
  }
  return std::nullopt;
}

std::optional<std::string> Ensemble::compare_received(Client& client) {
  Received& redis = client.redis.received;
  Received& ours = client.ours.received;
  std::deque<Command> whose;
  if (client.waiting) whose.push_back(*client.waiting);
  if (&client == asking_) whose.insert(whose.end(), asked_.begin(), asked_.end());
  if (redis.replies.size() != ours.replies.size() || redis.replies.size() > whose.size())
    return "  redis: " + std::to_string(redis.replies.size()) +
           " replies, respawn: " + std::to_string(ours.replies.size());
  if (client.waiting && !redis.replies.empty()) {
    ++tally_.served;
    client.waiting.reset();
  }
  for (std::size_t i = 0; i < redis.replies.size(); ++i)
    if (auto text = compare_reply(client, whose[i], redis.replies[i], ours.replies[i]))
      return support::printable(whose[i].words[0]) + ":\n" + *text;
  if (&client == asking_ && redis.replies.size() < whose.size()) {
    client.waiting = whose.back();
    ++tally_.waited;
  }
  if (redis.messages.size() != ours.messages.size())
    return "  redis: " + std::to_string(redis.messages.size()) +
           " messages, respawn: " + std::to_string(ours.messages.size());
  sort_by_pattern(redis.messages);
  sort_by_pattern(ours.messages);
  for (std::size_t i = 0; i < redis.messages.size(); ++i)
    if (auto text = compare(redis.messages[i], ours.messages[i], {})) return *text;
  if (redis.invalid != ours.invalid)
    return "  invalidated by redis:" + list_of(redis.invalid) +
           "\n  by respawn:" + list_of(ours.invalid);
  tally_.messages += static_cast<int>(redis.messages.size());
  tally_.invalidated += static_cast<int>(redis.invalid.size());
  redis = {};
  ours = {};
  return std::nullopt;
}

std::optional<std::string> Ensemble::compare_reply(Client& client, const Command& command,
                                                   const Reply& redis, const Reply& ours) {
  const bool was_open = client.in_transaction;
  if (redis.header == "+QUEUED\r\n") {
    client.queued.push_back(command);
    return compare(redis, ours, {});
  }
  if (!redis.is_error() || was_open)
    client.in_transaction = is_open_behind(command.words, was_open);
  std::optional<std::string> text;
  if (was_open && to_lower(command.words[0]) == "exec")
    text = compare_execution(client, redis, ours);
  else
    text = compare(redis, ours, command);
  if (!client.in_transaction) client.queued.clear();
  return text;
}

/// Element by element, as each of the commands wants to be compared.
std::optional<std::string> Ensemble::compare_execution(Client& client, const Reply& redis,
                                                       const Reply& ours) {
  if (redis.null) ++tally_.refused;
  if (redis.null || redis.is_error() || redis.header != ours.header ||
      redis.elements.size() != client.queued.size() ||
      ours.elements.size() != redis.elements.size())
    return compare(redis, ours, {});
  ++tally_.executed;
  for (std::size_t i = 0; i < redis.elements.size(); ++i)
    if (auto text = compare(redis.elements[i], ours.elements[i], client.queued[i]))
      return "  of " + support::printable(client.queued[i].words[0]) + "\n" + *text;
  return std::nullopt;
}

std::optional<Failure> Ensemble::play(const Terms& terms, const std::vector<Turn>& turns) {
  std::size_t index = 0;
  const auto at_index = [&](Failure failure) {
    failure.index = index;
    return failure;
  };
  try {
    duel_->begin(terms);
    connect();
    for (; index < turns.size(); ++index)
      if (auto failure = take(turns[index])) return at_index(std::move(*failure));
    clients_.clear();
    keepers_.clear();
    if (auto failure = duel_->compare_data()) return at_index(std::move(*failure));
    return std::nullopt;
  } catch (const std::runtime_error& error) {
    clients_.clear();
    keepers_.clear();
    return at_index(duel_->lost(error.what()));
  }
}

std::vector<Turn> one_by_one(const std::vector<Turn>& turns) {
  std::vector<Turn> single;
  for (const Turn& turn : turns)
    for (const Command& command : turn.commands)
      single.push_back({.client = turn.client, .commands = {command}});
  return single;
}

std::string to_script(const Terms& terms, const std::vector<Turn>& turns) {
  std::string text = to_script(terms);
  for (const Turn& turn : turns) {
    text += "# connection " + name_of(turn.client) + "\n";
    for (const Command& command : turn.commands) text += to_script(command);
  }
  return text;
}

}  // namespace respawn::generator

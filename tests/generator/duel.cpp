#include "tests/generator/duel.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "tests/differential/comparison.hpp"
#include "tests/support/resp_client.hpp"

namespace respawn::generator {

namespace {

using differential::Comparison;
using support::Reply;
using Mode = Comparison::Mode;

constexpr std::size_t batch_max = 64;
constexpr int database_count = 16;

bool same(const Reply& a, const Reply& b) {
  return a.header == b.header && std::equal(a.elements.begin(), a.elements.end(),
                                            b.elements.begin(), b.elements.end(), same);
}

/// What docs/differences.md lists: Redis 7.0's name and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> encodings = {{
    {"quicklist", "listpack"},
    {"hashtable", "listpack"},
    {"listpack", "hashtable"},
    {"listpack", "skiplist"},
}};

bool is_listed_encoding(const Reply& redis, const Reply& ours) {
  return std::find(encodings.begin(), encodings.end(),
                   std::pair<std::string_view, std::string_view>(redis.text, ours.text)) !=
         encodings.end();
}

/// A restored sorted set that fits a listpack becomes one, which makes 0 of -0.
Reply without_negative_zero(Reply reply) {
  for (Reply& element : reply.elements) element = without_negative_zero(std::move(element));
  if (reply.text != "-0") return reply;
  reply.text = "0";
  reply.header = reply.type == '$' ? "$1\r\n0\r\n" : reply.type + std::string("0\r\n");
  return reply;
}

/// A command that reads all of a value of this type.
Words reading(const std::string& type, const std::string& key) {
  if (type == "string") return {"GET", key};
  if (type == "list") return {"LRANGE", key, "0", "-1"};
  if (type == "set") return {"SMEMBERS", key};
  if (type == "hash") return {"HGETALL", key};
  if (type == "stream") return {"XRANGE", key, "-", "+"};
  return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
}

std::string quoted(const Words& words) {
  std::string line;
  for (const std::string& word : words) {
    const std::string shown = support::printable(word, std::size_t{1} << 20);
    const bool plain = !word.empty() && shown.size() == word.size() + 2 &&
                       word.find_first_of(" '#") == std::string::npos;
    line += (line.empty() ? "" : " ") + (plain ? word : shown);
  }
  return line + '\n';
}

std::string directives(const Comparison& how) {
  std::string text;
  if (how.mode == Mode::unordered) text += "# unordered\n";
  if (how.mode == Mode::inner) text += "# unordered inner\n";
  if (how.mode == Mode::shape) text += "# shape\n";
  if (how.doubles) text += "# doubles\n";
  if (how.tolerance > 0) text += "# approx " + std::to_string(how.tolerance) + "\n";
  return text;
}

}  // namespace

std::optional<std::string> compare(const Reply& redis, const Reply& ours, const Command& command) {
  if (same(redis, ours)) return std::nullopt;
  if (command.encoding && is_listed_encoding(redis, ours)) return std::nullopt;
  return differential::difference({redis}, {ours}, command.how);
}

Duel::Duel() {
  redis_.binary = support::redis_binary();
  ours_.binary = support::server_binary();
  if (redis_.binary.empty()) missing_ = "there is no redis-server to compare with";
  if (ours_.binary.empty()) missing_ = "there is no server to test";
  if (!missing_.empty()) return;
  connect(redis_);
  connect(ours_);
  support::RespClient client(redis_.process->port());
  const std::string version = support::info_field(client, "server", "redis_version");
  if (!version.starts_with("7.0.")) missing_ = "redis-server is " + version + ", not 7.0";
}

void Duel::connect(Side& side) {
  if (!side.process || !side.process->running()) {
    support::ServerOptions options;
    options.binary = side.binary;
    options.arguments = {"--save", "", "--enable-debug-command", "yes"};
    side.socket.reset();
    side.process = std::make_unique<support::ServerProcess>(options);
  }
  if (!side.socket) side.socket.emplace(side.process->port());
}

Duel::Replies Duel::ask_one(Side& side, const std::vector<Words>& commands) {
  std::string bytes;
  for (const Words& words : commands) bytes += support::encode_command(words);
  side.socket->write(bytes);
  return side.socket->read_replies(commands.size());
}

Duel::Answers Duel::ask(const std::vector<Words>& commands) {
  std::string bytes;
  for (const Words& words : commands) bytes += support::encode_command(words);
  redis_.socket->write(bytes);
  ours_.socket->write(bytes);
  Answers answers;
  answers.redis = redis_.socket->read_replies(commands.size());
  answers.ours = ours_.socket->read_replies(commands.size());
  return answers;
}

void Duel::begin(const Terms& terms) {
  connect(redis_);
  connect(ours_);
  std::vector<Words> commands = {
      {"HELLO", std::to_string(terms.resp)}, {"SELECT", "0"}, {"FLUSHALL"}};
  commands.insert(commands.end(), terms.settings.begin(), terms.settings.end());
  const Answers answers = ask(commands);
  for (std::size_t i = 1; i < commands.size(); ++i)
    if (answers.redis[i].is_error() || answers.ours[i].is_error())
      throw std::runtime_error(quoted(commands[i]) + " is refused");
}

std::optional<Failure> Duel::play_batch(const std::vector<Command>& commands, std::size_t from,
                                        std::size_t to) {
  std::vector<Words> sent;
  for (std::size_t i = from; i < to; ++i) {
    const Command& command = commands[i];
    sent.insert(sent.end(), command.before.begin(), command.before.end());
    sent.push_back(command.words);
    sent.insert(sent.end(), command.after.begin(), command.after.end());
  }
  const Answers answers = ask(sent);
  std::size_t at = 0;
  for (std::size_t i = from; i < to; ++i) {
    at += commands[i].before.size();
    if (auto text = compare(answers.redis[at], answers.ours[at], commands[i]))
      return Failure{i, commands[i].words, *text};
    at += 1 + commands[i].after.size();
  }
  return std::nullopt;
}

/// Sends commands whose replies are compared as they say; for what is asked at the end.
std::optional<Failure> Duel::ask_and_compare(const std::vector<Command>& commands,
                                             Answers& answers) {
  std::vector<Words> sent;
  for (const Command& command : commands) sent.push_back(command.words);
  answers = ask(sent);
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (auto text = compare(answers.redis[i], answers.ours[i], commands[i]))
      return Failure{0, commands[i].words, *text};
  return std::nullopt;
}

std::optional<Failure> Duel::compare_data() {
  std::vector<Command> asked;
  for (int db = 0; db < database_count; ++db) {
    asked.push_back({.words = {"SELECT", std::to_string(db)}});
    asked.push_back({.words = {"DBSIZE"}});
    asked.push_back({.words = {"KEYS", "*"}, .how = {.mode = Mode::unordered}});
  }
  Answers answers;
  if (auto failure = ask_and_compare(asked, answers)) return failure;
  for (int db = 0; db < database_count; ++db) {
    std::vector<std::string> keys;
    for (const Reply& key : answers.redis[static_cast<std::size_t>(db) * 3 + 2].elements)
      keys.push_back(key.text);
    if (keys.empty()) continue;
    if (auto failure = compare_values(db, keys)) {
      failure->text = "  (in database " + std::to_string(db) + ")\n" + failure->text;
      return failure;
    }
  }
  return std::nullopt;
}

std::optional<Failure> Duel::compare_values(int db, const std::vector<std::string>& keys) {
  std::vector<Command> asked = {{.words = {"SELECT", std::to_string(db)}}};
  for (const std::string& key : keys) {
    asked.push_back({.words = {"TYPE", key}});
    asked.push_back({.words = {"PTTL", key}, .how = {.tolerance = 5000}});
    asked.push_back({.words = {"OBJECT", "ENCODING", key}, .encoding = true});
  }
  Answers answers;
  if (auto failure = ask_and_compare(asked, answers)) return failure;
  std::vector<Command> reads;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string& type = answers.redis[1 + i * 3].text;
    Command read{.words = reading(type, keys[i])};
    if (type == "set" || type == "hash") read.how.mode = Mode::unordered;
    read.how.doubles = type == "zset";
    reads.push_back(std::move(read));
  }
  if (auto failure = ask_and_compare(reads, answers)) return failure;
  if (auto failure = compare_dumps(ours_, redis_, reads, answers.ours)) return failure;
  return compare_dumps(redis_, ours_, reads, answers.redis);
}

/// `values` are what `from` answered to `reads`: `to` must answer the same of what it restores.
std::optional<Failure> Duel::compare_dumps(Side& from, Side& to, const std::vector<Command>& reads,
                                           const Replies& values) {
  std::vector<Words> dumps;
  for (const Command& read : reads) dumps.push_back({"DUMP", read.words[1]});
  const Replies payloads = ask_one(from, dumps);
  std::vector<Words> asked;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    asked.push_back({"RESTORE", "restored", "0", payloads[i].text, "REPLACE"});
    asked.push_back(reads[i].words);
    asked.back()[1] = "restored";
  }
  asked.push_back({"DEL", "restored"});
  const Replies answers = ask_one(to, asked);
  for (std::size_t i = 0; i < reads.size(); ++i)
    if (auto text = compare(without_negative_zero(values[i]),
                            without_negative_zero(answers[2 * i + 1]), reads[i]))
      return Failure{0, dumps[i], "  dumped by one, restored by the other:\n" + *text};
  return std::nullopt;
}

Failure Duel::lost(const std::string& what) {
  Failure failure;
  failure.text = "  " + what;
  for (Side* side : {&redis_, &ours_}) {
    side->socket.reset();
    const bool ours = side == &ours_;
    if (const auto ended = side->process->wait_for_exit(support::Milliseconds(300)))
      failure.text += std::string("\n  ") + (ours ? "respawn" : "redis") + " ended: code " +
                      std::to_string(ended->code) + ", signal " + std::to_string(ended->signal) +
                      "\n" + side->process->standard_error();
    side->process.reset();
  }
  return failure;
}

std::optional<Failure> Duel::play(const Terms& terms, const std::vector<Command>& commands) {
  std::size_t from = 0;
  std::size_t to = 0;
  try {
    begin(terms);
    for (; from < commands.size(); from = to) {
      to = std::min(from + batch_max, commands.size());
      if (auto failure = play_batch(commands, from, to)) return failure;
    }
    auto failure = compare_data();
    if (failure) failure->index = commands.size();
    return failure;
  } catch (const std::runtime_error& error) {
    Failure failure = lost(error.what());
    failure.index = to == 0 ? 0 : to - 1;
    return failure;
  }
}

std::vector<std::string> Duel::payloads() {
  const std::vector<Words> values = {
      {"SET", "k", "text"},
      {"SET", "k", "12345"},
      {"SET", "k", "99999999999"},
      {"RPUSH", "k", "a", "1"},
      {"SADD", "k", "1", "2", "3"},
      {"SADD", "k", "a", "b"},
      {"HSET", "k", "a", "1", "b", "x"},
      {"ZADD", "k", "1", "a", "2.5", "b"},
      {"XADD", "k", "3-1", "a", "1", "b", "x"},
  };
  begin({});
  std::vector<Words> commands;
  for (const Words& value : values) {
    commands.push_back(value);
    commands.push_back({"DUMP", "k"});
    commands.push_back({"DEL", "k"});
  }
  const Answers answers = ask(commands);
  std::vector<std::string> payloads;
  for (std::size_t i = 1; i < answers.redis.size(); i += 3)
    payloads.push_back(answers.redis[i].text);
  std::string damaged = payloads.front();
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  payloads.push_back(damaged);
  return payloads;
}

std::string Duel::reference_info(const std::string& section) {
  return support::RespClient(redis_.process->port()).command({"INFO", section}).text;
}

std::string Duel::finish() {
  if (!ours_.process) return {};
  const auto status = ours_.process->stop();
  return status && status->clean() ? "" : "did not end cleanly\n" + ours_.process->standard_error();
}

std::string to_script(const Command& command) {
  std::string text;
  for (const Words& words : command.before) text += quoted(words);
  text += directives(command.how) + quoted(command.words);
  for (const Words& words : command.after) text += quoted(words);
  return text;
}

std::string to_script(const Terms& terms) {
  std::string text = "# resp " + std::to_string(terms.resp) + "\n";
  for (const Words& setting : terms.settings) text += quoted(setting);
  return text;
}

std::string to_script(const Terms& terms, const std::vector<Command>& commands,
                      const Failure& failure) {
  std::string text = to_script(terms);
  for (const Command& command : commands) text += to_script(command);
  if (failure.index >= commands.size()) text += quoted(failure.asked);
  return text;
}

}  // namespace respawn::generator

#include "tests/twin/twin.hpp"

#include "base/text.hpp"
#include "commands/server/digest.hpp"
#include "keyspace/types/hash.hpp"
#include "keyspace/types/stream.hpp"

namespace respawn::twin {

namespace {

constexpr std::size_t client_count = 5;
constexpr std::int64_t other_time_of_day_ms = std::int64_t{37} * 86'400'000 + 12'345'678;

std::string text_of(const keyspace::StreamId& id) {
  return std::to_string(id.ms) + "-" + std::to_string(id.seq);
}

/// Without the times when consumers were seen.
std::string describe_group(const keyspace::StreamGroup& group) {
  std::string text = "\n  " + std::string(group.name()) + " at " + text_of(group.last_id) +
                     " read " + std::to_string(group.entries_read);
  group.for_each_consumer(
      [&](const keyspace::StreamConsumer& each) { text += " " + std::string(each.name()); });
  group.for_each_pending({}, [&](const keyspace::PendingEntry& entry) {
    const keyspace::StreamConsumer* const owner = group.consumer(entry.consumer);
    text += " " + text_of(entry.id) + ":" + (owner != nullptr ? std::string(owner->name()) : "") +
            "@" + std::to_string(entry.delivered_ms) + "*" + std::to_string(entry.deliveries);
    return true;
  });
  return text;
}

std::string describe_stream(const keyspace::Stream& stream) {
  std::string text = " last " + text_of(stream.last_id) + " deleted " +
                     text_of(stream.max_deleted_id) + " added " +
                     std::to_string(stream.entries_added);
  if (const keyspace::StreamProducers* producers = stream.producers())
    text += " remembers " + std::to_string(producers->limits().duration_s) + "/" +
            std::to_string(producers->limits().max_size) + " of " +
            std::to_string(producers->added);
  stream.for_each_group([&](const keyspace::StreamGroup& group) { text += describe_group(group); });
  return text;
}

std::string describe(const keyspace::Entry& entry) {
  commands::Digest digest;
  commands::mix_value(digest, entry);
  std::string text = digest.hex() + " ends " + std::to_string(entry.expire_at_ms());
  if (entry.type() == keyspace::Type::stream)
    return text + describe_stream(entry.object<keyspace::Stream>());
  if (entry.type() != keyspace::Type::hash) return text;
  std::map<std::string, std::int64_t> fields;
  entry.object<keyspace::Hash>().for_each([&](const keyspace::HashField& field) {
    if (field.expire_at_ms != keyspace::never) fields.emplace(field.field, field.expire_at_ms);
  });
  for (const auto& [field, at_ms] : fields) text += " " + field + ":" + std::to_string(at_ms);
  return text;
}

config::Config limits_of(std::uint64_t seed) {
  config::Config config;
  if (seed % 2 == 0) return config;
  config.hash_max_listpack_entries = 4;
  config.zset_max_listpack_entries = 4;
  config.set_max_intset_entries = 4;
  config.set_max_listpack_entries = 6;
  config.list_max_listpack_size = 3;
  config.hll_sparse_max_bytes = 60;
  config.stream_node_max_entries = 3;
  config.lazyfree_lazy_expire = true;
  config.lazyfree_lazy_server_del = true;
  return config;
}

}  // namespace

std::string quoted(const generator::Words& words) {
  std::string text;
  for (const std::string& word : words) text += "'" + word + "' ";
  return text;
}

Contents contents_of(const keyspace::Databases& databases) {
  Contents contents;
  for (std::size_t db = 0; db < databases.count(); ++db)
    databases.at(db).for_each([&](const keyspace::Entry& entry) {
      contents.emplace(std::to_string(db) + "/" + std::string(entry.key()), describe(entry));
    });
  return contents;
}

Twin::Twin(std::uint64_t seed, const std::vector<generator::Template>& templates)
    : random_(seed),
      original_(std::make_shared<config::Config>(limits_of(seed))),
      replica_(std::make_shared<config::Config>(limits_of(seed))),
      source_(templates, payloads_, seed,
              seed % 8 < 6 ? generator::Variety::narrow : generator::Variety::wide,
              generator::Purpose::twin) {
  (random_.below(2) == 0 ? original_ : replica_).clock.advance_ms(other_time_of_day_ms);
  replica_.first.session().applying = true;
  original_.store.unit.add_listener(*this);
  for (std::size_t i = 0; i < client_count; ++i) clients_.push_back(&original_.connect());
  clients_.back()->run("SELECT 1");
  for (const char* line : {"RPUSH d1 a b c", "SADD d2 1 2 x", "HSET d3 f v g w", "ZADD d4 1 a 2 b",
                           "SET d5 text", "SET d6 17", "XADD d7 5-1 f v"}) {
    original_.first.run(line);
    const std::string key(split(line, ' ')[1]);
    const std::string dumped = original_.first.run("DUMP " + key);
    const std::size_t at = dumped.find("\r\n") + 2;
    payloads_.push_back(dumped.substr(at, dumped.size() - at - 2));
  }
  original_.services.memory.measure = [this] {
    if (over_limit_ == 0) return std::uint64_t{0};
    --over_limit_;
    return std::uint64_t{1} << 40;
  };
}

Twin::~Twin() {
  original_.store.unit.remove_listener(*this);
}

void Twin::unit_done(const engine::UnitRecord& unit) {
  if (!unit.propagated().empty()) propagated_ = true;
  for (const engine::Propagated& effect : unit.propagated()) apply(effect);
}

void Twin::apply(const engine::Propagated& effect) {
  replica_.first.session().db = effect.db;
  const std::string reply = replica_.first.run_words(effect.words);
  if (!reply.starts_with('-') || failures_.size() > 2000) return;
  failures_ +=
      "behind " + last_command_ + ": " + quoted(effect.words) + "was refused: " + reply + "\n";
}

Client* Twin::idle_client() {
  for (std::size_t tries = 0; tries < 2 * client_count; ++tries) {
    Client* client = clients_[random_.below(client_count)];
    if (!client->blocked()) return client;
  }
  original_.pass_ms(20'000'000'000'000);
  for (Client* client : clients_)
    if (client->blocked())
      original_.first.run("CLIENT UNBLOCK " + std::to_string(client->session().id));
  return clients_[0];
}

void Twin::send(const generator::Words& words) {
  propagated_ = false;
  Client* client = idle_client();
  last_command_ = quoted(words);
  client->run_words(words);
  if (propagated_) propagating_.insert(to_lower(words[0]));
}

generator::Words Twin::short_lived() {
  const std::string number(1, static_cast<char>('1' + random_.below(3)));
  const std::string ms = std::to_string(1 + random_.below(3000));
  const std::string at_ms = std::to_string(original_.clock.wall_us() / 1000 +
                                           static_cast<std::int64_t>(random_.below(3000)));
  const char* const fields[] = {"a", "b", "c", "1"};
  const char* const keys[] = {"s", "b", "l", "h", "t", "z", "h", "h"};
  const std::string key = keys[random_.below(std::size(keys))] + number;
  switch (random_.below(9)) {
    case 0:
      return {"SET", "s" + number, "7", "PX", ms};
    case 1:
      return {"PSETEX", "s" + number, ms, "text"};
    case 2:
      return {"GETEX", "s" + number, "PX", ms};
    case 3:
      return {"RESTORE", key, ms, payloads_[random_.below(payloads_.size())], "REPLACE"};
    case 4:
      return {"HPEXPIRE",
              "h" + number,
              ms,
              "FIELDS",
              "2",
              fields[random_.below(4)],
              fields[random_.below(4)]};
    case 5:
      return {"HPEXPIREAT", "h" + number, at_ms, "FIELDS", "1", fields[random_.below(4)]};
    case 6:
      return {"PEXPIREAT", key, at_ms};
    default:
      return {"PEXPIRE", key, ms};
  }
}

void Twin::evict_some() {
  over_limit_ = 1 + random_.below(4);
  original_.configure([&](config::Config& config) {
    config.maxmemory_bytes = 1;
    config.maxmemory_policy = random_.below(2) == 0 ? config::EvictionPolicy::allkeys_random
                                                    : config::EvictionPolicy::volatile_ttl;
  });
  send({"GET", "s1"});
  over_limit_ = 0;
  original_.configure([](config::Config& config) { config.maxmemory_bytes = 0; });
}

void Twin::step() {
  const std::uint64_t dice = random_.below(1000);
  if (dice < 30) return original_.pass_ms(static_cast<std::int64_t>(random_.below(1500)));
  if (dice < 60) return original_.clock.advance_ms(static_cast<std::int64_t>(random_.below(1500)));
  if (dice < 64) return evict_some();
  if (dice < 66) return send({"PFDEBUG", "TODENSE", "p" + std::to_string(1 + random_.below(3))});
  send(dice < 200 ? short_lived() : source_.next().words);
}

void Twin::run(std::uint64_t commands) {
  for (std::uint64_t i = 0; i < commands && failures_.empty(); ++i) {
    step();
    if (random_.below(200) != 0) continue;
    if (const std::string difference = this->difference(); !difference.empty()) {
      failures_ = "behind " + last_command_ + ":\n" + difference;
      return;
    }
  }
}

std::string Twin::difference() const {
  std::string text = failures_;
  const Contents left = contents_of(original_.store.databases);
  const Contents right = contents_of(replica_.store.databases);
  for (const auto& [key, value] : left) {
    const auto found = right.find(key);
    if (found == right.end())
      text += key + " is missing: " + value + "\n";
    else if (found->second != value)
      text += key + ": " + value + "\n    instead of " + found->second + "\n";
  }
  for (const auto& [key, value] : right)
    if (!left.contains(key)) text += key + " should be gone: " + value + "\n";
  const std::string digest = commands::digest_of(original_.store.databases).hex();
  if (text.empty() && digest != commands::digest_of(replica_.store.databases).hex())
    text = "the digests differ";
  return text;
}

}  // namespace respawn::twin

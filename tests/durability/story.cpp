#include "tests/durability/story.hpp"

#include "commands/server/digest.hpp"
#include "engine/run/log_opening.hpp"
#include "keyspace/types/hash.hpp"

namespace respawn::durability {

namespace {

/// Fails once, at the n-th step from now on.
class FailAt final : public engine::StepProbe {
 public:
  explicit FailAt(std::uint64_t n) : left_(n) {}

  void at(engine::Step) override { RESPAWN_CHECK(left_ == 0 || --left_ > 0); }

 private:
  std::uint64_t left_;
};

std::string state_of(const keyspace::Databases& databases) {
  std::string text = commands::digest_of(databases).hex();
  for (std::size_t db = 0; db < databases.count(); ++db) {
    std::map<std::string, std::int64_t> ends;
    databases.at(db).for_each([&](const keyspace::Entry& entry) {
      if (entry.has_expiry()) ends.emplace(entry.key(), entry.expire_at_ms());
    });
    for (const auto& [key, end_ms] : ends)
      text += " " + std::to_string(db) + "/" + key + ":" + std::to_string(end_ms);
  }
  return text;
}

std::shared_ptr<config::Config> settings(const Plan& plan) {
  auto config = std::make_shared<config::Config>();
  config->appendonly = true;
  config->appendfsync = plan.policy;
  config->appendfilename = "a.aof";
  config->appenddirname = "log";
  config->dir = ".";
  config->save.clear();
  config->databases = 3;
  config->auto_aof_rewrite_percentage = 0;
  config->aof_use_rdb_preamble = plan.seed % 2 == 0;
  return config;
}

}  // namespace

Story::Story(const Plan& plan) : plan_(plan), random_(plan.seed), disk_(plan.seed) {
  server_ = std::make_unique<Server>(settings(plan_), &disk_);
  open_log();
  states_.push_back(state_of(server_->store.databases));
  times_us_.push_back(server_->clock.monotonic_us());
  server_->store.unit.add_listener(*this);
  for (int i = 0; i < 4; ++i) clients_.push_back(&server_->connect());
  if (plan_.cut_at != 0) disk_.cut_power_at(disk_.operations() + plan_.cut_at);
}

Story::~Story() {
  server_->store.probe = nullptr;
  server_->store.unit.remove_listener(*this);
}

void Story::open_log() {
  log_ = std::make_unique<persistence::LogDisk>(server_->store.log.tail, server_->clock);
  const Status opened = engine::open_append_log(server_->executor->environment(), *log_);
  EXPECT_TRUE(opened.ok()) << opened.error();
}

void Story::unit_done(const engine::UnitRecord& unit) {
  if (unit.propagated().empty()) return;
  states_.push_back(state_of(server_->store.databases));
  times_us_.push_back(server_->clock.monotonic_us());
  const std::size_t number = states_.size() - 1;
  for (const engine::Touched& each : unit.touched()) {
    if (each.whole_database)
      emptied_by_[each.db] = number;
    else
      touched_by_[{each.db, each.key}] = number;
  }
}

// ---- What happens ----

void Story::tell() {
  try {
    for (std::size_t i = 0; i < plan_.turns && !over_; ++i) turn();
  } catch (const test::PowerCut&) {
  }
}

void Story::turn() {
  for (std::uint64_t i = random_.below(4); i > 0; --i) run_command();
  if (plan_.kills_keyspace && random_.below(8) == 0) kill_keyspace();
  engine::AppendLog& log = server_->store.log;
  engine::Environment& environment = server_->executor->environment();
  if (random_.below(12) == 0) log.request_rewrite();
  log.end_turn(environment);
  if (random_.below(3) != 0) log.hand_over();
  // The thread that writes it is done before anything else happens to the disk.
  log.finish_job(environment);
  if (random_.below(3) != 0) work();
  if (random_.below(3) == 0) server_->pass_ms(static_cast<std::int64_t>(random_.below(400)));
  if (disk_.is_off()) over_ = true;
}

void Story::work() {
  if (plan_.kills_disk_worker && random_.below(4) == 0)
    disk_.end_worker_at(disk_.operations() + 1 + random_.below(4));
  try {
    static_cast<void>(log_->work());
  } catch (const test::WorkerEnd&) {
    disk_.end_worker_at(0);
    log_->resume();
  }
  disk_.end_worker_at(0);
  server_->store.log.note_progress(server_->executor->environment());
  tell_clients();
}

void Story::tell_clients() {
  const std::uint64_t durable = server_->store.log.tail.durable();
  std::erase_if(waiting_, [&](const Told& each) {
    if (each.offset > durable) return false;
    known_ = std::max(known_, each.unit);
    ++told_;
    return true;
  });
}

std::size_t Story::known_to_readers(int db, const std::vector<std::string>& words) const {
  std::size_t unit = 0;
  if (const auto found = emptied_by_.find(db); found != emptied_by_.end()) unit = found->second;
  for (const std::string& word : words)
    if (const auto found = touched_by_.find({db, word}); found != touched_by_.end())
      unit = std::max(unit, found->second);
  return unit;
}

void Story::run_command() {
  commands::test::Client* client = clients_[random_.below(clients_.size())];
  if (client->blocked()) return;
  const std::vector<std::string> command = words();
  const int db = client->session().db;
  // MULTI, EXEC and SELECT look at no key.
  const bool reads = command.size() > 1 && command[0] != "SELECT";
  const std::size_t read = reads ? known_to_readers(db, command) : 0;
  for (commands::test::Client* other : clients_) other->received();  // waits that were in vain
  const std::size_t units = states_.size();
  const std::string reply = client->run_words(command);
  if (client->blocked()) return;
  // What it wrote is the first unit; behind it others are served.
  const std::size_t wrote = states_.size() > units ? units : 0;
  const std::uint64_t offset = client->session().log_offset.load();
  // What is queued has read nothing, and RENAME fails at its first key.
  std::size_t from = reply == commands::test::simple("QUEUED") ? 0 : read;
  if (reply.starts_with('-')) from = reads ? known_to_readers(db, {command[1]}) : 0;
  if (!reply.empty()) waiting_.push_back({offset, std::max(from, wrote)});
  // Whoever was served behind it knows of it.
  for (commands::test::Client* other : clients_)
    if (!other->received().empty() && wrote != 0)
      waiting_.push_back({other->session().log_offset.load(), wrote});
  tell_clients();
}

std::vector<std::string> Story::words() {
  const std::string n(1, static_cast<char>('1' + random_.below(3)));
  const std::string text = std::to_string(random_.below(1000));
  switch (random_.below(20)) {
    case 0:
    case 1:
      return {"SET", "s" + n, text};
    case 2:
      return {"SET", "s" + n, text, "PX", std::to_string(1 + random_.below(600))};
    case 3:
    case 4:
      return {"INCR", "n" + n};
    case 5:
      return {"RPUSH", "l" + n, text, text + "x"};
    case 6:
      return {"LPOP", "l" + n};
    case 7:
      return {"BLPOP", "l" + n, "0.5"};
    case 8:
      return {"HSET", "h" + n, "f" + text.substr(0, 1), text};
    case 9:
      return {"ZADD", "z" + n, text, "m" + text.substr(0, 1)};
    case 10:
      return {"SPOP", "t" + n};
    case 11:
      return {"SADD", "t" + n, text, text + "y"};
    case 12:
      return {"EVAL",  "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])",
              "2",     "s" + n,
              "n" + n, text};
    case 13:
      return {"GET", "s" + n};
    case 14:
      return {"LRANGE", "l" + n, "0", "-1"};
    case 15:
      return {"RENAME", "s" + n, "s1"};
    case 16:
      return {"DEL", "s" + n, "l" + n};
    case 17:
      return {"SELECT", std::to_string(random_.below(3))};
    case 18:
      return random_.below(6) == 0
                 ? std::vector<std::string>{"FLUSHDB"}
                 : std::vector<std::string>{"SET", "big" + n, std::string(400, 'b')};
    default:
      return random_.below(2) == 0 ? std::vector<std::string>{"MULTI"}
                                   : std::vector<std::string>{"EXEC"};
  }
}

/// In the middle of a command; its client is told that nobody knows.
void Story::kill_keyspace() {
  FailAt probe(1 + random_.below(12));
  server_->store.probe = &probe;
  commands::test::Client* client = clients_[random_.below(clients_.size())];
  bool failed = false;
  if (!client->blocked()) {
    try {
      client->run_words(words());
    } catch (const std::exception&) {
      failed = true;
    }
  }
  server_->store.probe = nullptr;
  if (!failed) return;
  EXPECT_TRUE(server_->store.databases.recover().ok());
  engine::Batch& batch = client->session().batch;
  const bool waits =
      batch.state == engine::Batch::State::parked || batch.state == engine::Batch::State::answered;
  server_->restart();
  if (waits) return;
  batch.running = false;
  batch.output.clear();
  batch.commands.clear();
  batch.next = 0;
  batch.state = engine::Batch::State::idle;
}

// ---- What is left of it ----

std::string Story::verdict() {
  disk_.restart();
  Server other(settings(plan_), &disk_);
  persistence::LogDisk log(other.store.log.tail, other.clock);
  if (Status opened = engine::open_append_log(other.executor->environment(), log); !opened.ok()) {
    std::string text = "it does not start: " + opened.error();
    for (const std::string& line : other.services.log.lines) text += "\n  " + line;
    return text;
  }
  const std::string state = state_of(other.store.databases);
  std::size_t last = 0;
  bool found = false;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != state) continue;
    last = i;
    found = true;
  }
  if (!found) return "half of a unit is there, or what never was: " + state;
  if (plan_.policy == config::FsyncPolicy::always) {
    if (last >= known_) return "";
    return "clients know of unit " + std::to_string(known_) + ", but unit " + std::to_string(last) +
           " was the last of " + std::to_string(states_.size() - 1);
  }
  return "";
}

}  // namespace respawn::durability

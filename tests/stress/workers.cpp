#include "tests/stress/workers.hpp"

#include "tests/stress/load.hpp"

namespace respawn::stress {

namespace {

/// After this long an entry is taken from whoever has it, dead or merely slow.
constexpr const char* idle_ms = "20";
constexpr int at_once = 5;
constexpr int open_max = 300;

/// Acknowledges, and keeps the keyspace busy for so long that a kill finds the command running.
constexpr const char* slow_acknowledgement =
    "local n = redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) "
    "for i = 1, 2000000 do end "
    "return n";

/// While a script runs, others are asked to come again; nothing has happened then.
bool is_turned_away(const Reply& reply) {
  return reply.is_error() && reply.text.starts_with("BUSY ");
}

bool is_expected(const Reply& reply) {
  return is_turned_away(reply) || is_excused(reply);
}

std::vector<std::string> ids_of(const Reply& entries) {
  std::vector<std::string> ids;
  for (const auto& entry : entries.elements) ids.push_back(entry.elements.at(0).text);
  return ids;
}

}  // namespace

void WorkBook::added(const std::string& id) {
  const std::lock_guard lock(mutex_);
  pages_[id].added = true;
  ++added_;
}

void WorkBook::processed(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ++pages_[id].processed;
}

void WorkBook::acknowledged(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Page& page = pages_[id];
  if (++page.acknowledged + page.maybe == 1) ++settled_;
}

void WorkBook::maybe_acknowledged(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Page& page = pages_[id];
  if (++page.maybe + page.acknowledged == 1) ++settled_;
}

void WorkBook::missed(const std::string& id) {
  const std::lock_guard lock(mutex_);
  ++pages_[id].missed;
}

int WorkBook::open() {
  const std::lock_guard lock(mutex_);
  return added_ - settled_;
}

void WorkBook::check_all() {
  const std::lock_guard lock(mutex_);
  int certain = 0;
  for (const auto& [id, page] : pages_) {
    EXPECT_TRUE(page.added) << id << " comes from nowhere";
    EXPECT_GE(page.processed, 1) << id << " is lost";
    EXPECT_LE(page.acknowledged, 1) << id << " was acknowledged more than once";
    EXPECT_GE(page.acknowledged + page.maybe, 1) << id << " is acknowledged by nobody";
    certain += page.acknowledged;
  }
  EXPECT_GT(certain, added_ * 9 / 10) << "of hardly any entry it is known who acknowledged it";
}

void Encounters::operator+=(const Encounters& other) {
  crashes += other.crashes;
  claimed += other.claimed;
  looked_back += other.looked_back;
  unknown += other.unknown;
  failed += other.failed;
}

Worker::Worker(std::uint16_t port, int number, WorkBook& book)
    : client_(port),
      book_(&book),
      random_(static_cast<unsigned>(number)),
      name_("worker:" + std::to_string(number)),
      consumer_(name_) {}

void Worker::turn() {
  if (!client_.connect()) return std::this_thread::sleep_for(Milliseconds(1));
  for (const auto& id : take()) {
    if (chance(12)) return die();
    book_->processed(id);
    if (chance(25)) std::this_thread::sleep_for(Milliseconds(25));  // too slow: it is claimed
    if (chance(25)) return die();
    acknowledge(id);
    if (!client_.connected()) return;
  }
}

/// The connection breaks, and with it goes what the worker had in its hands. It comes back as
/// itself and finds its own entries, or as somebody else and leaves them to be claimed.
void Worker::die() {
  ++encounters_.crashes;
  client_.drop();
  if (chance(2)) consumer_ = name_ + ":" + std::to_string(++life_);
}

std::vector<std::string> Worker::take() {
  std::vector<std::string> ids;
  switch (random_() % 5) {
    case 0:
      ids = claim();
      encounters_.claimed += static_cast<int>(ids.size());
      return ids;
    case 1:
      ids = read({}, "0");
      encounters_.looked_back += static_cast<int>(ids.size());
      return ids;
    case 2:
      return read({"CLAIM", idle_ms, "BLOCK", "20"}, ">");
    default:
      return read({"BLOCK", "20"}, ">");
  }
}

std::vector<std::string> Worker::read(std::vector<std::string> options, const std::string& from) {
  std::vector<std::string> words{"XREADGROUP", "GROUP", group,
                                 consumer_,    "COUNT", std::to_string(at_once)};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"STREAMS", stream, from});
  const auto reply = client_.command(words);
  if (!reply || is_expected(*reply) || reply->null) return {};
  return ids_of(reply->elements.at(0).elements.at(1));
}

std::vector<std::string> Worker::claim() {
  const auto reply = client_.command(
      {"XAUTOCLAIM", stream, group, consumer_, idle_ms, "0", "COUNT", std::to_string(at_once)});
  if (!reply || is_expected(*reply)) return {};
  EXPECT_TRUE(reply->elements.at(2).elements.empty()) << "nothing was deleted";
  return ids_of(reply->elements.at(1));
}

std::optional<Reply> Worker::send_acknowledgement(const std::string& id) {
  if (chance(100)) return client_.command({"EVAL", slow_acknowledgement, "1", stream, group, id});
  return client_.command({"XACK", stream, group, id});
}

/// Sends it until it is known to be acknowledged, or found in the hands of another one.
void Worker::acknowledge(const std::string& id) {
  if (chance(40) && client_.send({"XACK", stream, group, id})) {
    book_->maybe_acknowledged(id);
    ++encounters_.unknown;
    return die();
  }
  for (State state = State::mine; state == State::mine; state = look_up(id)) {
    const auto reply = send_acknowledgement(id);
    if (reply && reply->type == ':')
      return reply->integer() == 1 ? book_->acknowledged(id) : book_->missed(id);
    if (reply && is_turned_away(*reply)) continue;
    ++encounters_.unknown;
    if (!reply) {
      // It may lie in the server's hands still, and take effect behind what is asked next.
      book_->maybe_acknowledged(id);
      continue;
    }
    is_excused(*reply);
    ++encounters_.failed;
    // Answered, it has taken effect or never will: where the entry is pending, it has not.
    if (const auto found = look_up(id); found == State::acknowledged)
      return book_->maybe_acknowledged(id);
  }
}

Worker::State Worker::look_up(const std::string& id) {
  std::optional<Reply> reply;
  const bool answered = wait_until([&] {
    reply = client_.command({"XPENDING", stream, group, id, id, "1"});
    return reply && !is_expected(*reply);
  });
  if (!answered) {
    ADD_FAILURE() << "XPENDING is not answered";
    return State::unanswered;
  }
  if (reply->elements.empty()) return State::acknowledged;
  return reply->elements[0].elements.at(1).text == consumer_ ? State::mine : State::of_another;
}

void Foreman::turn() {
  if (book_->open() > open_max || !client_.connect())
    return std::this_thread::sleep_for(Milliseconds(1));
  const auto id = std::to_string(number_) + "-1";
  const auto reply = client_.command({"XADD", stream, id, "number", std::to_string(number_)});
  const bool is_there =
      reply && in_doubt_ && reply->text.starts_with("ERR The ID specified in XADD is equal");
  if (!is_there && (!reply || is_expected(*reply))) {
    in_doubt_ |= !reply || !is_turned_away(*reply);
    return;
  }
  in_doubt_ = false;
  book_->added(id);
  ++number_;
}

}  // namespace respawn::stress

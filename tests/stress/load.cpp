#include "tests/stress/load.hpp"

namespace respawn::stress {

namespace {

constexpr int keys_per_writer = 500;
constexpr const char* list = "elements";

}  // namespace

bool is_excused(const Reply& reply) {
  if (!reply.is_error()) return false;
  for (const auto* prefix : {"UNAVAILABLE", "LOADING", "ERR the keyspace failed", "TRYAGAIN"})
    if (reply.text.starts_with(prefix)) return true;
  ADD_FAILURE() << "unexpected error: " << reply.text;
  return true;
}

std::string Writer::key_name(int key) const {
  return name_ + ":" + std::to_string(key);
}

void Writer::turn() {
  const auto key = static_cast<int>(random_() % keys_per_writer);
  random_() % 2 == 0 ? write(key) : check(key);
}

void Writer::write(int key) {
  auto& possible = slots_.try_emplace(key, Slot{{""}}).first->second.possible;
  const auto value = std::to_string(++writes_) + std::string(random_() % 200, 'x');
  const auto reply = client_.command({"SET", key_name(key), value});
  if (reply && reply->header == "+OK\r\n") {
    possible = {value};
    ++acknowledged_;
    return;
  }
  if (reply) is_excused(*reply);
  possible.insert(value);
}

void Writer::check(int key) {
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) return;
  const auto reply = client_.command({"GET", key_name(key)});
  if (!reply || reply->is_error()) {
    if (reply) is_excused(*reply);
    return;
  }
  auto& possible = slot->second.possible;
  EXPECT_TRUE(possible.contains(reply->text))
      << "an acknowledged write to " << key_name(key) << " is lost: " << reply->text.substr(0, 20);
  possible = {reply->text};
}

void Writer::check_all() {
  for (int key = 0; key < keys_per_writer; ++key) check(key);
}

void Counter::accept(std::int64_t value, const char* what) {
  EXPECT_GE(value, certain_) << what << " of " << key_ << " lost an acknowledged increment";
  EXPECT_LE(value, certain_ + unknown_) << what << " of " << key_ << " counted one twice";
  certain_ = value;
  unknown_ = 0;
}

void Counter::turn() {
  const auto reply = client_.command({"INCR", key_});
  ++unknown_;
  if (reply && reply->type == ':') {
    ++certain_;  // this one is certain now
    --unknown_;
    accept(reply->integer(), "INCR");
  } else if (reply) {
    is_excused(*reply);
  }
}

void Counter::check_all() {
  const auto reply = client_.command({"GET", key_});
  ASSERT_TRUE(reply && !reply->is_error());
  accept(reply->null ? 0 : std::stoll(reply->text), "GET");
}

void Ledger::pushed(const std::string& element) {
  const std::lock_guard lock(mutex_);
  pushed_.insert(element);
}

void Ledger::maybe_pushed(const std::string& element) {
  const std::lock_guard lock(mutex_);
  maybe_pushed_.insert(element);
}

void Ledger::popped(const std::string& element) {
  const std::lock_guard lock(mutex_);
  ++popped_[element];
}

void Ledger::maybe_popped() {
  const std::lock_guard lock(mutex_);
  ++maybe_popped_;
}

void Ledger::check_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [element, times] : popped_) {
    EXPECT_EQ(times, 1) << element << " was popped more than once";
    EXPECT_TRUE(pushed_.contains(element) || maybe_pushed_.contains(element))
        << element << " was popped but never pushed";
  }
  int missing = 0;
  for (const auto& element : pushed_) missing += popped_.contains(element) ? 0 : 1;
  EXPECT_LE(missing, maybe_popped_) << "elements are lost";
  EXPECT_GT(popped_.size(), 0U);
}

void Producer::turn() {
  const auto element = name_ + ":" + std::to_string(made_++);
  const auto reply = client_.command({"RPUSH", list, element});
  if (reply && reply->type == ':') return ledger_->pushed(element);
  if (reply) is_excused(*reply);
  ledger_->maybe_pushed(element);
}

void Consumer::turn() {
  // An idle connection that was killed is no lost pop: it is made anew before the pop is sent.
  if (!client_.connect()) return;
  const auto reply = client_.command({"BLPOP", list, "0.1"});
  if (reply && reply->elements.size() == 2) return ledger_->popped(reply->elements[1].text);
  if (reply && reply->null) return;
  if (reply) is_excused(*reply);
  ledger_->maybe_popped();
}

void Subscriber::turn() {
  try {
    if (!client_) {
      client_.emplace(port_);
      client_->command({"SUBSCRIBE", "numbers"});
    }
    const auto message = client_->read(Milliseconds(100));
    if (message.elements.size() != 3 || message.elements[0].text != "message") return;
    const auto number = std::stoll(message.elements[2].text);
    EXPECT_GT(number, last_) << "a message came twice or out of order";
    last_ = number;
  } catch (const std::runtime_error&) {
    // Nothing came for a moment, or the connection went away: both are told apart by a PING.
    try {
      if (client_) {
        client_->send({"PING"});
        client_->read(Milliseconds(2000));
      }
    } catch (const std::runtime_error&) {
      client_.reset();
    }
  }
}

}  // namespace respawn::stress

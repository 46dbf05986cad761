// The keyspace actor fails at each step of execution in turn, under clients that block, pipeline
// and subscribe: each command is answered exactly once, nothing waits for ever.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "protocol/reply_decoder.hpp"
#include "tests/actors/crash_at.hpp"
#include "tests/actors/world.hpp"

namespace respawn::actors::test {
namespace {

/// A client that counts what it sends and what it is answered.
class CountingClient {
 public:
  explicit CountingClient(Client client) : client_(client) {}

  /// Several commands in one write.
  void send(std::initializer_list<std::string_view> lines) {
    std::string bytes;
    for (std::string_view line : lines) bytes += std::string(line) + "\r\n";
    sent_ += lines.size();
    take(client_.send(bytes));
  }

  void listen() { take(client_.received()); }

  [[nodiscard]] std::size_t sent() const { return sent_; }

  [[nodiscard]] std::size_t answered() const { return answered_; }

  /// Texts of messages in the order of their arrival.
  [[nodiscard]] const std::vector<std::string>& messages() const { return messages_; }

  /// Errors, but for that of a lost command.
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }

  [[nodiscard]] std::size_t lost_commands() const { return lost_commands_; }

 private:
  void take(const std::string& bytes) {
    pending_ += bytes;
    std::vector<protocol::Reply> replies;
    pending_.erase(0, decoder_.decode(pending_, replies));
    EXPECT_EQ(decoder_.error(), "");
    for (const protocol::Reply& reply : replies) {
      if (reply.type == protocol::ReplyType::array && reply.elements.size() == 3 &&
          reply.elements[0].string == "message") {
        messages_.push_back(reply.elements[2].string);
        continue;
      }
      ++answered_;
      // Where its stream was evicted, a consumer that waits is told so.
      if (!reply.is_error() || reply.string.starts_with("NOGROUP")) continue;
      reply.string == lost_message ? ++lost_commands_ : (errors_.push_back(reply.string), 0);
    }
  }

  Client client_;
  protocol::ReplyDecoder decoder_;
  std::string pending_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::size_t lost_commands_ = 0;
  std::vector<std::string> messages_;
  std::vector<std::string> errors_;
};

/// One story; the same up to the step that fails.
class Story {
 public:
  explicit Story(std::size_t crash_at) : probe_(crash_at) {
    world_.configure([](config::Config& config) {
      config.notify_keyspace_events =
          config::keyspace_event::all | config::keyspace_event::keyevent;
    });
    for (int i = 0; i < 9; ++i) clients_.emplace_back(world_.connect());
    world_.connect().run("XGROUP CREATE feed g $ MKSTREAM");
    world_.store.probe = &probe_;
    world_.store.unit.add_listener(listener_);
  }

  ~Story() {
    world_.store.probe = nullptr;
    world_.store.unit.remove_listener(listener_);
  }

  void tell() {
    CountingClient& subscriber = clients_[0];
    CountingClient& first = clients_[1];
    CountingClient& second = clients_[2];
    CountingClient& impatient = clients_[3];
    CountingClient& mover = clients_[4];
    CountingClient& worker = clients_[5];
    CountingClient& other = clients_[6];
    CountingClient& reader = clients_[7];
    CountingClient& consumer = clients_[8];

    subscriber.send({"SUBSCRIBE news"});
    first.send({"SET a 1", "BLPOP q 0", "INCR a", "BZPOPMIN z 0"});
    second.send({"BLPOP q 0", "GET a"});
    impatient.send({"BLPOP nothing 0.2", "PING"});
    mover.send({"BLMOVE source target LEFT RIGHT 0", "LLEN target"});
    reader.send({"XREAD BLOCK 0 STREAMS feed $", "INCR n"});
    consumer.send({"XREADGROUP GROUP g c BLOCK 0 STREAMS feed >", "INCR n"});
    worker.send({"XADD feed * f v", "SET k v PX 50", "HSET h f v g w", "HPEXPIRE h 60 FIELDS 1 f",
                 "INCR n", "INCR n", "LPUSH q x y", "PUBLISH news one", "LPUSH source e"});
    world_.loop.advance_ms(300);
    other.send({"ZADD z 1 m", "PUBLISH news two", "GET k", "HLEN h", "INCR n"});
    evict();
    worker.send({"INCR n", "PUBLISH news three"});
    first.send({"EVAL \"redis.call('INCR','n') for i = 1, 3000000 do end\" 0", "INCR n"});
    other.send({"INCR n"});
    world_.loop.advance_ms(10);
  }

  /// Whoever still waits gets something, now that nothing fails any more.
  void finish() {
    world_.store.probe = nullptr;
    world_.loop.advance_ms(1000);
    Client pusher = world_.connect();
    pusher.run("RPUSH q 1 2 3 4");
    pusher.run("ZADD z 1 m1 2 m2");
    pusher.run("RPUSH source s1 s2");
    pusher.run("XADD feed * f v");
    world_.loop.advance_ms(1000);
    for (CountingClient& client : clients_) client.listen();
  }

  void expect_answers() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      EXPECT_EQ(clients_[i].answered(), clients_[i].sent()) << "client " << i;
      EXPECT_TRUE(clients_[i].errors().empty()) << clients_[i].errors().front();
    }
    // What was published once is heard at most once, in order.
    std::set<std::string> heard;
    for (const std::string& message : clients_[0].messages())
      EXPECT_TRUE(heard.insert(message).second) << message;
    EXPECT_EQ(world_.store.clients.blocked_count, 0U);
    EXPECT_TRUE(world_.store.databases.check_invariants().ok());
  }

  [[nodiscard]] std::size_t lost_commands() const {
    std::size_t all = 0;
    for (const CountingClient& client : clients_) all += client.lost_commands();
    return all;
  }

  [[nodiscard]] const std::optional<engine::Step>& failed() const { return probe_.failed(); }

 private:
  void evict() {
    std::size_t over = 2;
    world_.services.memory.measure = [&over] {
      return over > 0 ? (--over, std::uint64_t{1} << 40) : std::uint64_t{0};
    };
    world_.configure([](config::Config& config) {
      config.maxmemory_bytes = 1;
      config.maxmemory_policy = config::EvictionPolicy::allkeys_random;
    });
    clients_[5].send({"PING"});
    world_.configure([](config::Config& config) { config.maxmemory_bytes = 0; });
    world_.services.memory.measure = nullptr;
  }

  /// Has units recorded.
  class Listener final : public engine::UnitListener {
   public:
    void unit_done(const engine::UnitRecord&) override {}
  };

  CrashAt probe_;
  Listener listener_;
  World world_;
  std::vector<CountingClient> clients_;
};

TEST(Crash, AtNoStepLosesOrDoublesAReply) {
  std::set<engine::Step> failed_at;
  std::size_t step = 0;
  for (;; ++step) {
    Story story(step);
    story.tell();
    story.finish();
    story.expect_answers();
    if (!story.failed()) {
      EXPECT_EQ(story.lost_commands(), 0U);
      break;
    }
    failed_at.insert(*story.failed());
    EXPECT_LE(story.lost_commands(), 1U);
    ASSERT_FALSE(testing::Test::HasFailure())
        << "a crash at step " << step << " of kind " << static_cast<int>(*story.failed());
  }
  for (int kind = 0; kind < static_cast<int>(engine::Step::count_); ++kind)
    EXPECT_TRUE(failed_at.contains(static_cast<engine::Step>(kind))) << "no crash at " << kind;
  EXPECT_GT(step, 100U);
}

}  // namespace
}  // namespace respawn::actors::test

#include "net/loop_actor.hpp"

#include <caf/all.hpp>

#include "loop_fixture.hpp"
#include "net/simulated_loop.hpp"

namespace respawn::net {
namespace {

struct Ping {
  int count = 0;
};

struct Fail {};

struct Unknown {};

}  // namespace
}  // namespace respawn::net

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::net::Ping)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::net::Fail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(respawn::net::Unknown)

namespace respawn::net {
namespace {

/// What a test wants to know of an actor; outlives it. Atomic because the test may look at any
/// time.
struct Journal {
  std::atomic<int> exits{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> pings{0};
  std::atomic<int> wrong_thread{0};
  std::atomic<int> timers{0};
};

class Player : public LoopActor {
 public:
  Player(caf::actor_config& config, EventLoop& loop, Journal* journal)
      : LoopActor(config, loop), journal_(journal) {}

  ~Player() override { ++journal_->destroyed; }

  caf::behavior make_behavior() override {
    return {
        [this](Ping ping) -> caf::result<Ping> {
          if (!loop().on_loop_thread()) ++journal_->wrong_thread;
          ++journal_->pings;
          return Ping{ping.count + 1};
        },
        [this](Fail) {
          call_after(0, [this] { ++journal_->timers; });
          throw std::runtime_error("it broke");
        },
    };
  }

  void on_exit() override {
    if (!loop().on_loop_thread()) ++journal_->wrong_thread;
    ++journal_->exits;
  }

  using LoopActor::call_after;
  using LoopActor::cancel;
  using LoopActor::in_context;

 private:
  Journal* journal_;
};

/// Sends a ping to and fro `rounds` times, then quits.
class Rally : public LoopActor {
 public:
  Rally(caf::actor_config& config, EventLoop& loop, Journal* journal, caf::actor partner,
        int rounds)
      : LoopActor(config, loop), journal_(journal), partner_(std::move(partner)), rounds_(rounds) {}

  caf::behavior make_behavior() override {
    send(partner_, Ping{});
    return {[this](Ping ping) {
      if (!loop().on_loop_thread()) ++journal_->wrong_thread;
      ++journal_->pings;
      if (ping.count >= rounds_) return quit();
      send(partner_, ping);
    }};
  }

  void on_exit() override { ++journal_->exits; }

 private:
  Journal* journal_;
  caf::actor partner_;
  int rounds_;
};

template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// The exit reason of `actor`, waited for from outside.
caf::error exit_reason_of(caf::actor_system& system, const caf::actor& actor) {
  caf::scoped_actor self(system);
  self->monitor(actor);
  caf::error reason;
  self->receive([&](caf::down_msg& down) { reason = std::move(down.reason); },
                caf::after(std::chrono::duration_cast<std::chrono::seconds>(patience)) >>
                    [] { ADD_FAILURE() << "the actor lives"; });
  return reason;
}

class LoopActorTest : public LoopTest {};

RESPAWN_FOR_BACKENDS(LoopActorTest);

TEST_P(LoopActorTest, ActorsOfOneLoopTalk) {
  Journal journal;
  const auto partner = spawn_on<Player>(*loop(), &journal);
  spawn_on<Rally>(*loop(), &journal, partner, 1000);
  EXPECT_TRUE(eventually([&] { return journal.exits == 1; }));
  EXPECT_EQ(journal.pings, 2000);
  EXPECT_EQ(journal.wrong_thread, 0);
  caf::anon_send_exit(partner, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(eventually([&] { return journal.exits == 2; }));
}

TEST_P(LoopActorTest, ActorsOfTwoLoopsTalk) {
  Journal journal;
  const auto other = another_loop();
  const auto partner = spawn_on<Player>(**other, &journal);
  for (int i = 0; i < 4; ++i) spawn_on<Rally>(*loop(), &journal, partner, 3000);
  EXPECT_TRUE(eventually([&] { return journal.exits == 4; }));
  EXPECT_EQ(journal.pings, 4 * 6000);
  EXPECT_EQ(journal.wrong_thread, 0);
  caf::anon_send_exit(partner, caf::exit_reason::user_shutdown);
  EXPECT_TRUE(eventually([&] { return journal.destroyed == 0 || journal.exits == 5; }));
}

TEST_P(LoopActorTest, AnExceptionInAHandlerEndsThatActorWithItsText) {
  Journal journal;
  const auto victim = spawn_on<Player>(*loop(), &journal);
  const auto bystander = spawn_on<Player>(*loop(), &journal);
  caf::anon_send(victim, Fail{});
  EXPECT_EQ(error_text(exit_reason_of(system_, victim)), "it broke");
  EXPECT_TRUE(eventually([&] { return journal.exits == 1; }));
  caf::anon_send(bystander, Ping{});
  EXPECT_TRUE(eventually([&] { return journal.pings == 1; }));
  EXPECT_EQ(journal.timers, 0) << "the timers of the dead actor are gone";
  caf::anon_send_exit(bystander, caf::exit_reason::kill);
}

/// Waits for bytes from a socket, with a stream of its own.
class Reader : public LoopActor, public StreamHandler {
 public:
  Reader(caf::actor_config& config, EventLoop& loop, Journal* journal, int fd)
      : LoopActor(config, loop), journal_(journal), fd_(fd) {}

  caf::behavior make_behavior() override {
    stream_ = loop().adopt({fd_}, *this);
    stream_->resume_receiving();
    return {[](Ping) {}};
  }

  std::span<char> receive_space(std::size_t bytes) override {
    return {received_.reserve(bytes), bytes};
  }

  void on_received(std::size_t bytes) override {
    in_context([&] {
      received_.commit(bytes);
      ++journal_->pings;
      if (received_.view().ends_with("quit")) quit();
      if (received_.view().ends_with("fail")) throw std::runtime_error("bad bytes");
      stream_->send(buffer_of("ok"));
    });
  }

  void on_receive_end(int) override {
    in_context([this] { quit(); });
  }

  void on_sent() override {}

  void on_send_error(int) override {}

  void on_exit() override {
    ++journal_->exits;
    stream_.reset();
  }

 private:
  Journal* journal_;
  int fd_;
  Buffer received_;
  std::unique_ptr<Stream> stream_;
};

TEST_P(LoopActorTest, AnExceptionInACompletionEndsThatActorAndClosesItsStream) {
  Journal journal;
  auto victim = SocketPair::make();
  auto bystander = SocketPair::make();
  const auto actor = spawn_on<Reader>(*loop(), &journal, victim.socket.fd);
  spawn_on<Reader>(*loop(), &journal, bystander.socket.fd);
  victim.client.write("fail");
  EXPECT_EQ(error_text(exit_reason_of(system_, actor)), "bad bytes");
  EXPECT_EQ(victim.client.read_end(), 0);
  bystander.client.write("x");
  EXPECT_EQ(bystander.client.read(2), "ok");
  bystander.client.finish_sending();
  EXPECT_EQ(bystander.client.read_end(), 0);
  EXPECT_TRUE(eventually([&] { return journal.exits == 2; }));
}

TEST_P(LoopActorTest, QuitInACompletionIsHonoured) {
  Journal journal;
  auto pair = SocketPair::make();
  const auto actor = spawn_on<Reader>(*loop(), &journal, pair.socket.fd);
  pair.client.write("quit");
  EXPECT_EQ(exit_reason_of(system_, actor), caf::none);
  EXPECT_EQ(pair.client.read_end(), 0);
}

TEST_P(LoopActorTest, DroppingTheLastHandleDoesNotEndALivingActor) {
  Journal journal;
  auto pair = SocketPair::make();
  spawn_on<Reader>(*loop(), &journal, pair.socket.fd);
  pair.client.write("a");
  EXPECT_EQ(pair.client.read(2), "ok");
  pair.client.write("b");
  EXPECT_EQ(pair.client.read(2), "ok");
  pair.client.close();
  EXPECT_TRUE(eventually([&] { return journal.exits == 1; }));
}

TEST_P(LoopActorTest, ALoopThatGoesAwayKillsItsActors) {
  Journal journal;
  {
    const auto other = another_loop();
    const auto started = spawn_on<Player>(**other, &journal);
    caf::anon_send(started, Ping{});
    EXPECT_TRUE(eventually([&] { return journal.pings == 1; }));
  }
  EXPECT_EQ(journal.exits, 1);
  EXPECT_EQ(journal.destroyed, 1);
}

class Ordinary : public caf::event_based_actor {
 public:
  Ordinary(caf::actor_config& config, EventLoop* loop, Journal* journal)
      : caf::event_based_actor(config), loop_(loop), journal_(journal) {}

  caf::behavior make_behavior() override {
    return {[this](Ping ping) {
      if (loop_->on_loop_thread()) ++journal_->wrong_thread;
      return Ping{ping.count + 1};
    }};
  }

 private:
  EventLoop* loop_;
  Journal* journal_;
};

/// Such actors may block, so they must not run on the loop of whoever sends to them.
TEST_P(LoopActorTest, OrdinaryActorsStayOnCafsThreads) {
  Journal journal;
  const caf::actor ordinary = system_.spawn<Ordinary>(&*loop(), &journal);
  spawn_on<Rally>(*loop(), &journal, ordinary, 100);
  EXPECT_TRUE(eventually([&] { return journal.exits == 1; }));
  EXPECT_EQ(journal.wrong_thread, 0);
  caf::anon_send_exit(ordinary, caf::exit_reason::kill);
}

// What needs no real loop is tested in virtual time.

class SimulatedActorTest : public testing::Test {
 protected:
  Player& player() {
    handle_ = spawn_on<Player>(loop_, &journal_);
    loop_.run_until_idle();
    return *caf::actor_cast<Player*>(handle_);
  }

  SystemConfig config_;
  caf::actor_system system_{config_};
  Journal journal_;
  SimulatedLoop loop_{system_};
  caf::actor handle_;
};

TEST_F(SimulatedActorTest, TimersRunInTheContextOfTheActor) {
  Player& actor = player();
  actor.call_after(5'000, [&] {
    ++journal_.timers;
    throw std::runtime_error("late");
  });
  loop_.advance_ms(4);
  EXPECT_EQ(journal_.timers, 0);
  loop_.advance_ms(1);
  EXPECT_EQ(journal_.timers, 1);
  EXPECT_EQ(journal_.exits, 1);
}

TEST_F(SimulatedActorTest, TimersDieWithTheActor) {
  Player& actor = player();
  auto held = std::make_shared<int>(1);
  actor.call_after(5'000, [&, held] { ++journal_.timers; });
  EXPECT_EQ(held.use_count(), 2);
  caf::anon_send_exit(handle_, caf::exit_reason::user_shutdown);
  loop_.run_until_idle();
  EXPECT_EQ(held.use_count(), 1);
  loop_.advance_ms(10);
  EXPECT_EQ(journal_.timers, 0);
}

TEST_F(SimulatedActorTest, TimersCanBeCancelledAndDropTheirCallback) {
  Player& actor = player();
  auto held = std::make_shared<int>(1);
  const TimerId timer = actor.call_after(5'000, [&, held] { ++journal_.timers; });
  actor.cancel(timer);
  EXPECT_EQ(held.use_count(), 1);
  loop_.advance_ms(10);
  EXPECT_EQ(journal_.timers, 0);
}

TEST_F(SimulatedActorTest, InContextSaysWhetherTheActorLives) {
  Player& actor = player();
  EXPECT_TRUE(actor.in_context([] {}));
  EXPECT_FALSE(actor.in_context([&] { actor.quit(); }));
  bool ran = false;
  EXPECT_FALSE(actor.in_context([&] { ran = true; }));
  EXPECT_FALSE(ran);
  EXPECT_EQ(journal_.exits, 1);
}

TEST_F(SimulatedActorTest, UnknownMessagesAndDownMessagesAreDroppedSilently) {
  player();
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  caf::anon_send(handle_, Unknown{});
  caf::anon_send(handle_, caf::down_msg{});
  caf::anon_send(handle_, caf::error(caf::sec::runtime_error));
  loop_.run_until_idle();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(SimulatedActorTest, ARequestThatNobodyKnowsIsAnswered) {
  player();
  caf::error answer;

  struct Asker : LoopActor {
    Asker(caf::actor_config& config, EventLoop& loop, caf::actor asked, caf::error* error)
        : LoopActor(config, loop), asked_(std::move(asked)), error_(error) {}

    caf::behavior make_behavior() override {
      request(asked_, caf::infinite, Unknown{})
          .then([](Ping) {}, [this](caf::error& error) { *error_ = error; });
      return {[](Ping) {}};
    }

    caf::actor asked_;
    caf::error* error_;
  };

  spawn_on<Asker>(loop_, handle_, &answer);
  loop_.run_until_idle();
  EXPECT_EQ(answer, caf::sec::unexpected_message);
}

class BadExit : public LoopActor {
 public:
  using LoopActor::LoopActor;

  caf::behavior make_behavior() override {
    return {[this](Ping) { quit(); }};
  }

  void on_exit() override { throw std::runtime_error("cannot even die"); }
};

TEST_F(SimulatedActorTest, AnActorWhoseExitThrowsIsGoneAllTheSame) {
  const auto actor = spawn_on<BadExit>(loop_);
  caf::anon_send(actor, Ping{});
  loop_.run_until_idle();
  caf::error reason;

  struct Watcher : LoopActor {
    Watcher(caf::actor_config& config, EventLoop& loop, const caf::actor& watched,
            caf::error* down_reason)
        : LoopActor(config, loop) {
      monitor(watched);
      set_down_handler([down_reason](caf::down_msg& down) { *down_reason = down.reason; });
    }

    caf::behavior make_behavior() override {
      return {[](Ping) {}};
    }
  };

  spawn_on<Watcher>(loop_, actor, &reason);
  loop_.run_until_idle();
  EXPECT_EQ(error_text(reason), "cannot even die");
}

class BadStart : public LoopActor {
 public:
  using LoopActor::LoopActor;

  caf::behavior make_behavior() override { throw std::runtime_error("no start"); }
};

TEST_F(SimulatedActorTest, AnExceptionWhileStartingIsAnExitReason) {
  const auto actor = spawn_on<BadStart>(loop_);
  loop_.run_until_idle();
  EXPECT_EQ(error_text(exit_reason_of(system_, actor)), "no start");
}

struct CounterState {
  explicit CounterState(LoopActor* self) : loop(&self->loop()) {}

  ~CounterState() { ++*ended; }

  EventLoop* loop;
  int* ended = nullptr;
  const char* name = "counter";
};

class Counter : public caf::stateful_actor<CounterState, LoopActor> {
 public:
  Counter(caf::actor_config& config, EventLoop& loop, int* ended)
      : caf::stateful_actor<CounterState, LoopActor>(config, loop) {
    state.ended = ended;
  }

  caf::behavior make_behavior() override {
    return {[this](Ping) { quit(); }};
  }
};

TEST_F(SimulatedActorTest, CarriesCafsStatefulActors) {
  int ended = 0;
  const auto actor = spawn_on<Counter>(loop_, &ended);
  loop_.run_until_idle();
  EXPECT_EQ(ended, 0);
  caf::anon_send(actor, Ping{});
  loop_.run_until_idle();
  EXPECT_EQ(ended, 1);
}

TEST_F(SimulatedActorTest, ErrorTextOfOtherErrors) {
  EXPECT_EQ(error_text(caf::error{}), "none");
  EXPECT_EQ(error_text(caf::exit_reason::kill), caf::to_string(caf::error(caf::exit_reason::kill)));
}

}  // namespace
}  // namespace respawn::net

#include "net/event_loop.hpp"

#include <csignal>
#include <limits>

#include "loop_fixture.hpp"

namespace respawn::net {
namespace {

class EventLoopTest : public LoopTest {};

RESPAWN_FOR_BACKENDS(EventLoopTest);

TEST_P(EventLoopTest, NamesItsBackend) {
  EXPECT_STREQ(loop()->backend_name(), GetParam() == Backend::epoll ? "epoll" : "io_uring");
}

TEST_P(EventLoopTest, KnowsItsThread) {
  EXPECT_FALSE(loop()->on_loop_thread());
  EXPECT_TRUE(loop().on_loop([&] { return loop()->on_loop_thread(); }));
}

TEST_P(EventLoopTest, TimersFireInOrderAndNeverEarly) {
  struct Fired {
    int name;
    std::int64_t late_us;
  };

  std::vector<Fired> fired;
  loop().on_loop([&] {
    const std::int64_t start = loop()->clock().monotonic_us();
    int name = 0;
    for (const std::int64_t delay_us : {300'000, 50'000, 200'000, 50'000, 0, 15'000}) {
      loop()->call_after(delay_us, [&, name, due = start + delay_us] {
        fired.push_back({name, loop()->clock().monotonic_us() - due});
      });
      ++name;
    }
  });
  ASSERT_TRUE(loop().eventually([&] { return fired.size() == 6; }));
  std::vector<int> names;
  for (const Fired& one : fired) {
    names.push_back(one.name);
    EXPECT_GE(one.late_us, 0) << "timer " << one.name;
  }
  EXPECT_EQ(names, (std::vector{4, 5, 1, 3, 2, 0}));
}

TEST_P(EventLoopTest, AnIdleLoopIsAboutPunctual) {
  // The best of many: others may be using the processor.
  std::int64_t least_late_us = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < 20; ++round) {
    std::promise<std::int64_t> promise;
    loop().on_loop([&] {
      const std::int64_t due = loop()->clock().monotonic_us() + 3'000;
      loop()->call_after(3'000,
                         [&, due] { promise.set_value(loop()->clock().monotonic_us() - due); });
    });
    least_late_us = std::min(least_late_us, promise.get_future().get());
  }
  EXPECT_GE(least_late_us, 0);
  EXPECT_LE(least_late_us, 1'000);
}

TEST_P(EventLoopTest, CancelledTimersDoNotFire) {
  int fired = 0;
  loop().on_loop([&] {
    const TimerId first = loop()->call_after(1'000, [&] { ++fired; });
    const TimerId second = loop()->call_after(0, [&] { ++fired; });
    loop()->cancel(first);
    loop()->cancel(second);
    loop()->cancel(0);
    loop()->call_after(2'000, [&] { fired += 100; });
  });
  ASSERT_TRUE(loop().eventually([&] { return fired >= 100; }));
  EXPECT_EQ(loop().on_loop([&] { return fired; }), 100);
}

TEST_P(EventLoopTest, ATimerThatRearmsItselfDoesNotStarveTheRest) {
  bool stop = false;
  bool stopped = false;
  std::function<void()> again = [&] {
    if (stop)
      stopped = true;
    else
      loop()->call_after(0, again);
  };
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  loop().on_loop([&] {
    again();
    recorded.stream()->resume_receiving();
  });
  pair.client.write("x");
  EXPECT_TRUE(loop().eventually([&] { return recorded.recorder().received == "x"; }));
  loop().on_loop([&] { stop = true; });
  EXPECT_TRUE(loop().eventually([&] { return stopped; }));
}

TEST_P(EventLoopTest, PostsOfOneThreadKeepTheirOrder) {
  constexpr int threads_count = 4;
  constexpr int posts_count = 20'000;
  std::vector<std::vector<int>> seen(threads_count);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < threads_count; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < posts_count; ++i)
        loop()->post([&, thread, i] { seen[static_cast<std::size_t>(thread)].push_back(i); });
    });
  for (auto& thread : threads) thread.join();
  loop().on_loop([&] {
    for (const auto& order : seen) {
      ASSERT_EQ(order.size(), static_cast<std::size_t>(posts_count));
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    }
  });
}

TEST_P(EventLoopTest, APostWakesASleepingLoopEveryTime) {
  for (int round = 0; round < 2'000; ++round) {
    std::promise<void> promise;
    loop()->post([&] { promise.set_value(); });
    ASSERT_EQ(promise.get_future().wait_for(patience), std::future_status::ready);
  }
}

TEST_P(EventLoopTest, WhatThrowsIsReportedAndTheLoopGoesOn) {
  static std::atomic<int> reported{0};
  set_loop_exception_hook([](const char* text) {
    if (std::string_view(text) == "from post") reported += 1;
    if (std::string_view(text) == "from timer") reported += 10;
    if (std::string_view(text) == "unknown exception") reported += 100;
  });
  loop()->post([] { throw std::runtime_error("from post"); });
  loop()->post([] { throw 42; });
  loop().on_loop([&] { loop()->call_after(0, [] { throw std::runtime_error("from timer"); }); });
  EXPECT_TRUE(loop().eventually([] { return reported == 111; }));
  set_loop_exception_hook(nullptr);
  reported = 0;
}

TEST_P(EventLoopTest, SignalsDoNotDisturb) {
  std::signal(SIGUSR1, [](int) {});
  std::promise<pthread_t> promise;
  loop().on_loop([&] { promise.set_value(pthread_self()); });
  const pthread_t thread = promise.get_future().get();
  auto pair = SocketPair::make();
  RecordedStream recorded(loop(), pair.socket);
  loop().on_loop([&] { recorded.stream()->resume_receiving(); });
  for (int round = 0; round < 200; ++round) {
    pthread_kill(thread, SIGUSR1);
    pair.client.write("x");
  }
  EXPECT_TRUE(loop().eventually([&] { return recorded.recorder().received.size() == 200; }));
}

TEST_P(EventLoopTest, StopBeforeRunEndsItAtOnce) {
  auto other = make_event_loop(system_, GetParam());
  other.value()->stop();
  other.value()->run();
}

TEST_P(EventLoopTest, ALoopThatNeverRanCanBeDestroyed) {
  const auto listening = ListeningSocket::tcp("127.0.0.1", 0, 16);

  struct : AcceptHandler {
    void on_accepted(AcceptedSocket) override {}

    void on_accept_error(int) override {}
  } handler;

  auto other = make_event_loop(system_, GetParam());
  auto listener = other.value()->listen(listening.value().fd(), handler);
  other.value()->post([] { FAIL(); });
  listener.reset();
}

TEST(MakeEventLoopTest, AutomaticTakesWhatTheKernelAllows) {
  SystemConfig config;
  caf::actor_system system(config);
  const bool uring = make_event_loop(system, Backend::io_uring).ok();
  const auto loop = make_event_loop(system, Backend::automatic);
  ASSERT_TRUE(loop.ok());
  EXPECT_STREQ(loop.value()->backend_name(), uring ? "io_uring" : "epoll");
}

}  // namespace
}  // namespace respawn::net

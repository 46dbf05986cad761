// Ten workers of a consumer group die with entries in their hands and claim those of others, while
// actors are killed: each entry is processed, and acknowledged exactly once.
#include <memory>

#include "tests/stress/killing.hpp"
#include "tests/stress/workers.hpp"

namespace respawn::stress {
namespace {

constexpr int worker_count = 10;

class Groups : public Killing {
 protected:
  void SetUp() override {
    Killing::SetUp();
    if (IsSkipped()) return;
    RespClient client(server_->port());
    client.ok({"CONFIG", "SET", "busy-reply-threshold", "1"});
    client.ok({"XGROUP", "CREATE", stream, group, "$", "MKSTREAM"});
  }

  /// The value behind `field` in what XINFO says of the group.
  std::string of_group(const std::string& field) {
    const auto reply = controller_->command({"XINFO", "GROUPS", stream});
    if (!reply || reply->elements.size() != 1) return "";
    const auto& fields = reply->elements[0].elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
      if (fields[i].text == field) return fields[i + 1].text;
    return "";
  }

  bool is_done() { return of_group("lag") == "0" && of_group("pending") == "0"; }

  void check(const Encounters& all, int added) {
    EXPECT_EQ(of_group("entries-read"), std::to_string(added));
    RespClient client(server_->port());
    EXPECT_EQ(client.integer({"XLEN", stream}), added);
    EXPECT_GT(added, 20 * worker_count) << "hardly anything was worked on";
    EXPECT_GT(all.crashes, worker_count) << "hardly anybody died";
    EXPECT_GT(all.claimed, 0) << "nobody claimed anything";
    EXPECT_GT(all.looked_back, 0) << "nobody found what it had";
    EXPECT_GT(all.unknown, 0) << "of each acknowledgement it was known what came of it";
    EXPECT_GT(all.failed, 0) << "the keyspace never failed under one";
  }
};

TEST_P(Groups, AcknowledgeEveryEntryExactlyOnce) {
  const int rounds = number_from("RESPAWN_KILLS", scaled(100, 3000));
  WorkBook book;
  Foreman foreman(server_->port(), book);
  std::vector<std::unique_ptr<Worker>> workers;
  Crew adding;
  Crew working;
  adding.add([&foreman] { foreman.turn(); });
  for (int i = 0; i < worker_count; ++i) {
    workers.push_back(std::make_unique<Worker>(server_->port(), i, book));
    working.add([worker = workers.back().get()] { worker->turn(); });
  }
  std::mt19937 pace(1);
  for (int round = 0; round < rounds && !HasFatalFailure(); ++round) {
    round % 2 == 0 ? kill("keyspace") : kill(round / 2);
    std::this_thread::sleep_for(std::chrono::microseconds(pace() % 10'000));
  }
  EXPECT_GE(kills_, rounds * 8 / 10);
  adding.stop();
  EXPECT_TRUE(wait_until([&] { return is_done(); })) << of_group("pending") << " are left";
  working.stop();
  ASSERT_TRUE(server_->running()) << server_->standard_error();
  book.check_all();
  Encounters all;
  for (const auto& worker : workers) all += worker->encounters();
  check(all, foreman.count_added());
  const auto status = server_->stop();
  EXPECT_TRUE(status && status->clean()) << server_->standard_error();
}

INSTANTIATE_TEST_SUITE_P(Loops, Groups, settings_of_loops(), name_of_loops);

}  // namespace
}  // namespace respawn::stress

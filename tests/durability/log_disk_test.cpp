// The disk's side of the append log, on a disk that fails.
#include "persistence/append_log/log_disk.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/simulated_disk.hpp"

namespace respawn::persistence {
namespace {

using test::SimulatedDisk;
using Turn = LogDisk::Turn;

class LogDiskTest : public testing::Test {
 protected:
  void open() {
    log.use(LogDirectory(disk, "log", "a.aof"), {});
    LogWork base{.kind = LogWork::Kind::base};
    ASSERT_TRUE(log.open(std::move(base)).ok());
    tail.set_policy(SyncPolicy::always);
  }

  void put(std::string_view bytes) {
    end += bytes.size();
    LogWork work{.kind = LogWork::Kind::bytes, .end = end};
    work.bytes.append(bytes);
    tail.put(std::move(work));
  }

  void put(LogWork::Kind kind, std::string_view bytes = {}) {
    LogWork work{.kind = kind, .end = end};
    work.bytes.append(bytes);
    tail.put(std::move(work));
  }

  [[nodiscard]] std::string manifest() const { return disk.content("log/a.aof.manifest"); }

  [[nodiscard]] std::string file(int number) const {
    return disk.content("log/a.aof." + std::to_string(number) + ".incr.aof");
  }

  SimulatedDisk disk{1};
  ManualClock clock;
  LogTail tail;
  LogDisk log{tail, clock};
  std::uint64_t end = 0;
};

const std::string first_manifest =
    "file a.aof.1.base.aof seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n";

TEST_F(LogDiskTest, BeginsWithABaseAndAFile) {
  open();
  EXPECT_EQ(manifest(), first_manifest);
  EXPECT_EQ(tail.durable(), 0U);
  disk.restart();
  EXPECT_EQ(manifest(), first_manifest);
}

TEST_F(LogDiskTest, WithAlwaysWhatIsReportedDurableIsThereBehindAPowerCut) {
  open();
  put("one");
  put("two");
  const Turn turn = log.work();
  EXPECT_TRUE(turn.durable_rose);
  EXPECT_EQ(tail.durable(), 6U);
  EXPECT_EQ(tail.unwritten_bytes(), 0U);
  disk.restart();
  EXPECT_EQ(file(1), "onetwo");
}

TEST_F(LogDiskTest, FlushesOfTwoLanesMayOverlap) {
  open();
  put("one");
  disk.on_sync = [this] {
    disk.on_sync = nullptr;
    put("two");
    EXPECT_TRUE(log.work(1).durable_rose);  // while lane 0 waits for the medium
    EXPECT_EQ(tail.durable(), 6U);
  };
  EXPECT_FALSE(log.work().durable_rose);  // it was told already
  EXPECT_EQ(tail.durable(), 6U);
  EXPECT_EQ(log.work().durable_rose, false);
  put("three");
  EXPECT_TRUE(log.work(1).durable_rose);
  disk.restart();
  EXPECT_EQ(file(1), "onetwothree");
}

TEST_F(LogDiskTest, AFlushThatEndsWellProvesNothingBehindOneThatFailed) {
  open();
  put("one");
  disk.on_sync = [this] {
    disk.on_sync = nullptr;
    put("two");
    disk.sync_error = EIO;
    EXPECT_TRUE(log.work(1).failed);
    disk.sync_error = 0;
  };
  EXPECT_FALSE(log.work().durable_rose);
  EXPECT_TRUE(tail.failed());
  EXPECT_EQ(tail.durable(), 0U);
}

TEST_F(LogDiskTest, ANewFileWaitsForNoLane) {
  open();
  put("one");
  disk.on_sync = [this] {
    disk.on_sync = nullptr;
    put("two");
    put(LogWork::Kind::next_file);
    put("three");
    EXPECT_TRUE(log.work(1).durable_rose);
    EXPECT_EQ(tail.durable(), 11U);
  };
  log.work();
  EXPECT_EQ(tail.durable(), 11U);
  disk.restart();
  EXPECT_EQ(file(1), "onetwo");
  EXPECT_EQ(file(2), "three");
}

TEST_F(LogDiskTest, WithEverysecItFlushesOnceASecond) {
  open();
  tail.set_policy(SyncPolicy::everysec);
  put("one");
  EXPECT_TRUE(log.work().durable_rose);  // the first one
  put("two");
  clock.advance_ms(400);
  const Turn turn = log.work();
  EXPECT_FALSE(turn.durable_rose);
  EXPECT_EQ(turn.again_us, 600'000);
  EXPECT_EQ(file(1), "onetwo");
  EXPECT_EQ(tail.durable(), 3U);
  clock.advance_ms(600);
  EXPECT_TRUE(log.work().durable_rose);
  EXPECT_EQ(tail.durable(), 6U);
}

TEST_F(LogDiskTest, WithNoItNeverFlushes) {
  open();
  tail.set_policy(SyncPolicy::no);
  put("one");
  clock.advance_ms(10'000);
  EXPECT_EQ(log.work().again_us, 0);
  EXPECT_EQ(tail.durable(), 0U);
  EXPECT_EQ(file(1), "one");
}

TEST_F(LogDiskTest, ARewritePutsANewBaseInThePlaceOfWhatWasBefore) {
  open();
  put("old");
  put(LogWork::Kind::next_file);
  put("new");
  EXPECT_TRUE(log.work().durable_rose);
  EXPECT_EQ(manifest(), first_manifest + "file a.aof.2.incr.aof seq 2 type i\n");
  put(LogWork::Kind::base, "base");
  const Turn turn = log.work();
  EXPECT_TRUE(turn.tell_keyspace);
  EXPECT_EQ(manifest(), "file a.aof.2.base.aof seq 2 type b\nfile a.aof.2.incr.aof seq 2 type i\n");
  EXPECT_EQ(disk.content("log/a.aof.2.base.aof"), "base");
  EXPECT_EQ(file(1), "");
  EXPECT_EQ(file(2), "new");
  EXPECT_EQ(tail.facts().rewrites, 1U);
  EXPECT_EQ(tail.facts().current_bytes, 7U);
  EXPECT_EQ(tail.facts().base_bytes, 4U);
}

TEST_F(LogDiskTest, ABaseThatCannotBePlacedLeavesTheLogAsItWas) {
  open();
  put(LogWork::Kind::next_file);
  static_cast<void>(log.work());
  disk.rename_error = EACCES;
  put(LogWork::Kind::base, "base");
  put("more");
  const Turn turn = log.work();
  disk.rename_error = 0;
  EXPECT_TRUE(turn.tell_keyspace);
  EXPECT_FALSE(turn.failed);
  EXPECT_FALSE(tail.facts().last_rewrite_ok);
  EXPECT_EQ(tail.durable(), 4U);
  EXPECT_EQ(manifest(), first_manifest + "file a.aof.2.incr.aof seq 2 type i\n");
}

TEST_F(LogDiskTest, AFailedFlushIsNeverTriedAgain) {
  open();
  put("one");
  static_cast<void>(log.work());
  put("two");
  disk.sync_error = EIO;
  const Turn turn = log.work();
  EXPECT_TRUE(turn.failed);
  EXPECT_EQ(turn.problem, "Error flushing to the AOF file: Input/output error");
  EXPECT_TRUE(tail.failed());
  EXPECT_EQ(tail.facts().error, "Input/output error");
  disk.sync_error = 0;
  put("three");
  EXPECT_FALSE(log.work().durable_rose);
  EXPECT_EQ(tail.durable(), 3U);
  EXPECT_EQ(tail.unwritten_bytes(), 0U);
  // Until a new base stands.
  put(LogWork::Kind::next_file);
  put("four");
  EXPECT_FALSE(log.work().durable_rose);
  EXPECT_TRUE(tail.failed());
  put(LogWork::Kind::base, "base");
  EXPECT_TRUE(log.work().durable_rose);
  EXPECT_FALSE(tail.failed());
  EXPECT_EQ(tail.durable(), end);
  disk.restart();
  EXPECT_EQ(manifest(), "file a.aof.2.base.aof seq 2 type b\nfile a.aof.2.incr.aof seq 2 type i\n");
  EXPECT_EQ(file(2), "four");
}

TEST_F(LogDiskTest, AFullDiskLeavesWhatWasWrittenWhole) {
  open();
  put("one");
  static_cast<void>(log.work());
  disk.free_bytes = 2;
  put("two");
  const Turn turn = log.work();
  EXPECT_TRUE(turn.failed);
  EXPECT_EQ(turn.problem, "Error writing to the AOF file: No space left on device");
  EXPECT_EQ(file(1), "one");
}

TEST_F(LogDiskTest, ShortWritesAreCompleted) {
  open();
  disk.write_bytes_max = 1;
  put("one");
  EXPECT_TRUE(log.work().durable_rose);
  EXPECT_EQ(file(1), "one");
}

TEST_F(LogDiskTest, ASuccessorCutsWhatWasWrittenInPartAndGoesOn) {
  for (std::uint64_t at = 1; at <= 6; ++at) {
    SimulatedDisk own(at);
    LogTail own_tail;
    LogDisk own_log(own_tail, clock);
    own_log.use(LogDirectory(own, "log", "a.aof"), {});
    ASSERT_TRUE(own_log.open(LogWork{.kind = LogWork::Kind::base}).ok());
    own_tail.set_policy(SyncPolicy::always);
    own.write_bytes_max = 2;
    LogWork work{.kind = LogWork::Kind::bytes, .end = 5};
    work.bytes.append("whole");
    own_tail.put(std::move(work));
    own.end_worker_at(own.operations() + at);
    bool ended = false;
    try {
      static_cast<void>(own_log.work());
    } catch (const test::WorkerEnd&) {
      ended = true;
    }
    own.end_worker_at(0);
    EXPECT_EQ(ended, at <= 4);  // three writes and a flush
    own_log.resume();
    static_cast<void>(own_log.work());
    EXPECT_EQ(own.content("log/a.aof.1.incr.aof"), "whole") << at;
    EXPECT_EQ(own_tail.durable(), 5U);
    EXPECT_EQ(own_tail.unwritten_bytes(), 0U);
  }
}

TEST_F(LogDiskTest, WhatIsClosedIsDurableAndNothingIsWrittenAnyMore) {
  open();
  tail.set_policy(SyncPolicy::no);
  put("one");
  put(LogWork::Kind::close);
  EXPECT_TRUE(log.work().durable_rose);
  EXPECT_EQ(tail.durable(), LogTail::everything);
  disk.restart();
  EXPECT_EQ(file(1), "one");
}

TEST_F(LogDiskTest, ALogThatIsTurnedOnPromisesNothingBeforeItsBaseStands) {
  log.use(LogDirectory(disk, "log", "a.aof"), {});
  tail.set_policy(SyncPolicy::always);
  put(LogWork::Kind::next_file);
  put("one");
  EXPECT_FALSE(log.work().durable_rose);
  EXPECT_EQ(tail.durable(), LogTail::everything);
  EXPECT_EQ(manifest(), "");
  put(LogWork::Kind::base, "base");
  EXPECT_TRUE(log.work().durable_rose);
  EXPECT_EQ(tail.durable(), 3U);
  EXPECT_EQ(manifest(), first_manifest);
}

TEST_F(LogDiskTest, ABaseWithoutALogIsWrittenAlone) {
  log.use(LogDirectory(disk, "log", "a.aof"), {});
  LogWork work{.kind = LogWork::Kind::base, .alone = true};
  work.bytes.append("base");
  tail.put(std::move(work));
  EXPECT_TRUE(log.work().tell_keyspace);
  EXPECT_EQ(manifest(), "file a.aof.1.base.aof seq 1 type b\n");
  EXPECT_EQ(tail.durable(), LogTail::everything);
}

TEST_F(LogDiskTest, ItGoesOnWithTheLastFile) {
  open();
  put("one");
  static_cast<void>(log.work());
  auto read = LogDirectory(disk, "log", "a.aof").load();
  ASSERT_TRUE(read.ok());
  LogTail other_tail;
  LogDisk other(other_tail, clock);
  other.use(LogDirectory(disk, "log", "a.aof"), *read);
  ASSERT_TRUE(other.open(std::nullopt).ok());
  other_tail.set_policy(SyncPolicy::always);
  LogWork work{.kind = LogWork::Kind::bytes, .end = 3};
  work.bytes.append("two");
  other_tail.put(std::move(work));
  static_cast<void>(other.work());
  EXPECT_EQ(file(1), "onetwo");
  EXPECT_EQ(manifest(), first_manifest);
}

}  // namespace
}  // namespace respawn::persistence

#include "access/denial_log.hpp"

#include <gtest/gtest.h>

namespace respawn::access {
namespace {

Refusal refusal(std::string_view object, Denial denial = Denial::command,
                std::string_view client = "id=1") {
  return {denial, Context::toplevel, std::string(object), "alice", std::string(client)};
}

std::string objects(const DenialLog& log) {
  std::string text;
  for (const LoggedRefusal& entry : log.entries())
    text += entry.refusal.object + "x" + std::to_string(entry.count) + " ";
  return text;
}

TEST(DenialLogTest, LikeEventsAreOneEntry) {
  DenialLog log;
  log.add(refusal("get", Denial::command, "id=1"), 1000, 128);
  log.add(refusal("set"), 2000, 128);
  log.add(refusal("get", Denial::command, "id=2"), 3000, 128);
  EXPECT_EQ(objects(log), "getx2 setx1 ");
  const LoggedRefusal& newest = log.entries().front();
  EXPECT_EQ(newest.refusal.client, "id=2");
  EXPECT_EQ(newest.id, 0u);
  EXPECT_EQ(newest.created_ms, 1000);
  EXPECT_EQ(newest.updated_ms, 3000);
  EXPECT_EQ(log.entries().back().id, 1u);
}

TEST(DenialLogTest, WhatDiffersIsAnotherEntry) {
  DenialLog log;
  log.add(refusal("k", Denial::key), 0, 128);
  log.add(refusal("k", Denial::channel), 0, 128);
  Refusal in_transaction = refusal("k", Denial::key);
  in_transaction.context = Context::multi;
  log.add(in_transaction, 0, 128);
  Refusal of_bob = refusal("k", Denial::key);
  of_bob.username = "bob";
  log.add(of_bob, 0, 128);
  EXPECT_EQ(log.entries().size(), 4u);
}

TEST(DenialLogTest, AMinuteLaterItIsAnotherEvent) {
  DenialLog log;
  log.add(refusal("get"), 0, 128);
  log.add(refusal("get"), 60'000, 128);
  EXPECT_EQ(objects(log), "getx2 ");
  log.add(refusal("get"), 120'001, 128);
  EXPECT_EQ(objects(log), "getx1 getx2 ");
}

TEST(DenialLogTest, LooksThroughTheNewestTenOnly) {
  DenialLog log;
  log.add(refusal("old"), 0, 128);
  for (int i = 0; i < 9; ++i) log.add(refusal("k" + std::to_string(i)), 0, 128);
  log.add(refusal("old"), 0, 128);
  EXPECT_EQ(log.entries().front().count, 2u);
  for (int i = 0; i < 10; ++i) log.add(refusal("m" + std::to_string(i)), 0, 128);
  log.add(refusal("old"), 0, 128);
  EXPECT_EQ(log.entries().front().count, 1u);
}

TEST(DenialLogTest, KeepsSoManyAndCountsAll) {
  DenialLog log;
  for (int i = 0; i < 5; ++i) log.add(refusal(std::to_string(i)), 0, 3);
  EXPECT_EQ(objects(log), "4x1 3x1 2x1 ");
  log.add(refusal("4"), 0, 3);
  EXPECT_EQ(log.counts().command, 6u);
  log.add(refusal("login", Denial::auth), 0, 0);
  EXPECT_TRUE(log.entries().empty());
  EXPECT_EQ(log.counts().auth, 1u);
  log.add(refusal("k", Denial::key), 0, 3);
  log.add(refusal("c", Denial::channel), 0, 3);
  EXPECT_EQ(log.entries().back().id, 6u);
  log.clear();
  EXPECT_TRUE(log.entries().empty());
  EXPECT_EQ(log.counts().key + log.counts().channel, 2u);
  log.reset_counts();
  EXPECT_EQ(log.counts().key + log.counts().command, 0u);
}

TEST(DenialLogTest, NamesAreRediss) {
  EXPECT_EQ(name_of(Denial::command), "command");
  EXPECT_EQ(name_of(Denial::key), "key");
  EXPECT_EQ(name_of(Denial::channel), "channel");
  EXPECT_EQ(name_of(Denial::auth), "auth");
  EXPECT_EQ(name_of(Context::toplevel), "toplevel");
  EXPECT_EQ(name_of(Context::multi), "multi");
  EXPECT_EQ(name_of(Context::lua), "lua");
}

}  // namespace
}  // namespace respawn::access

#include "engine/run/publish.hpp"

#include <gmock/gmock.h>

#include "commands/families.hpp"

namespace respawn::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Notes what it is asked, and what the store holds by then.
class World final : public ConfigurationService {
 public:
  explicit World(Store& store) : store_(store) {}

  std::optional<config::Refusal> apply(const config::Config& before,
                                       config::PreparedChange& change) override {
    EXPECT_EQ(&before, store_.config.get());
    steps.push_back("apply " + std::to_string(before.timeout_s) + " to " +
                    std::to_string(change.config.timeout_s));
    return refusal;
  }

  void announce(const std::shared_ptr<const config::Config>& now,
                std::span<const config::Change> changes) override {
    EXPECT_EQ(now, store_.config);
    for (const config::Change& change : changes)
      steps.push_back("announce " + std::string(change.option->name));
  }

  Status rewrite(const config::Config&, const config::UserLines&) override { return success(); }

  Result<std::string> read_users(const config::Config&) override { return failure("no file"); }

  Status write_users(const config::Config&, const std::string&) override { return success(); }

  std::optional<config::Refusal> refusal;
  std::vector<std::string> steps;

 private:
  Store& store_;
};

class Publish : public ::testing::Test {
 protected:
  std::optional<config::Refusal> set(std::string_view name, std::string_view value) {
    const std::string_view arguments[] = {name, value};
    auto change = config::prepare(*store.config, arguments, {});
    return publish(store, world, change.value());
  }

  Store store{std::make_shared<const config::Config>(), commands::every_family()};
  World world{store};
};

TEST_F(Publish, AppliesThenStoresThenAnnounces) {
  EXPECT_FALSE(set("timeout", "5"));
  EXPECT_THAT(world.steps, ElementsAre("apply 0 to 5", "announce timeout"));
  EXPECT_EQ(store.config->timeout_s, 5);
  EXPECT_EQ(store.config->version, 1U);
}

TEST_F(Publish, ARefusalLeavesEverythingAsItWas) {
  const auto before = store.config;
  world.refusal = config::Refusal{config::find_option("timeout"), "no"};
  const auto refusal = set("timeout", "5");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->option->name, "timeout");
  EXPECT_EQ(refusal->reason, "no");
  EXPECT_THAT(world.steps, ElementsAre("apply 0 to 5"));
  EXPECT_EQ(store.config, before);
}

TEST_F(Publish, AChangeOfNothingBothersNobody) {
  const auto before = store.config;
  EXPECT_FALSE(set("timeout", "0"));
  EXPECT_THAT(world.steps, IsEmpty());
  EXPECT_EQ(store.config, before);
}

}  // namespace
}  // namespace respawn::engine

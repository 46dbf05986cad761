#include "commands/server/digest.hpp"

#include "tests/unit/commands/support.hpp"

namespace respawn::commands::test {
namespace {

/// The expected digests are redis-server's for the same data.
class DataDigest : public CommandTest {
 protected:
  DataDigest() {
    server.configure([](config::Config& c) { c.enable_debug_command = config::Permission::yes; });
  }
};

TEST_F(DataDigest, OfNothingIsZero) {
  EXPECT_EQ(run("DEBUG DIGEST"), simple(std::string(40, '0')));
  EXPECT_EQ(run("DEBUG DIGEST-VALUE nothing"), array({simple(std::string(40, '0'))}));
  EXPECT_EQ(run("DEBUG DIGEST-VALUE"), array({}));
}

TEST_F(DataDigest, OfValuesEqualsRedis) {
  run("SET s1 123");
  run("SET s2 hello");
  run("RPUSH l1 a 1 hello");
  EXPECT_EQ(run("DEBUG DIGEST-VALUE s1 s2 l1"),
            array({simple("89f7f51b707418f666d5b45e053bd5bbbf82ac2b"),
                   simple("36b23a1456b2dce2c3ed252c456761301dba8060"),
                   simple("f9abb9aa688846457740454573e188aa27ac3d79")}));
}

TEST_F(DataDigest, OfDatabasesEqualsRedis) {
  run("SET s 12");
  run("RPUSH l a b c");
  run("SET t x PX 100000");
  run("SELECT 3");
  run("SET x y");
  EXPECT_EQ(run("DEBUG DIGEST"), simple("212db3d1a85686a9dd47c60a7ded871598b1118d"));
}

TEST_F(DataDigest, DependsOnOrderOfElementsButNotOfKeys) {
  run("RPUSH l a b");
  run("SET k v");
  const std::string before = run("DEBUG DIGEST");
  run("FLUSHALL");
  run("SET k v");
  run("RPUSH l a b");
  EXPECT_EQ(run("DEBUG DIGEST"), before);
  run("DEL l");
  run("RPUSH l b a");
  EXPECT_NE(run("DEBUG DIGEST"), before);
}

TEST_F(DataDigest, TellsThatAKeyExpiresButNotWhen) {
  run("SET k v");
  const std::string lasting = run("DEBUG DIGEST");
  run("EXPIRE k 100");
  const std::string expiring = run("DEBUG DIGEST");
  EXPECT_NE(expiring, lasting);
  run("EXPIRE k 200");
  EXPECT_EQ(run("DEBUG DIGEST"), expiring);
}

}  // namespace
}  // namespace respawn::commands::test

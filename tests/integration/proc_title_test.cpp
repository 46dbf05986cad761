// What the process list shows.
#include <sys/types.h>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

class ProcTitle : public ServerTest {
 protected:
  /// The command line as the kernel tells it, up to the first zero.
  [[nodiscard]] std::string title() {
    std::ifstream file("/proc/" + std::to_string(server().pid()) + "/cmdline", std::ios::binary);
    std::string text;
    std::getline(file, text, '\0');
    return text;
  }
};

TEST_F(ProcTitle, NamesTheAddressAndFollowsTheTemplate) {
  start({"--bind", "127.0.0.1"});
  RespClient client(port());
  const std::string address = "127.0.0.1:" + std::to_string(port());
  EXPECT_TRUE(title().ends_with(" " + address)) << title();
  client.ok({"CONFIG", "SET", "proc-title-template", "TEST {title} {listen-addr} {port}"});
  EXPECT_TRUE(title().starts_with("TEST ")) << title();
  EXPECT_TRUE(title().ends_with(" " + address + " " + std::to_string(port()))) << title();
  const std::string longer(600, 'x');
  client.ok({"CONFIG", "SET", "proc-title-template", longer});
  EXPECT_TRUE(longer.starts_with(title())) << title();
  client.ok({"CONFIG", "SET", "proc-title-template", "short"});
  EXPECT_EQ(title(), "short");
}

TEST_F(ProcTitle, IsLeftAloneWhereThatIsWanted) {
  start({"--set-proc-title", "no"});
  const std::string before = title();
  RespClient client(port());
  client.ok({"CONFIG", "SET", "proc-title-template", "TEST"});
  EXPECT_EQ(title(), before);
  EXPECT_NE(before, "TEST");
}

}  // namespace
}  // namespace respawn::integration

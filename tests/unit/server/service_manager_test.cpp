#include "server/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>

namespace respawn::server {
namespace {

using config::SupervisedBy;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

/// The end of systemd: a datagram socket at `name`, a path or an abstract name behind '@'.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
  }

  ~Manager() { ::close(fd_); }

  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// The next message, or "" when there is none.
  std::string message() {
    std::array<char, 1024> bytes;
    const ssize_t size = ::recv(fd_, bytes.data(), bytes.size(), 0);
    return size < 0 ? "" : std::string(bytes.data(), static_cast<std::size_t>(size));
  }

 private:
  int fd_;
};

std::string abstract_name() {
  return "@respawn-test-" + std::to_string(::getpid());
}

TEST(ServiceManagerTest, TellsSystemdOverAnAbstractSocket) {
  Manager systemd(abstract_name());
  const ServiceManager manager(SupervisedBy::systemd, {abstract_name(), ""});
  ASSERT_TRUE(manager.present());
  EXPECT_EQ(manager.name(), "systemd");
  ASSERT_TRUE(manager.ready().ok());
  EXPECT_THAT(systemd.message(), MatchesRegex("READY=1\nSTATUS=[^\n]+\n"));
  ASSERT_TRUE(manager.reloading().ok());
  EXPECT_THAT(systemd.message(),
              MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=[^\n]+\n"));
  ASSERT_TRUE(manager.reloaded().ok());
  EXPECT_THAT(systemd.message(), StartsWith("READY=1\n"));
  ASSERT_TRUE(manager.stopping().ok());
  EXPECT_THAT(systemd.message(), MatchesRegex("STOPPING=1\nSTATUS=[^\n]+\n"));
  EXPECT_EQ(systemd.message(), "");
}

TEST(ServiceManagerTest, TellsSystemdOverAPath) {
  std::string directory = (std::filesystem::temp_directory_path() / "respawn-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/notify";
  Manager systemd(path);
  const ServiceManager manager(SupervisedBy::automatic, {path, ""});
  EXPECT_TRUE(manager.ready().ok());
  EXPECT_THAT(systemd.message(), StartsWith("READY=1\n"));
  std::filesystem::remove_all(directory);
}

TEST(ServiceManagerTest, IsThereOnlyWhereItIsWantedAndLeftATrace) {
  struct Case {
    SupervisedBy wanted;
    ManagerTraces traces;
    std::string_view name;
    bool complains;
  };

  const Case cases[] = {
      {SupervisedBy::no, {"/run/notify", "job"}, "no", false},
      {SupervisedBy::systemd, {"/run/notify", "job"}, "systemd", false},
      {SupervisedBy::systemd, {"", "job"}, "no", true},
      {SupervisedBy::upstart, {"/run/notify", "job"}, "upstart", false},
      {SupervisedBy::upstart, {"/run/notify", ""}, "no", true},
      {SupervisedBy::automatic, {"/run/notify", ""}, "systemd", false},
      {SupervisedBy::automatic, {"", "job"}, "upstart", false},
      {SupervisedBy::automatic, {"", ""}, "no", false},
      {SupervisedBy::systemd, {"vsock:2:1234", ""}, "no", true},
      {SupervisedBy::systemd, {"relative/path", ""}, "no", true},
      {SupervisedBy::systemd, {"@", ""}, "no", true},
      {SupervisedBy::systemd, {"/" + std::string(200, 'x'), ""}, "no", true},
  };
  for (const Case& each : cases) {
    const ServiceManager manager(each.wanted, each.traces);
    EXPECT_EQ(manager.name(), each.name) << each.traces.notify_socket;
    EXPECT_EQ(manager.present(), each.name != "no");
    EXPECT_EQ(!manager.complaint().empty(), each.complains) << manager.complaint();
  }
}

TEST(ServiceManagerTest, WithoutAManagerNothingIsToldAndNothingFails) {
  const ServiceManager manager(SupervisedBy::no, {});
  EXPECT_TRUE(manager.ready().ok());
  EXPECT_TRUE(manager.reloading().ok());
  EXPECT_TRUE(manager.reloaded().ok());
  EXPECT_TRUE(manager.stopping().ok());
}

TEST(ServiceManagerTest, AManagerThatIsGoneIsAnErrorWithItsReason) {
  const ServiceManager manager(SupervisedBy::systemd, {abstract_name() + "-gone", ""});
  const Status told = manager.ready();
  ASSERT_FALSE(told.ok());
  EXPECT_THAT(told.error(), HasSubstr("Can't tell systemd: Connection refused"));
}

}  // namespace
}  // namespace respawn::server

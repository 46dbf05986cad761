// The life of the log file while the server runs, and what a crash leaves in it.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

namespace fs = std::filesystem;

class LogFile : public ServerTest {
 protected:
  void start_logging(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--logfile", "server.log"});
    start(std::move(arguments));
  }

  fs::path path() { return server().directory() / "server.log"; }

  fs::path moved_path() { return server().directory() / "server.log.1"; }

  void note(const std::string& text) const { RespClient(port()).ok({"DEBUG", "LOG", text}); }

  std::string text() { return read_file(path()); }

  bool has(const std::string& part) { return text().find(part) != std::string::npos; }
};

TEST_F(LogFile, MovedAwayItIsThereAgainAfterSighup) {
  start_logging();
  note("one");
  fs::rename(path(), moved_path());
  server().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return fs::exists(path()) && !text().empty(); }));
  const auto moved = read_file(moved_path());
  EXPECT_NE(moved.find("DEBUG LOG: one\n"), std::string::npos);
  note("two");
  EXPECT_TRUE(has("DEBUG LOG: two\n")) << text();
  EXPECT_EQ(read_file(moved_path()), moved) << "nothing goes to the old file";
}

TEST_F(LogFile, MovedAwayItIsThereAgainWithoutAnySignal) {
  start_logging();
  fs::rename(path(), moved_path());
  EXPECT_TRUE(wait_until([&] {
    note("line");
    return fs::exists(path());
  }));
}

TEST_F(LogFile, RemovedItIsThereAgain) {
  start_logging();
  fs::remove(path());
  server().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return fs::exists(path()); }));
  note("line");
  EXPECT_TRUE(has("DEBUG LOG: line\n"));
}

TEST_F(LogFile, TruncatedInPlaceItHasNoHole) {
  start_logging();
  note(std::string(10'000, 'x'));
  fs::resize_file(path(), 0);
  note("behind");
  EXPECT_TRUE(has("DEBUG LOG: behind\n"));
  EXPECT_EQ(text().find('\0'), std::string::npos);
  EXPECT_LT(fs::file_size(path()), 1'000U);
}

TEST_F(LogFile, OnAFullDiskTheServerGoesOnAndSaysWhatWasLost) {
  start_logging();
  rlimit all{};
  ASSERT_EQ(::prlimit(server().pid(), RLIMIT_FSIZE, nullptr, &all), 0);
  rlimit full = all;
  full.rlim_cur = fs::file_size(path()) + 10;
  ASSERT_EQ(::prlimit(server().pid(), RLIMIT_FSIZE, &full, nullptr), 0);
  note("lost one");
  note("lost two");
  EXPECT_TRUE(serves());
  ASSERT_EQ(::prlimit(server().pid(), RLIMIT_FSIZE, &all, nullptr), 0);
  note("room again");
  EXPECT_TRUE(has("Lines of the log were lost lines=2 reason=\"File too large\"\n")) << text();
  EXPECT_TRUE(has(" # DEBUG LOG: room again\n")) << text();
  EXPECT_FALSE(has("lost two")) << text();
  EXPECT_TRUE(wait_until([&] {
    return server().standard_error().find("Can't write to the log: File too large\n") !=
           std::string::npos;
  }));
  note("and again");
  EXPECT_EQ(text().find("were lost"), text().rfind("were lost")) << "it is said once";
}

TEST_F(LogFile, WhatCannotBeOpenedAgainGoesOnInTheOldFile) {
  start_logging();
  const auto complaint = "Can't open the log file " + path().string() + ": Is a directory\n";
  fs::rename(path(), moved_path());
  fs::create_directory(path());
  server().signal(SIGHUP);
  ASSERT_TRUE(
      wait_until([&] { return read_file(moved_path()).find(complaint) != std::string::npos; }));
  EXPECT_TRUE(
      wait_until([&] { return server().standard_error().find(complaint) != std::string::npos; }));
  note("still here");
  EXPECT_NE(read_file(moved_path()).find("DEBUG LOG: still here\n"), std::string::npos);
  fs::remove(path());
  server().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return fs::exists(path()); }));
}

TEST_F(LogFile, OneThatCannotBeOpenedStopsTheStart) {
  ServerOptions options;
  options.arguments = {"--logfile", "missing/server.log"};
  options.await_ready = false;
  const auto status = start_with(options).wait_for_exit();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 1);
  EXPECT_NE(log().find("missing/server.log: No such file or directory"), std::string::npos);
}

TEST_F(LogFile, VerboseSaysWhoComesAndGoes) {
  start_logging({"--loglevel", "verbose", "--unixsocket", "s"});
  RawSocket client(port());
  const auto address = client.local_address();
  EXPECT_TRUE(wait_until([&] { return has(" - Accepted " + address + "\n"); })) << text();
  client.close();
  EXPECT_TRUE(wait_until([&] {
    return has(" - Client closed connection id=") && has(" addr=" + address + " ");
  })) << text();
  RawSocket wrong(port());
  wrong.write("*x\r\n");
  EXPECT_TRUE(wait_until([&] {
    return has(" - Protocol error (invalid multibulk length) from client: id=");
  })) << text();
  const auto near = RawSocket::connect_unix((server().directory() / "s").string());
  EXPECT_TRUE(wait_until([&] { return has(" - Accepted connection to "); })) << text();
}

TEST_F(LogFile, NoticeKeepsClientsOutOfIt) {
  start_logging();
  RawSocket client(port());
  client.write("*x\r\n");
  client.read_until_end();
  note("end");
  EXPECT_FALSE(has("Accepted")) << text();
  EXPECT_FALSE(has("Protocol error")) << text();
}

// ---- A crash ----

class Crash : public LogFile {
 protected:
  void SetUp() override {
    if (sanitized) GTEST_SKIP() << "the sanitizer handles these signals";
    LogFile::SetUp();
  }

  /// The signal that ended the server, or 0.
  int ended_by() {
    const auto status = server().wait_for_exit();
    return status ? status->signal : 0;
  }
};

TEST_F(Crash, AFaultLeavesAReportWithItsStackAndTheCommand) {
  start_logging();
  RespClient client(port());
  client.send({"DEBUG", "SEGFAULT"});
  EXPECT_EQ(ended_by(), SIGSEGV) << "the exit status is that of the fault";
  for (const auto* part :
       {"crashed by signal: 11 (SIGSEGV)", "Accessing address: 0x", "Last command begun: debug\n",
        "\nSTACK TRACE:\n", "respawn-server", "=== END OF CRASH REPORT ===\n"})
    EXPECT_TRUE(has(part)) << part << " is missing in\n" << text();
}

TEST_F(Crash, EachFatalSignalLeavesAReportAndItsOwnStatus) {
  const std::pair<int, std::string> signals[] = {{SIGSEGV, "(SIGSEGV)"},
                                                 {SIGBUS, "(SIGBUS)"},
                                                 {SIGFPE, "(SIGFPE)"},
                                                 {SIGILL, "(SIGILL)"},
                                                 {SIGABRT, "(SIGABRT)"}};
  for (const auto& [number, name] : signals) {
    start_logging();
    server().signal(number);
    EXPECT_EQ(ended_by(), number);
    EXPECT_TRUE(has("crashed by signal: " + std::to_string(number) + " " + name)) << text();
    EXPECT_TRUE(has("Sent by process: " + std::to_string(::getpid()) + ",")) << text();
    EXPECT_TRUE(has("Last command begun: ping\n")) << text();
  }
}

TEST_F(Crash, TheReportGoesToTheFileThatIsOpenThen) {
  start_logging();
  fs::rename(path(), moved_path());
  server().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return fs::exists(path()); }));
  server().signal(SIGSEGV);
  EXPECT_EQ(ended_by(), SIGSEGV);
  EXPECT_TRUE(has("=== END OF CRASH REPORT ===\n")) << text();
}

TEST_F(Crash, SwitchedOffThereIsNone) {
  start_logging({"--crash-log-enabled", "no"});
  server().signal(SIGSEGV);
  EXPECT_EQ(ended_by(), SIGSEGV);
  EXPECT_FALSE(has("CRASH REPORT")) << text();
}

TEST_F(Crash, ItIsSwitchedWhileTheServerRuns) {
  for (const auto* wanted : {"no", "yes"}) {
    start_logging({"--crash-log-enabled", std::string(wanted) == "no" ? "yes" : "no"});
    RespClient(port()).ok({"CONFIG", "SET", "crash-log-enabled", wanted});
    server().signal(SIGBUS);
    EXPECT_EQ(ended_by(), SIGBUS);
    EXPECT_EQ(has("CRASH REPORT"), std::string(wanted) == "yes") << text();
  }
}

}  // namespace
}  // namespace respawn::integration

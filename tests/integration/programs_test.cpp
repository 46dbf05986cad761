// Programs as users write them, with the client libraries and job queues that they use: run
// unchanged on redis-server 7.0 and on the server under test, they print the same.
#include <cstdio>
#include <cstdlib>

#include "tests/integration/fixture.hpp"

namespace respawn::integration {
namespace {

/// Their arguments are the server's port and Unix socket, and how many jobs those that have some
/// run.
struct Program {
  std::string name;
  std::string interpreter;  // a shell's words
  std::string path;         // below RESPAWN_PROGRAMS
  std::string probe;        // a shell command that fails where the program cannot run
};

/// For the messages of GoogleTest.
void PrintTo(const Program& program, std::ostream* stream) {
  *stream << program.name;
}

const std::string node_program = "NODE_PATH=" RESPAWN_NODE_MODULES " timeout 60 node";
// Two versions of BullMQ, which npm installs under names of their own, run one program.
const std::string bullmq_5 = "BULLMQ=bullmq5 " + node_program;
const std::string bullmq_6 = "BULLMQ=bullmq6 " + node_program;
// Debian's interpreter sees Debian's packages; another one may stand before it in the PATH.
const std::string python = "PYTHONDONTWRITEBYTECODE=1 PATH=/usr/bin:$PATH timeout 60 python3";
const std::string ruby = "PATH=/usr/bin:$PATH timeout 60 ruby";

const Program programs[] = {
    {"ioredis", node_program, "/ioredis/program.js", node_program + " -e 'require(\"ioredis\")'"},
    {"redis_py", python, "/redis_py/program.py", python + " -c 'import redis'"},
    {"bull", node_program, "/bull/program.js", node_program + " -e 'require(\"bull\")'"},
    {"bullmq5", bullmq_5, "/bullmq/program.js", node_program + " -e 'require(\"bullmq5\")'"},
    {"bullmq6", bullmq_6, "/bullmq/program.js", node_program + " -e 'require(\"bullmq6\")'"},
    {"celery", python, "/celery/program.py", python + " -c 'import celery, redis'"},
    {"sidekiq", ruby, "/sidekiq/program.rb", ruby + " -e 'require \"sidekiq\"'"},
};

const char* jobs() {
  return std::getenv("RESPAWN_LONG") != nullptr ? "400" : "60";
}

/// A server, and the program that runs on it. Owner: one test.
class ProgramRun {
 public:
  ProgramRun(const std::string& binary, const Program& program) : server_(options(binary)) {
    const std::string line = program.interpreter + " " RESPAWN_PROGRAMS + program.path + " " +
                             std::to_string(server_.port()) + " " + socket() + " " + jobs() +
                             " 2>" + errors();
    pipe_ = ::popen(line.c_str(), "r");
    if (pipe_ == nullptr) throw std::runtime_error("cannot run " + line);
  }

  ~ProgramRun() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }

  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;

  /// What it printed, when it has ended.
  std::string transcript() {
    std::string text;
    char chunk[4096];
    while (const auto got = std::fread(chunk, 1, sizeof chunk, pipe_)) text.append(chunk, got);
    status_ = ::pclose(pipe_);
    pipe_ = nullptr;
    return text;
  }

  /// wait()'s; behind transcript().
  [[nodiscard]] int status() const { return status_; }

  [[nodiscard]] std::string standard_error() const { return read_file(errors()); }

  ServerProcess& server() { return server_; }

 private:
  [[nodiscard]] std::string socket() const { return (directory_.path() / "socket").string(); }

  [[nodiscard]] std::string errors() const { return (directory_.path() / "errors").string(); }

  [[nodiscard]] ServerOptions options(const std::string& binary) const {
    ServerOptions options;
    options.binary = binary;
    options.arguments = {"--save", "", "--unixsocket", socket()};
    return options;
  }

  support::TemporaryDirectory directory_;
  ServerProcess server_;
  FILE* pipe_ = nullptr;
  int status_ = -1;
};

class Programs : public testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    if (support::server_binary().empty()) GTEST_SKIP() << "there is no server to test";
    if (support::redis_binary().empty()) GTEST_SKIP() << "there is no redis-server";
    if (std::system(("( " + GetParam().probe + " ) >/dev/null 2>&1").c_str()) != 0)
      GTEST_SKIP() << GetParam().name << " is not installed";
  }
};

TEST_P(Programs, PrintTheSame) {
  ProgramRun reference(support::redis_binary(), GetParam());
  ProgramRun ours(support::server_binary(), GetParam());
  const std::string expected = reference.transcript();
  ASSERT_EQ(reference.status(), 0) << expected << reference.standard_error();
  EXPECT_EQ(ours.transcript(), expected) << ours.standard_error();
  EXPECT_EQ(ours.status(), 0);
  RespClient client(ours.server().port());
  if (GetParam().name == "ioredis" && support::is_respawn(client)) {
    EXPECT_EQ(client.text({"GET", "library"}), "ioredis");  // which 7.0 does not know
  }
  const auto ended = ours.server().stop();
  EXPECT_TRUE(ended && ended->clean()) << ours.server().standard_error();
}

INSTANTIATE_TEST_SUITE_P(Libraries, Programs, testing::ValuesIn(programs),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace respawn::integration

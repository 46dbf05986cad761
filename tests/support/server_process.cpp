#include "tests/support/server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/resp_client.hpp"

namespace respawn::support {

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A list of C strings with a null at its end. The strings outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* words, char* const* variables, const char* directory,
                         const ServerOptions& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::chdir(directory) != 0) ::_exit(126);
  const int in = ::open("stdin", O_RDONLY);
  const int out = ::open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err = ::open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::close(in);
  ::close(out);
  ::close(err);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (options.descriptors_max > 0) {
    const rlimit limit{options.descriptors_max, options.descriptors_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE);  // root may otherwise raise it again
  }
  if (options.before_exec != nullptr) options.before_exec();
  ::execve(words[0], words, variables);
  ::_exit(127);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  auto name = (fs::temp_directory_path() / "respawn-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string server_binary() {
  auto path = environment("RESPAWN_SERVER");
#ifdef RESPAWN_SERVER_PATH
  if (path.empty()) path = RESPAWN_SERVER_PATH;
#endif
  return path;
}

std::string redis_binary() {
  if (auto path = environment("REDIS_SERVER"); !path.empty()) return path;
  std::istringstream directories(environment("PATH"));
  std::string directory;
  while (std::getline(directories, directory, ':')) {
    const auto path = directory + "/redis-server";
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

ServerProcess::ServerProcess(ServerOptions options) : options_(std::move(options)) {
  std::ofstream(directory() / "stdin", std::ios::binary) << options_.input;
  // Another process may take the port between free_port() and the server's bind: then once more.
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    start();
    if (!options_.await_ready) return;
    try {
      await_ready();
      return;
    } catch (const std::runtime_error&) {
      const bool port_taken =
          (standard_output() + standard_error()).find("ddress already in use") != std::string::npos;
      kill_now();
      if (!port_taken || attempt == attempts) throw;
    }
  }
}

ServerProcess::~ServerProcess() {
  kill_now();
}

void ServerProcess::start() {
  std::vector<std::string> words{options_.binary};
  if (!options_.config.empty()) words.push_back(options_.config);
  if (options_.add_port) {
    port_ = free_port();
    words.insert(words.end(), {"--port", std::to_string(port_), "--dir", directory().string()});
  }
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<std::string> variables = options_.environment;
  for (char** inherited = environ; *inherited != nullptr; ++inherited)
    variables.emplace_back(*inherited);
  const auto arguments = pointers_to(words);
  const auto all_variables = pointers_to(variables);
  const auto where = directory().string();
  exit_.reset();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(arguments.data(), all_variables.data(), where.c_str(), options_);
}

void ServerProcess::await_ready() {
  bool answered = false;
  const bool settled = wait_until([&] {
    try {
      RespClient client(port_);
      const auto reply = client.command({"PING"});
      // An error (no password given, still loading) is an answer, but loading is not ready.
      answered = reply.type == '+' || (reply.is_error() && !reply.text.starts_with("LOADING"));
    } catch (const std::runtime_error&) {
      answered = false;  // not listening yet
    }
    return answered || !running();
  });
  if (!settled || !answered)
    throw std::runtime_error(options_.binary + " did not become ready:\n" + standard_output() +
                             standard_error());
}

std::string ServerProcess::standard_output() const {
  return contents(directory() / "stdout");
}

std::string ServerProcess::standard_error() const {
  return contents(directory() / "stderr");
}

bool ServerProcess::running() {
  return !wait_for_exit(Milliseconds(0));
}

void ServerProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

std::optional<ExitStatus> ServerProcess::wait_for_exit(Milliseconds deadline) {
  const auto ended = [this] {
    if (exit_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    exit_ =
        WIFEXITED(status) ? ExitStatus{WEXITSTATUS(status), 0} : ExitStatus{-1, WTERMSIG(status)};
    pid_ = -1;
    return true;
  };
  if (wait_until(ended, deadline)) return exit_;
  return std::nullopt;
}

std::optional<ExitStatus> ServerProcess::stop() {
  signal(SIGTERM);
  auto status = wait_for_exit();
  if (!status) kill_now();
  return status;
}

void ServerProcess::kill_now() {
  if (pid_ <= 0) return;
  signal(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  exit_ = ExitStatus{-1, SIGKILL};
  pid_ = -1;
}

}  // namespace respawn::support

#include "server/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace respawn::server {

namespace {

Result<int> open_for_appending(const std::string& path) {
  constexpr mode_t mode = 0666;  // less the umask
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor >= 0) return descriptor;
  return failure("Can't open the log file " + path + ": " + std::generic_category().message(errno));
}

}  // namespace

Result<std::unique_ptr<LogFile>> LogFile::open(const std::string& path) {
  std::error_code unknown;  // of the working directory; then the path stays as it is
  std::string absolute = std::filesystem::absolute(path, unknown).string();
  if (unknown) absolute = path;
  auto descriptor = open_for_appending(absolute);
  if (!descriptor) return failure(descriptor.error());
  return std::unique_ptr<LogFile>(new LogFile(std::move(absolute), *descriptor));
}

std::unique_ptr<LogFile> LogFile::standard_output() {
  return std::unique_ptr<LogFile>(new LogFile("", STDOUT_FILENO));
}

LogFile::~LogFile() {
  if (!is_standard_output()) ::close(descriptor_);
}

int LogFile::append(std::string_view line) {
  if (torn_)
    if (const int error = write_whole("\n"); error != 0) return error;
  return write_whole(line);
}

int LogFile::write_whole(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;
    torn_ = bytes[static_cast<std::size_t>(written) - 1] != '\n';
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

bool LogFile::moved() const {
  if (is_standard_output()) return false;

  struct stat there {};

  struct stat here {};

  if (::stat(path_.c_str(), &there) != 0 || ::fstat(descriptor_, &here) != 0) return true;
  return there.st_dev != here.st_dev || there.st_ino != here.st_ino;
}

Status LogFile::reopen() {
  if (is_standard_output()) return success();
  auto descriptor = open_for_appending(path_);
  if (!descriptor) return failure(descriptor.error());
  const bool replaced = ::dup3(*descriptor, descriptor_, O_CLOEXEC) >= 0;
  const int error = errno;
  ::close(*descriptor);
  if (!replaced)
    return failure("Can't open the log file " + path_ + ": " +
                   std::generic_category().message(error));
  torn_ = false;
  return success();
}

}  // namespace respawn::server

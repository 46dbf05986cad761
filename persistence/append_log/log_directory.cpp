#include "persistence/append_log/log_directory.hpp"

#include <memory>
#include <utility>

namespace respawn::persistence {

std::uint64_t file_bytes(FileSystem& files, const std::string& path) {
  std::unique_ptr<File> file;
  std::uint64_t bytes = 0;
  if (files.open(path, FileSystem::Open::read, file)) return 0;
  return file->size(bytes) ? 0 : bytes;
}

std::error_code read_whole(FileSystem& files, const std::string& path, std::string& bytes) {
  std::unique_ptr<File> file;
  std::uint64_t size = 0;
  if (std::error_code failed = files.open(path, FileSystem::Open::read, file)) return failed;
  if (std::error_code failed = file->size(size)) return failed;
  bytes.resize(size);
  std::size_t got = 0;
  std::error_code failed = file->read(0, bytes, got);
  bytes.resize(got);
  return failed;
}

Result<LogManifest> LogDirectory::load() const {
  const std::string path = path_of(manifest_name());
  if (!files_->exists(path)) return LogManifest();
  std::string text;
  if (std::error_code failed = read_whole(*files_, path, text))
    return failure("Fatal error: can't open the AOF manifest file " + path +
                   " for reading: " + failed.message());
  return LogManifest::parse(text);
}

std::uint64_t log_bytes(const LogDirectory& directory, const LogManifest& manifest) {
  std::uint64_t bytes = 0;
  for (const LogFile& each : manifest.to_load())
    bytes += file_bytes(directory.files(), directory.path_of(each.name));
  return bytes;
}

std::error_code LogDirectory::save(const LogManifest& manifest) const {
  return replace_file(*files_, path_of(manifest_name()), manifest.text());
}

std::error_code LogDirectory::make() const {
  if (std::error_code failed = files_->make_directory(directory_)) return failed;
  return files_->sync_directory(directory_of(directory_));
}

LogManifest LogDirectory::without_history(LogManifest manifest) const {
  for (const LogFile& file : manifest.history()) files_->remove(path_of(file.name));
  manifest.forget_history();
  return manifest;
}

Status LogDirectory::adopt_old_file(LogManifest& manifest) const {
  if (!files_->exists(prefix_)) return success();
  const bool begun = manifest.base() && manifest.base()->name == prefix_ &&
                     manifest.incremental().empty() && !files_->exists(path_of(prefix_));
  if (!manifest.empty() && !begun) return success();
  if (std::error_code failed = make())
    return failure("Can't open or create append-only dir " + directory_ + ": " + failed.message());
  manifest.adopt_base(prefix_);
  // First the manifest: a crash in between leaves a state that is looked for above.
  if (std::error_code failed = save(manifest))
    return failure("Can't write the AOF manifest file " + manifest_name() + ": " +
                   failed.message());
  std::error_code failed = files_->rename(prefix_, path_of(prefix_));
  if (failed)
    return failure("Error trying to move the old AOF file " + prefix_ + " into dir " + directory_ +
                   ": " + failed.message());
  failed = sync();
  if (failed) return failure("Fail to fsync AOF directory " + directory_ + ": " + failed.message());
  return success();
}

}  // namespace respawn::persistence

#include "persistence/append_log/log_loader.hpp"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "persistence/append_log/command_reader.hpp"

namespace respawn::persistence {

namespace {

using Words = std::span<const std::string_view>;

/// Loads one file.
class FileLoader {
 public:
  enum class Outcome : std::uint8_t { whole, cut, failed };

  FileLoader(File& file, std::string name, bool is_last, LogReceiver& receiver)
      : file_(file), name_(std::move(name)), is_last_(is_last), receiver_(receiver) {}

  Outcome load(bool truncated_is_fine, bool is_old_style);

  /// Of what has failed.
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  using Queued = std::vector<std::vector<std::string>>;

  [[nodiscard]] bool is_rdb() const;
  Outcome load_base(std::uint64_t& offset, bool is_old_style);
  Outcome load_commands(std::uint64_t offset, bool truncated_is_fine);
  bool take(Words words);
  bool run(Words words);
  Outcome cut_off(bool truncated_is_fine);
  Outcome fail(const std::string& text);
  Outcome malformed();

  File& file_;
  std::string name_;
  bool is_last_;
  LogReceiver& receiver_;
  std::uint64_t whole_up_to_ = 0;  // what is behind it is not applied
  bool in_transaction_ = false;
  Queued queued_;
  std::string error_;
};

FileLoader::Outcome FileLoader::fail(const std::string& text) {
  error_ = text;
  return Outcome::failed;
}

FileLoader::Outcome FileLoader::malformed() {
  return fail("Bad file format reading the append only file " + name_ +
              ": make a backup of your AOF file, then use ./redis-check-aof --fix "
              "<filename.manifest>");
}

bool FileLoader::is_rdb() const {
  std::array<char, 5> head{};
  std::size_t got = 0;
  return !file_.read(0, head, got) && std::string_view(head.data(), got) == "REDIS";
}

FileLoader::Outcome FileLoader::load_base(std::uint64_t& offset, bool is_old_style) {
  receiver_.say(false, is_old_style ? "Reading RDB preamble from AOF file..."
                                    : "Reading RDB base file on AOF loading...");
  auto end = receiver_.load_rdb(file_, name_);
  if (!end) {
    receiver_.say(true, end.error());
    return fail((is_old_style ? "Error reading the RDB preamble of the AOF file "
                              : "Error reading the RDB base file ") +
                name_ + ", AOF loading aborted");
  }
  offset = *end;
  if (is_old_style) receiver_.say(false, "Reading the remaining AOF tail...");
  return Outcome::whole;
}

FileLoader::Outcome FileLoader::load(bool truncated_is_fine, bool is_old_style) {
  std::uint64_t offset = 0;
  if (is_rdb())
    if (const Outcome loaded = load_base(offset, is_old_style); loaded != Outcome::whole)
      return loaded;
  return load_commands(offset, truncated_is_fine);
}

FileLoader::Outcome FileLoader::load_commands(std::uint64_t offset, bool truncated_is_fine) {
  CommandReader reader(file_, offset);
  whole_up_to_ = offset;
  std::uint64_t told = offset;
  for (;;) {
    switch (reader.next()) {
      case CommandReader::Read::command:
        if (!take(reader.words())) return Outcome::failed;
        break;
      case CommandReader::Read::end:
        if (!in_transaction_) {
          receiver_.progress(reader.offset() - told);
          return Outcome::whole;
        }
        receiver_.say(true, "Revert incomplete MULTI/EXEC transaction in AOF file " + name_);
        return cut_off(truncated_is_fine);
      case CommandReader::Read::truncated:
        return cut_off(truncated_is_fine);
      case CommandReader::Read::hole:
        if (!truncated_is_fine || !is_last_) return malformed();
        receiver_.say(true, "A part of the AOF file " + name_ + " from offset " +
                                std::to_string(reader.offset()) +
                                " on was never written, as after a power failure");
        return cut_off(true);
      case CommandReader::Read::failed:
        return fail("Unrecoverable error reading the append only file " + name_ + ": " +
                    reader.error().message());
      case CommandReader::Read::malformed:
        return malformed();
    }
    if (!in_transaction_) whole_up_to_ = reader.offset();
    receiver_.progress(reader.offset() - std::exchange(told, reader.offset()));
  }
}

/// What stands between MULTI and EXEC is applied when EXEC has come.
bool FileLoader::take(Words words) {
  if (words.size() == 1 && iequals(words[0], "multi") && !in_transaction_) {
    in_transaction_ = true;
    return true;
  }
  const bool ends = words.size() == 1 && iequals(words[0], "exec");
  if (!in_transaction_) return run(words);
  if (!ends) {
    queued_.emplace_back(words.begin(), words.end());
    return true;
  }
  in_transaction_ = false;
  for (const std::vector<std::string>& command : std::exchange(queued_, {})) {
    const std::vector<std::string_view> views(command.begin(), command.end());
    if (!run(views)) return false;
  }
  return true;
}

bool FileLoader::run(Words words) {
  if (receiver_.apply(words)) return true;
  error_ = "Unknown command '" + std::string(words[0]) + "' reading the append only file " + name_;
  return false;
}

FileLoader::Outcome FileLoader::cut_off(bool truncated_is_fine) {
  if (truncated_is_fine && !is_last_)
    return fail("Fatal error: the truncated file is not the last file");
  if (truncated_is_fine) {
    receiver_.say(true, "!!! Warning: short read while loading the AOF file " + name_ + "!!!");
    receiver_.say(true, "!!! Truncating the AOF " + name_ + " at offset " +
                            std::to_string(whole_up_to_) + " !!!");
    std::error_code failed = file_.truncate(whole_up_to_);
    if (!failed) failed = file_.sync();
    if (!failed) {
      receiver_.say(true, "AOF " + name_ + " loaded anyway because aof-load-truncated is enabled");
      return Outcome::cut;
    }
    receiver_.say(true, "Error truncating the AOF file " + name_ + ": " + failed.message());
  }
  return fail("Unexpected end of file reading the append only file " + name_ +
              ". You can: 1) Make a backup of your AOF file, then use ./redis-check-aof --fix "
              "<filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' "
              "configuration option to yes and restart the server.");
}

}  // namespace

Result<LoadedLog> load_log(const LogDirectory& directory, const LogManifest& manifest,
                           bool truncated_is_fine, LogReceiver& receiver) {
  const std::vector<LogFile> files = manifest.to_load();
  LoadedLog loaded;
  for (const LogFile& entry : files) {
    const bool is_last = &entry == &files.back();
    std::unique_ptr<File> file;
    if (!directory.files().exists(directory.path_of(entry.name)))
      return failure("The append log file " + entry.name +
                     " doesn't exist: No such file or directory");
    const std::string path = directory.path_of(entry.name);
    // To be cut, it is opened for writing.
    const auto how =
        is_last && truncated_is_fine ? FileSystem::Open::append : FileSystem::Open::read;
    if (std::error_code failed = directory.files().open(path, how, file))
      return failure("Fatal error: can't open the append log file " + entry.name +
                     " for reading: " + failed.message());
    FileLoader loader(*file, entry.name, is_last, receiver);
    const auto outcome = loader.load(truncated_is_fine, entry.name == directory.prefix());
    if (outcome == FileLoader::Outcome::failed) return failure(loader.error());
    std::uint64_t size = 0;
    if (std::error_code failed = file->size(size))
      return failure("Unable to obtain the AOF file " + entry.name +
                     " length. stat: " + failed.message());
    loaded.bytes += size;
    if (entry.kind == LogFileKind::base) loaded.base_bytes = size;
    receiver.say(false, std::string("DB loaded from ") +
                            (entry.kind == LogFileKind::base ? "base" : "incr") + " file " +
                            entry.name);
  }
  return loaded;
}

}  // namespace respawn::persistence

#include "persistence/append_log/manifest.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "base/text.hpp"

namespace respawn::persistence {

namespace {

constexpr const char* invalid_format = "Invalid AOF manifest file format";

/// Whether the name stands for itself in a line of words.
bool is_plain(std::string_view name) {
  return std::ranges::all_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c != '\\' && c != '"' && std::isprint(byte) != 0 && std::isspace(byte) == 0;
  });
}

std::string line_of(const LogFile& file) {
  return "file " + (is_plain(file.name) ? file.name : quoted(file.name)) + " seq " +
         std::to_string(file.sequence) + " type " + static_cast<char>(file.kind) + "\n";
}

std::string numbered(std::string_view prefix, std::int64_t sequence, std::string_view suffix) {
  return std::string(prefix) + "." + std::to_string(sequence) + std::string(suffix);
}

Error manifest_error(std::size_t line_number, std::string_view line, std::string_view why) {
  std::string text = "\n*** FATAL AOF MANIFEST FILE ERROR ***\n\n";
  if (!line.empty())
    text += "Reading the manifest file, at line " + std::to_string(line_number) + "\n\n>>> '" +
            std::string(line) + "'\n\n";
  return failure(text + std::string(why));
}

}  // namespace

Result<LogManifest> LogManifest::parse(std::string_view text) {
  if (text.empty()) return manifest_error(0, "", "Found an empty AOF manifest");
  LogManifest manifest;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const bool too_long = end == std::string_view::npos || end >= line_bytes_max;
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with('#')) {
      if (too_long)
        return manifest_error(number, "", "The AOF manifest file contains too long line");
      if (const char* why = manifest.take_line(trim(line)))
        return manifest_error(number, trim(line), why);
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return manifest;
}

const char* LogManifest::take_line(std::string_view line) {
  const auto words = split_quoted(line);
  // There may be more pairs one day.
  if (!words || words->size() < 6 || words->size() % 2 != 0) return invalid_format;
  LogFile file;
  bool has_kind = false;
  for (std::size_t i = 0; i < words->size(); i += 2) {
    const std::string& value = (*words)[i + 1];
    if (iequals((*words)[i], "file")) {
      file.name = value;
      if (value.find_first_of("/\\") != std::string::npos)
        return "File can't be a path, just a filename";
    } else if (iequals((*words)[i], "seq")) {
      file.sequence = std::strtoll(value.c_str(), nullptr, 10);
    } else if (iequals((*words)[i], "type")) {
      has_kind = !value.empty();
      file.kind = static_cast<LogFileKind>(value.c_str()[0]);
    }
  }
  if (file.name.empty() || file.sequence == 0 || !has_kind) return invalid_format;
  return enter(std::move(file));
}

const char* LogManifest::enter(LogFile file) {
  switch (file.kind) {
    case LogFileKind::base:
      if (base_) return "Found duplicate base file information";
      base_sequence_ = file.sequence;
      base_ = std::move(file);
      return nullptr;
    case LogFileKind::history:
      history_.push_back(std::move(file));
      return nullptr;
    case LogFileKind::incremental:
      if (file.sequence <= incremental_sequence_) return "Found a non-monotonic sequence number";
      incremental_sequence_ = file.sequence;
      incremental_.push_back(std::move(file));
      return nullptr;
  }
  return "Unknown AOF file type";
}

std::string LogManifest::text() const {
  std::string text;
  if (base_) text += line_of(*base_);
  for (const LogFile& file : history_) text += line_of(file);
  for (const LogFile& file : incremental_) text += line_of(file);
  return text;
}

std::vector<LogFile> LogManifest::to_load() const {
  std::vector<LogFile> files;
  if (base_) files.push_back(*base_);
  files.insert(files.end(), incremental_.begin(), incremental_.end());
  return files;
}

const LogFile& LogManifest::add_incremental(std::string_view prefix) {
  ++incremental_sequence_;
  incremental_.push_back({numbered(prefix, incremental_sequence_, ".incr.aof"),
                          incremental_sequence_, LogFileKind::incremental});
  return incremental_.back();
}

const LogFile& LogManifest::replace_base(std::string_view prefix, BaseFormat format,
                                         std::size_t incremental_kept) {
  const auto retire = [this](LogFile file) {
    file.kind = LogFileKind::history;
    history_.push_back(std::move(file));
  };
  if (base_) retire(std::move(*base_));
  const std::size_t kept = std::min(incremental_kept, incremental_.size());
  const auto first_kept = incremental_.end() - static_cast<std::ptrdiff_t>(kept);
  std::for_each(incremental_.begin(), first_kept, retire);
  incremental_.erase(incremental_.begin(), first_kept);
  ++base_sequence_;
  base_ = {numbered(prefix, base_sequence_, format == BaseFormat::rdb ? ".base.rdb" : ".base.aof"),
           base_sequence_, LogFileKind::base};
  return *base_;
}

void LogManifest::adopt_base(std::string_view name) {
  base_sequence_ = 1;
  base_ = {std::string(name), 1, LogFileKind::base};
}

}  // namespace respawn::persistence

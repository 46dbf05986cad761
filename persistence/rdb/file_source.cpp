#include "persistence/rdb/file_source.hpp"

#include "persistence/crc64.hpp"

namespace respawn::persistence {

FileSource::FileSource(File& file, std::uint64_t offset, std::uint64_t end)
    : file_(file), end_(end), buffer_(std::make_unique<char[]>(buffer_bytes)) {
  counted_ = buffer_.get();
  window_ = {buffer_.get(), 0};
  left_behind_window_ = end > offset ? end - offset : 0;
}

void FileSource::count_window() {
  checksum_ = crc64({counted_, static_cast<std::size_t>(window_.data() - counted_)}, checksum_);
  counted_ = window_.data();
}

std::uint64_t FileSource::checksum() {
  count_window();
  return checksum_;
}

/// From behind the window.
bool FileSource::fill(std::span<char> to) {
  std::size_t got = 0;
  error_ = file_.read(end_ - left_behind_window_, to, got);
  if (error_ || got < to.size()) return false;
  left_behind_window_ -= got;
  return true;
}

bool FileSource::read_more(std::span<char> to) {
  if (error_ || to.size() > left()) return false;
  const std::size_t at_hand = window_.size();
  std::copy_n(window_.data(), at_hand, to.data());
  window_.remove_prefix(at_hand);
  count_window();
  to = to.subspan(at_hand);
  if (to.size() >= buffer_bytes / 2) {  // straight to where it belongs
    if (!fill(to)) return false;
    checksum_ = crc64({to.data(), to.size()}, checksum_);
    return true;
  }
  const auto piece =
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer_bytes, left_behind_window_));
  if (!fill({buffer_.get(), piece})) return false;
  window_ = {buffer_.get(), piece};
  counted_ = buffer_.get();
  return read(to);
}

}  // namespace respawn::persistence

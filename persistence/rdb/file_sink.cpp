#include "persistence/rdb/file_sink.hpp"

#include "persistence/crc64.hpp"

namespace respawn::persistence {

FileSink::FileSink(File& file, Options options) : file_(file), options_(options) {
  buffer_.reserve(buffer_bytes);
}

void FileSink::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > buffer_bytes) flush();
  if (bytes.size() >= buffer_bytes)
    put(bytes);
  else
    buffer_.append(bytes);
}

std::error_code FileSink::flush() {
  put(buffer_);
  buffer_.clear();
  return error_;
}

std::uint64_t FileSink::checksum() {
  flush();
  return checksum_;
}

void FileSink::put(std::string_view bytes) {
  if (bytes.empty() || error_) return;
  if (options_.checksum) checksum_ = crc64(bytes, checksum_);
  error_ = file_.append(bytes);
  written_ += bytes.size();
  if (error_ || options_.sync_every_bytes == 0) return;
  if (written_ - synced_ < options_.sync_every_bytes) return;
  synced_ = written_;
  error_ = file_.sync();
}

}  // namespace respawn::persistence

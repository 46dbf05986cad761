#include "persistence/snapshot/background_file.hpp"

#include <utility>

#include "base/scheduling.hpp"
#include "persistence/rdb_writer.hpp"

namespace respawn::persistence {

void BackgroundFile::Chunk::clear() {
  bytes.clear();
  marks.clear();
  held_bytes = 0;
}

BackgroundFile::BackgroundFile(BackgroundFilePlan plan)
    : plan_(std::move(plan)), thread_([this] { run(); }) {}

BackgroundFile::~BackgroundFile() {
  if (state() == State::running) cancel();
  thread_.join();
}

// ---- The keyspace's side ------------------------------------------------------------------------

void BackgroundFile::write(std::string_view bytes) {
  filling_.bytes.append(bytes);
  note_growth(bytes.size());
}

void BackgroundFile::string(std::string_view bytes) {
  filling_.marks.push_back({filling_.bytes.size(), bytes.size(), {}});
  write(bytes);
}

void BackgroundFile::block(BlockPtr bytes) {
  const std::size_t size = bytes->size();
  filling_.marks.push_back({filling_.bytes.size(), size, std::move(bytes)});
  note_growth(size);
}

void BackgroundFile::note_growth(std::uint64_t bytes) {
  filling_.held_bytes += bytes;
  if (filling_.held_bytes >= chunk_bytes) hand_over();
}

void BackgroundFile::hand_over() {
  if (filling_.held_bytes == 0) return;
  if (state() != State::running || cancelled_.load(std::memory_order_relaxed))
    return filling_.clear();
  const std::uint64_t before = pending_.fetch_add(filling_.held_bytes);
  {
    const std::lock_guard lock(mutex_);
    Chunk fresh;
    if (!spare_.empty()) {
      fresh = std::move(spare_.back());
      spare_.pop_back();
    }
    chunks_.push_back(std::exchange(filling_, std::move(fresh)));
  }
  changed_.notify_one();
  if (before <= plan_.pending_bytes_max) return;
  fail("the disk is too slow for the changes that are made meanwhile");
  cancel();
}

void BackgroundFile::finish() {
  hand_over();
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_one();
}

void BackgroundFile::cancel() {
  fail("it was given up");
  {
    const std::lock_guard lock(mutex_);
    cancelled_.store(true);
  }
  changed_.notify_one();
}

void BackgroundFile::fail(std::string why) {
  const std::lock_guard lock(mutex_);
  if (error_.empty()) error_ = std::move(why);
}

void BackgroundFile::wait_for_room() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return has_room() || state() != State::running; });
}

void BackgroundFile::wait() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return state() != State::running; });
}

std::string BackgroundFile::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

// ---- The thread's side --------------------------------------------------------------------------

void BackgroundFile::run() {
  if (!plan_.awaited) let_others_go_first();
  const Status made = make();
  if (!made.ok()) {
    fail(made.error());
    plan_.files.remove(plan_.temporary);
  }
  const std::lock_guard lock(mutex_);
  chunks_.clear();
  pending_.store(0);
  state_.store(made.ok() ? State::done : State::failed, std::memory_order_release);
  drained_.notify_all();
}

Status BackgroundFile::make() {
  std::unique_ptr<File> file;
  if (const auto failed = plan_.files.open(plan_.temporary, FileSystem::Open::replace, file))
    return failure("Failed opening the temp file " + plan_.temporary +
                   " for saving: " + failed.message());
  FileSink sink(*file, plan_.sink);
  if (Status taken = take_chunks(sink); !taken.ok()) return taken;
  if (plan_.has_footer) {
    std::string footer;
    append_little_endian(footer, sink.checksum());
    sink.write(footer);
  }
  std::error_code failed = sink.flush();
  if (!failed) failed = file->sync();
  written_.store(sink.written_bytes());
  if (failed) return failure("Write error while saving DB to the disk: " + failed.message());
  file.reset();
  if (cancelled_.load()) return failure("it was given up");
  failed = plan_.files.rename(plan_.temporary, plan_.path);
  if (failed)
    return failure("Error moving temp file " + plan_.temporary + " on the final destination " +
                   plan_.path + ": " + failed.message());
  failed = plan_.files.sync_directory(directory_of(plan_.path));
  if (failed) return failure("Failed to fsync the directory while saving DB: " + failed.message());
  return success();
}

Status BackgroundFile::take_chunks(FileSink& sink) {
  Chunk chunk;
  while (next_chunk(chunk)) {
    write_chunk(chunk, sink);
    if (const auto failed = sink.error())
      return failure("Write error while saving DB to the disk: " + failed.message());
    written_.store(sink.written_bytes(), std::memory_order_relaxed);
    give_back(std::move(chunk));
    chunk = {};
  }
  return cancelled_.load() ? Status(failure("it was given up")) : success();
}

/// False when there will be no more.
bool BackgroundFile::next_chunk(Chunk& chunk) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !chunks_.empty() || finished_ || cancelled_.load(); });
  if (cancelled_.load() || chunks_.empty()) return false;
  chunk = std::move(chunks_.front());
  chunks_.pop_front();
  return true;
}

void BackgroundFile::give_back(Chunk chunk) {
  const std::uint64_t bytes = chunk.held_bytes;
  chunk.clear();
  const bool spare = chunk.bytes.capacity() <= 4 * chunk_bytes;
  const bool was_full = pending_.fetch_sub(bytes) >= wanted_pending_bytes;
  {
    const std::lock_guard lock(mutex_);
    if (spare && spare_.size() < spare_chunks_max) spare_.push_back(std::move(chunk));
  }
  if (was_full) drained_.notify_all();
}

void BackgroundFile::write_chunk(const Chunk& chunk, FileSink& sink) {
  RdbWriter writer(sink, plan_.compress);
  const std::string_view bytes = chunk.bytes;
  std::size_t at = 0;
  for (const Mark& mark : chunk.marks) {
    sink.write(bytes.substr(at, mark.at - at));
    at = mark.at;
    if (mark.block) {
      writer.string(mark.block->view());
      continue;
    }
    writer.string(bytes.substr(at, mark.bytes));
    at += mark.bytes;
  }
  sink.write(bytes.substr(at));
}

}  // namespace respawn::persistence

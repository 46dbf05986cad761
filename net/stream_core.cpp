#include "net/stream_core.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/loop_core.hpp"

namespace respawn::net {

void StreamCore::resume_receiving() {
  if (closed_ || receive_ended_ || receiving_) return;
  receiving_ = true;
  start_receiving();
}

void StreamCore::pause_receiving() {
  if (!receiving_) return;
  receiving_ = false;
  if (!closed_ && !receive_ended_) stop_receiving();
}

void StreamCore::send(Buffer& bytes) {
  if (closed_ || send_failed_ || finish_asked_) {
    bytes.clear();
    return;
  }
  output_.append(bytes, loop_.buffer_pool());
  flush_later();
}

void StreamCore::finish_sending() {
  if (closed_ || finish_asked_) return;
  finish_asked_ = true;
  flush_later();
}

void StreamCore::close() {
  if (closed_) return;
  closed_ = true;
  receiving_ = false;
  drop();
  if (!output_.sending()) output_.clear();
}

void StreamCore::flush() {
  in_flush_list_ = false;
  if (closed_ || send_failed_ || output_.sending()) return;
  if (!output_.empty()) {
    transmit();
  } else if (finish_asked_ && !finished_) {
    finished_ = true;
    shut_down_sending();
  }
}

void StreamCore::continue_now() {
  in_continue_list_ = false;
  if (receiving()) continue_receiving();
}

void StreamCore::deliver(std::string_view bytes) {
  const bool done = loop_.guarded([&] {
    while (!bytes.empty() && !closed_) {
      const std::span<char> space = handler_->receive_space(bytes.size());
      if (closed_) return;
      const std::size_t count = std::min(space.size(), bytes.size());
      std::memcpy(space.data(), bytes.data(), count);
      bytes.remove_prefix(count);
      handler_->on_received(count);
    }
  });
  // Bytes may be lost now: the owner must not go on as if nothing had happened.
  if (!done) deliver_end(ENOMEM);
}

void StreamCore::deliver_large(std::size_t bytes) {
  if (closed_) return;
  if (!loop_.guarded([&] { handler_->on_received(bytes); })) deliver_end(ENOMEM);
}

void StreamCore::deliver_end(int error) {
  if (closed_ || receive_ended_) return;
  receive_ended_ = true;
  if (receiving_) stop_receiving();
  receiving_ = false;
  loop_.guarded([&] { handler_->on_receive_end(error); });
}

void StreamCore::sent_some() {
  if (!closed_) loop_.guarded([&] { handler_->on_progress(); });
}

void StreamCore::sent() {
  if (closed_) return;
  if (finish_asked_ && !finished_) {
    finished_ = true;
    shut_down_sending();
  }
  loop_.guarded([&] { handler_->on_sent(); });
}

void StreamCore::send_failed(int error) {
  if (closed_ || send_failed_) return;
  send_failed_ = true;
  output_.clear();
  loop_.guarded([&] { handler_->on_send_error(error); });
}

void StreamCore::continue_later() {
  if (std::exchange(in_continue_list_, true)) return;
  loop_.continue_later(*this);
}

void StreamCore::flush_later() {
  if (std::exchange(in_flush_list_, true)) return;
  loop_.flush_later(*this);
}

namespace {

class StreamHandle final : public Stream {
 public:
  explicit StreamHandle(LocalPtr<StreamCore> core) : core_(std::move(core)) {}

  ~StreamHandle() override { core_->close(); }

  void resume_receiving() override { core_->resume_receiving(); }

  void pause_receiving() override { core_->pause_receiving(); }

  void send(Buffer&& bytes) override { core_->send(bytes); }

  [[nodiscard]] std::size_t unsent_bytes() const override { return core_->unsent_bytes(); }

  void close() override { core_->close(); }

  void finish_sending() override { core_->finish_sending(); }

  [[nodiscard]] int fd() const override { return core_->fd(); }

  [[nodiscard]] const std::string& peer_address() const override { return core_->addresses().peer; }

  [[nodiscard]] const std::string& local_address() const override {
    return core_->addresses().local;
  }

 private:
  LocalPtr<StreamCore> core_;
};

}  // namespace

std::unique_ptr<Stream> make_stream(LocalPtr<StreamCore> core) {
  return std::make_unique<StreamHandle>(std::move(core));
}

}  // namespace respawn::net

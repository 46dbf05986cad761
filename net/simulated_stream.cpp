#include "net/simulated_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace respawn::net {
namespace {

constexpr std::size_t fragment_bytes_max = 16 * 1024;

}  // namespace

SimulatedStream::SimulatedStream(SimulatedLoop& loop,
                                 std::shared_ptr<SimulatedConnection> connection,
                                 StreamHandler& handler)
    : StreamCore(loop, handler), connection_(std::move(connection)) {
  connection_->stream = this;
  set_addresses(connection_->addresses);
}

SimulatedStream::~SimulatedStream() {
  connection_->stream = nullptr;
}

void SimulatedStream::peer_changed() {
  if (closed()) return;
  if (receiving() && something_to_receive()) continue_later();
  if (!output().empty()) flush_later();
}

bool SimulatedStream::something_to_receive() const {
  return !connection_->fragments.empty() || connection_->peer_finished ||
         connection_->receive_error != 0;
}

void SimulatedStream::continue_receiving() {
  if (connection_->receive_error != 0) return deliver_end(connection_->receive_error);
  if (!connection_->fragments.empty()) {
    const std::string fragment = std::move(connection_->fragments.front());
    connection_->fragments.pop_front();
    deliver(fragment);
    if (receiving() && something_to_receive()) continue_later();
  } else if (connection_->peer_finished) {
    deliver_end(0);
  }
}

void SimulatedStream::transmit() {
  bool progress = false;
  while (!output().empty()) {
    if (connection_->send_error != 0) return send_failed(connection_->send_error);
    const std::size_t unread = connection_->unread.size();
    const std::size_t room =
        connection_->window_bytes > unread ? connection_->window_bytes - unread : 0;
    if (room == 0) return progress ? sent_some() : void();  // peer_changed() comes when there is
    progress = true;
    std::array<iovec, 1> piece;
    output().begin_send(piece);
    const std::size_t bytes = std::min(room, piece[0].iov_len);
    connection_->unread.append(static_cast<const char*>(piece[0].iov_base), bytes);
    output().end_send(bytes, loop().buffer_pool());
  }
  sent();
}

void SimulatedStream::shut_down_sending() {
  connection_->stream_finished = true;
}

void SimulatedStream::drop() {
  connection_->stream_finished = connection_->stream_closed = true;
}

SimulatedPeer::SimulatedPeer(std::shared_ptr<SimulatedConnection> connection)
    : connection_(std::move(connection)) {}

void SimulatedPeer::write(std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), fragment_bytes_max)))
    connection_->fragments.emplace_back(bytes.substr(0, fragment_bytes_max));
  if (connection_->stream != nullptr) connection_->stream->peer_changed();
}

std::string SimulatedPeer::read_all() {
  std::string bytes = std::exchange(connection_->unread, {});
  if (connection_->stream != nullptr) connection_->stream->peer_changed();
  return bytes;
}

bool SimulatedPeer::is_closed() const {
  return connection_->stream_finished && connection_->unread.empty();
}

bool SimulatedPeer::is_gone() const {
  return connection_->stream_closed;
}

void SimulatedPeer::finish_sending() {
  connection_->peer_finished = true;
  if (connection_->stream != nullptr) connection_->stream->peer_changed();
}

void SimulatedPeer::close() {
  connection_->send_error = EPIPE;
  finish_sending();
}

void SimulatedPeer::reset(int error) {
  connection_->receive_error = connection_->send_error = error;
  if (connection_->stream != nullptr) connection_->stream->peer_changed();
}

void SimulatedPeer::set_receive_window(std::size_t bytes) {
  connection_->window_bytes = bytes;
  if (connection_->stream != nullptr) connection_->stream->peer_changed();
}

}  // namespace respawn::net

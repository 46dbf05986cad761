// Messages that a sender sends again and again without allocating them anew.
#pragma once

#include <atomic>
#include <caf/actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/send.hpp>
#include <memory>
#include <tuple>
#include <typeinfo>
#include <utility>

namespace respawn::net {

/// An element of CAF's mailboxes that holds a T and belongs to its sender's side: it stands in the
/// receiver's mailbox in its order among all other messages. A LoopActor may take it in receive(),
/// past CAF's matching; to any other receiver it is a message like all that hold a T.
///
/// Owner: an object under a shared_ptr, which is kept alive while the message is under way. One
/// thread sends at a time; it may be let go of on any thread.
template <class T>
class LoopMessage final : public caf::mailbox_element,
                          public caf::detail::tuple_vals_impl<caf::type_erased_tuple, T> {
 public:
  LoopMessage() : caf::detail::tuple_vals_impl<caf::type_erased_tuple, T>(T{}) {}

  /// Sends `value`; while an earlier one is still under way, as a message of its own. `owner` is
  /// what this is a part of.
  void send(const caf::actor& to, T value, std::shared_ptr<void> owner) {
    if (under_way_.exchange(true, std::memory_order_acquire)) {
      caf::anon_send(to, std::move(value));
      return;
    }
    std::get<0>(this->data()) = std::move(value);
    owner_ = std::move(owner);
    to->enqueue(caf::mailbox_element_ptr(this), nullptr);
  }

  /// What `element` carries if it is such a message, else null.
  [[nodiscard]] static const T* in(const caf::mailbox_element& element) {
    if (typeid(element) != typeid(LoopMessage)) return nullptr;
    return &std::get<0>(static_cast<const LoopMessage&>(element).data());
  }

  // CAF's business.

  caf::type_erased_tuple& content() override { return *this; }

  const caf::type_erased_tuple& content() const override { return *this; }

  caf::message move_content_to_message() override {
    return caf::make_message(std::move(std::get<0>(this->data())));
  }

  caf::message copy_content_to_message() const override {
    return caf::make_message(std::get<0>(this->data()));
  }

  /// The receiver is done with it.
  void request_deletion(bool) const noexcept override {
    auto& self = const_cast<LoopMessage&>(*this);
    std::get<0>(self.data()) = T{};
    const std::shared_ptr<void> owner = std::move(self.owner_);
    self.under_way_.store(false, std::memory_order_release);
    // With `owner` this object may go.
  }

 private:
  std::atomic<bool> under_way_{false};
  std::shared_ptr<void> owner_;
};

}  // namespace respawn::net

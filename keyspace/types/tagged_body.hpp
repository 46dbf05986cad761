// One pointer that is one of several representations of a value: which one is in its lowest bits.
#pragma once

#include <cstdint>

namespace respawn::keyspace {

/// Owns nothing: the class that has it does. Pointers are multiples of 8.
class TaggedBody {
 public:
  explicit TaggedBody(unsigned tag = 0, void* pointer = nullptr) noexcept { set(tag, pointer); }

  [[nodiscard]] unsigned tag() const { return static_cast<unsigned>(bits_ & mask); }

  [[nodiscard]] void* pointer() const { return reinterpret_cast<void*>(bits_ & ~mask); }

  void set(unsigned tag, void* pointer) noexcept {
    bits_ = reinterpret_cast<std::uintptr_t>(pointer) | tag;
  }

  /// A Packed or IntArray taken out of the body for as long as somebody works with it; what became
  /// of it is put back.
  template <class Form>
  class Loan {
   public:
    explicit Loan(TaggedBody& body) noexcept
        : body_(&body), tag_(body.tag()), form_(Form::adopt(body.pointer())) {}

    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    ~Loan() { body_->set(tag_, form_.release()); }

    Form& operator*() { return form_; }

    Form* operator->() { return &form_; }

   private:
    TaggedBody* body_;
    unsigned tag_;
    Form form_;
  };

  template <class Form>
  [[nodiscard]] Loan<Form> borrow() {
    return Loan<Form>(*this);
  }

  /// The same to read it only.
  template <class Form>
  class View {
   public:
    explicit View(const TaggedBody& body) noexcept : form_(Form::adopt(body.pointer())) {}

    View(const View&) = delete;
    View& operator=(const View&) = delete;

    ~View() { static_cast<void>(form_.release()); }

    const Form& operator*() const { return form_; }

    const Form* operator->() const { return &form_; }

   private:
    Form form_;
  };

  template <class Form>
  [[nodiscard]] View<Form> view() const {
    return View<Form>(*this);
  }

 private:
  static constexpr std::uintptr_t mask = 7;

  std::uintptr_t bits_ = 0;
};

}  // namespace respawn::keyspace

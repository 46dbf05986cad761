// A value, or the text of why there is none. For faults of a client or the environment, never of
// the programmer.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.hpp"

namespace respawn {

/// An error as text. For commands: the reply without its leading '-', for example "ERR syntax
/// error".
struct Error {
  std::string text;
};

/// Either a T or an Error. `value()` and `error()` check that they may be called.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}

  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }

  explicit operator bool() const { return ok(); }

  T& value() & {
    RESPAWN_CHECK(ok());
    return std::get<0>(state_);
  }

  const T& value() const& {
    RESPAWN_CHECK(ok());
    return std::get<0>(state_);
  }

  T&& value() && {
    RESPAWN_CHECK(ok());
    return std::get<0>(std::move(state_));
  }

  T& operator*() & { return value(); }

  const T& operator*() const& { return value(); }

  T* operator->() { return &value(); }

  const T* operator->() const { return &value(); }

  [[nodiscard]] const std::string& error() const {
    RESPAWN_CHECK(!ok());
    return std::get<1>(state_).text;
  }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {};

using Status = Result<Done>;

inline Status success() {
  return Done{};
}

inline Error failure(std::string text) {
  return Error{std::move(text)};
}

}  // namespace respawn

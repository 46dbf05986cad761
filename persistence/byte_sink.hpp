// Where encoders write to: a string, a counter, later a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/shared_block.hpp"

namespace respawn::persistence {

/// Owner: who encodes.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;

  /// Takes all of the bytes; what a sink cannot take it remembers itself.
  virtual void write(std::string_view bytes) = 0;
};

/// A sink that compresses strings by itself, later and elsewhere.
class StringTakingSink : public ByteSink {
 public:
  /// A string of such a size from which on it is worth trying.
  virtual void string(std::string_view bytes) = 0;

  /// The same, held instead of copied.
  virtual void block(BlockPtr block) = 0;
};

/// Appends to a string.
class StringSink final : public ByteSink {
 public:
  explicit StringSink(std::string& to) : to_(to) {}

  void write(std::string_view bytes) override { to_.append(bytes); }

 private:
  std::string& to_;
};

/// Only counts.
class CountingSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { count_ += bytes.size(); }

  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace respawn::persistence

// Redis's listpack: small collections, and the nodes of lists, as one string.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "keyspace/types/list_block.hpp"
#include "persistence/element_reader.hpp"

namespace respawn::persistence {

/// Form: bytes in all (4, little endian), elements (2; 65535: count them), elements, 0xff. An
/// element is its encoding byte or bytes, its text or integer, and the size of both (7 bits a byte,
/// to be read backwards). A text that is an integer's is that integer.
class ListpackWriter {
 public:
  /// `expected_bytes`: about how long it will be.
  explicit ListpackWriter(std::size_t expected_bytes = 0);

  /// An element that is the text of an integer becomes one.
  void append(std::string_view element);

  /// One whose form is known already.
  void append(const keyspace::StoredElement& element) {
    element.integer ? append(*element.integer) : append_text(element.text);
  }

  void append(std::int64_t element);

  [[nodiscard]] bool empty() const { return count_ == 0; }

  /// The finished listpack; the writer begins anew.
  std::string take();

 private:
  void append_text(std::string_view text);
  char* room(std::size_t bytes);
  void end_element(char* end);

  std::string bytes_;  // in use are used_ of them
  std::size_t used_;
  std::size_t count_ = 0;
};

/// Borrowed bytes.
class ListpackReader final : public ElementReader {
 public:
  explicit ListpackReader(std::string_view bytes);

  std::optional<std::string_view> next() override;

  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  [[nodiscard]] std::size_t short_text() const;
  std::optional<std::string_view> element();
  bool skip_back_length(std::size_t size);

  ByteCursor at_;
  IntegerText integer_;
  std::uint64_t claimed_ = 0;
  std::uint64_t count_ = 0;
  bool broken_ = false;
  bool complete_ = false;
};

}  // namespace respawn::persistence

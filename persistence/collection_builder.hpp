// Collections as they grow element by element out of what a decoder reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "keyspace/types/list_builder.hpp"
#include "persistence/element_reader.hpp"
#include "persistence/value_decoder.hpp"

namespace respawn::persistence {

/// Adds the elements at the end; also when there is none. Whether the reader is complete.
template <class Reader>
[[nodiscard]] bool append_all(keyspace::ListBuilder& to, Reader& elements) {
  while (const auto element = elements.next()) to.add(*element);
  return elements.complete();
}

// Each returns null unless the reader is complete and its elements make a collection that has
// nothing twice.

[[nodiscard]] std::unique_ptr<keyspace::Object> build_set(ElementReader& members,
                                                          const keyspace::SetLimits& limits);

/// Fields and values in turn.
[[nodiscard]] std::unique_ptr<keyspace::Object> build_hash(ElementReader& elements,
                                                           const keyspace::HashLimits& limits);

/// Fields, values and expiries (0: none) in turn.
[[nodiscard]] std::unique_ptr<keyspace::Object> build_expiring_hash(
    ElementReader& elements, const keyspace::HashLimits& limits);

/// Members and scores in turn.
[[nodiscard]] std::unique_ptr<keyspace::Object> build_sorted_set(
    ElementReader& elements, const keyspace::SortedSetLimits& limits);

/// A set of integers; see value_encoder.cpp for its form.
[[nodiscard]] std::unique_ptr<keyspace::Object> build_intset(std::string_view bytes,
                                                             const keyspace::SetLimits& limits);

}  // namespace respawn::persistence

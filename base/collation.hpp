// The order of texts in a language (the locale category LC_COLLATE).
#pragma once

#include <locale.h>

#include <string>
#include <string_view>

namespace respawn {

/// Owner: one thread's. Apart from the process's locale, which stays "C". In the beginning, and
/// where the system does not have the locale that is asked for, texts are ordered by their bytes.
class Collation {
 public:
  Collation() = default;
  Collation(const Collation&) = delete;
  Collation& operator=(const Collation&) = delete;
  ~Collation();

  /// Takes the locale of that name; "" names that of the environment. Costs a comparison when it is
  /// the one in use.
  void select(std::string_view name);

  /// Below, equal to or above 0, of texts that end with a NUL byte. Texts that differ may be equal.
  [[nodiscard]] int compare(const char* left, const char* right) const;

 private:
  locale_t locale_ = nullptr;  // null: by bytes
  std::string name_ = "C";
};

}  // namespace respawn

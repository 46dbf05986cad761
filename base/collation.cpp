#include "base/collation.hpp"

#include <cstring>

namespace respawn {

Collation::~Collation() {
  if (locale_ != nullptr) ::freelocale(locale_);
}

void Collation::select(std::string_view name) {
  if (name == name_) return;
  name_ = name;
  if (locale_ != nullptr) ::freelocale(locale_);
  locale_ = ::newlocale(LC_COLLATE_MASK, name_.c_str(), nullptr);
}

int Collation::compare(const char* left, const char* right) const {
  return locale_ == nullptr ? std::strcmp(left, right) : ::strcoll_l(left, right, locale_);
}

}  // namespace respawn

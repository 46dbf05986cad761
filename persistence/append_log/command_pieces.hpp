// What makes a collection: one command over and over, with some elements each.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/append_log/value_commands.hpp"

namespace respawn::persistence {

/// Owner: who gives the commands away. What walks over a value returns lives only until its next
/// step, so words are copied; command and key outlive this.
class CommandPieces {
 public:
  CommandPieces(std::string_view command, std::string_view key, const CommandTaker& take)
      : head_{command, key}, take_(take) {}

  /// The words of one element.
  void add(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) words_.emplace_back(word);
    if (++elements_ == elements_per_command) flush();
  }

  /// To be called at the end.
  void flush() {
    if (elements_ == 0) return;
    std::vector<std::string_view> views(head_);
    views.insert(views.end(), words_.begin(), words_.end());
    take_(views);
    words_.clear();
    elements_ = 0;
  }

 private:
  std::vector<std::string_view> head_;
  const CommandTaker& take_;
  std::deque<std::string> words_;
  std::size_t elements_ = 0;
};

}  // namespace respawn::persistence

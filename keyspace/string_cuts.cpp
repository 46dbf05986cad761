#include "keyspace/string_cuts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"

namespace respawn::keyspace {

/// Those that were saved, in groups.
class StringCut::Pages final : public Disposable {
 public:
  explicit Pages(std::size_t count) : groups_((count + group_pages - 1) / group_pages) {}

  /// Null: it was not saved.
  [[nodiscard]] const char* find(std::size_t page) const {
    const auto& group = groups_[page / group_pages];
    return group ? (*group)[page % group_pages].get() : nullptr;
  }

  void save(std::size_t page, std::string_view bytes) {
    auto& group = groups_[page / group_pages];
    if (!group) group = std::make_unique<Group>();
    auto copy = std::make_unique_for_overwrite<char[]>(page_bytes);
    bytes.copy(copy.get(), bytes.size());
    (*group)[page % group_pages] = std::move(copy);
    ++count_;
  }

  /// It is needed no more.
  void forget(std::size_t page) noexcept {
    auto& group = groups_[page / group_pages];
    if (!group || !(*group)[page % group_pages]) return;
    (*group)[page % group_pages].reset();
    --count_;
  }

  [[nodiscard]] std::size_t size() const override { return count_; }

  std::size_t free_slice(std::size_t budget) noexcept override {
    const std::size_t before = count_;
    while (!groups_.empty() && before - count_ < budget) {
      if (groups_.back())
        for (const auto& page : *groups_.back())
          if (page) --count_;
      groups_.pop_back();
    }
    return before - count_;
  }

 private:
  static constexpr std::size_t group_pages = 512;

  using Group = std::array<std::unique_ptr<char[]>, group_pages>;

  std::vector<std::unique_ptr<Group>> groups_;
  std::size_t count_ = 0;
};

std::uint32_t StringCuts::prepare_cuts(const SharedBlock& block, ByteRange changes) {
  std::uint32_t holds = 0;
  const auto [first, end] = cuts_.equal_range(&block);
  for (auto at = first; at != end; ++at, ++holds) at->second->save(changes);
  return holds;
}

StringCut::StringCut(StringCuts& among, Garbage& garbage, BlockPtr block)
    : among_(among),
      garbage_(garbage),
      block_(std::move(block)),
      size_(block_->size()),
      pages_(std::make_unique<Pages>((size_ + page_bytes - 1) / page_bytes)) {
  among_.cuts_.emplace(block_.get(), this);
}

StringCut::~StringCut() {
  const auto [first, end] = among_.cuts_.equal_range(block_.get());
  among_.cuts_.erase(
      std::find_if(first, end, [this](const auto& each) { return each.second == this; }));
  garbage_.take(std::move(pages_), 0);
}

/// What of it is neither read nor saved.
void StringCut::save(ByteRange changes) {
  const std::size_t end = std::min(changes.to, size_);
  const std::string_view bytes(block_->data(), size_);
  for (std::size_t page = std::max(changes.from, read_) / page_bytes; page * page_bytes < end;
       ++page)
    if (pages_->find(page) == nullptr)
      pages_->save(page, bytes.substr(page * page_bytes, page_bytes));
}

std::string_view StringCut::next() {
  RESPAWN_CHECK(!done());
  const std::size_t page = read_ / page_bytes;
  if (page > 0) pages_->forget(page - 1);
  const std::string_view bytes(block_->data(), size_);
  std::string_view part = bytes.substr(read_, page_bytes);
  if (const char* saved = pages_->find(page)) part = {saved, part.size()};
  read_ += part.size();
  return part;
}

std::size_t StringCut::held_bytes() const {
  const bool alone = block_->held_by(1);
  return pages_->size() * page_bytes + (alone ? block_->capacity() : 0);
}

}  // namespace respawn::keyspace

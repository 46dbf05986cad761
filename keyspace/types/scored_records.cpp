#include "keyspace/types/scored_records.hpp"

#include <limits>

namespace respawn::keyspace {

ScoredRecords::~ScoredRecords() {
  ScoredRecords::free_slice(std::numeric_limits<std::size_t>::max());
}

std::size_t ScoredRecords::free_slice(std::size_t budget) noexcept {
  std::size_t freed = 0;
  while (freed < budget && images_.size() > 0) images_.drain_leaf([&](ScoredMember*) { ++freed; });
  for (; freed < budget; ++freed) {
    ScoredMember* record = records_.drain();
    if (record == nullptr) break;
    ScoredMember::destroy(record);
  }
  return freed;
}

void ScoredRecords::add(ScoredMember* record, std::uint64_t hash) {
  records_.insert(record, hash);
  if (!record->marked()) {
    try {
      images_.insert(record->score, record);
    } catch (...) {
      records_.erase(record, hash);
      throw;
    }
    if (first_image_ == nullptr ||
        ordered_before(record->score, record->text(), first_image_->score, first_image_->text()))
      first_image_ = record;
  }
  bytes_ += record->memory_bytes();
}

void ScoredRecords::leave_images(const ScoredMember* image) noexcept {
  images_.erase(image->score, image);
  if (image == first_image_)
    first_image_ = images_.size() == 0 ? nullptr : &BTree::member_at(images_.at(0));
}

void ScoredRecords::mark(ScoredMember* image) noexcept {
  leave_images(image);
  image->set_marked(true);
}

void ScoredRecords::drop(ScoredMember* record, std::uint64_t hash) noexcept {
  if (!record->marked()) leave_images(record);
  bytes_ -= record->memory_bytes();
  records_.erase(record, hash);
  ScoredMember::destroy(record);
}

}  // namespace respawn::keyspace

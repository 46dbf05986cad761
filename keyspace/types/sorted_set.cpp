#include "keyspace/types/sorted_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/allocation.hpp"
#include "base/bring_near.hpp"
#include "base/check.hpp"
#include "keyspace/types/scored_table.hpp"
#include "keyspace/types/sorted_set_builder.hpp"

namespace respawn::keyspace {
namespace {

/// A score as an element: an integer as such, anything else as a mark and eight bytes, which no
/// integer's text can be. -0 becomes 0, as in the listpacks of Redis.
class ScoreText {
 public:
  explicit ScoreText(double score) {
    constexpr double integer_max = 9007199254740992;  // 2^53
    if (std::abs(score) <= integer_max && std::trunc(score) == score) {
      const char* end = write_int(bytes_.data(), static_cast<std::int64_t>(score));
      size_ = static_cast<std::size_t>(end - bytes_.data());
    } else {
      bytes_[0] = mark;
      std::memcpy(bytes_.data() + 1, &score, sizeof score);
      size_ = 1 + sizeof score;
    }
  }

  [[nodiscard]] ElementForm form() const { return ElementForm({bytes_.data(), size_}); }

  static double read(const char* element) {
    if (const auto integer = Packed::integer(element)) return static_cast<double>(*integer);
    Scratch scratch;
    double score;
    std::memcpy(&score, Packed::text(element, scratch).data() + 1, sizeof score);
    return score;
  }

 private:
  static constexpr char mark = 'd';

  std::array<char, max_int_digits> bytes_;
  std::size_t size_ = 0;
};

constexpr std::size_t stride = 2;

double packed_score(const char* member) {
  return ScoreText::read(Packed::next(member));
}

bool at_least(const LexBound& bound, std::string_view text) {
  switch (bound.kind) {
    case LexBound::Kind::lowest:
      return true;
    case LexBound::Kind::closed:
      return text >= bound.text;
    case LexBound::Kind::open:
      return text > bound.text;
    case LexBound::Kind::highest:
      return false;
  }
  return false;
}

bool at_most(const LexBound& bound, std::string_view text) {
  switch (bound.kind) {
    case LexBound::Kind::lowest:
      return false;
    case LexBound::Kind::closed:
      return text <= bound.text;
    case LexBound::Kind::open:
      return text < bound.text;
    case LexBound::Kind::highest:
      return true;
  }
  return false;
}

bool below(const ScoreRange& range, double score) {
  return range.min_open ? score <= range.min : score < range.min;
}

bool not_above(const ScoreRange& range, double score) {
  return range.max_open ? score < range.max : score <= range.max;
}

/// How many elements come first for which before(score, text) holds.
template <class Before>
std::size_t count_packed(const Packed& packed, Before&& before) {
  std::size_t count = 0;
  Scratch scratch;
  for (const char* at = packed.begin(); at != packed.end(); at = Packed::skip(at, stride), ++count)
    if (!before(packed_score(at), Packed::text(at, scratch))) break;
  return count;
}

RankRange between(std::size_t first, std::size_t end) {
  return {first, end > first ? end - first : 0};
}

}  // namespace

SortedSet::~SortedSet() {
  delete large_;
}

std::size_t SortedSet::size() const {
  return large_ != nullptr ? large_->dict.size() : packed_.count() / stride;
}

std::size_t SortedSet::memory_bytes() const {
  const std::size_t own = allocated_bytes(sizeof(SortedSet));
  if (large_ == nullptr) return own + packed_.memory_bytes();
  return own + allocated_bytes(sizeof(ScoredTable)) + large_->memory_bytes();
}

std::size_t SortedSet::free_slice(std::size_t budget) noexcept {
  if (large_ == nullptr) {
    const std::size_t freed = size();
    packed_.clear();
    return freed;
  }
  return large_->free_slice(budget);
}

bool SortedSet::keep_for_cuts(std::unique_ptr<Disposable>& self, std::size_t objects) noexcept {
  return large_ != nullptr && large_->cuts.keep(self, objects);
}

// ---- changing ----------------------------------------------------------------------------------

void SortedSet::to_large() {
  auto large = std::make_unique<ScoredTable>();
  for (auto each = walk(); each.valid(); each.next())
    large->add(each.member(), each.score(), hash_bytes(each.member()));
  large_ = large.release();
  packed_.clear();
}

void SortedSet::expect(std::size_t members, const SortedSetLimits& limits) {
  if (large_ == nullptr && members > limits.max_listpack_entries) to_large();
}

bool SortedSet::set(std::string_view member, double score, const SortedSetLimits& limits) {
  if (large_ == nullptr) {
    if (packed_.find(ElementForm(member), stride) != nullptr ||
        (size() < limits.max_listpack_entries && member.size() <= limits.max_listpack_value_bytes))
      return set_packed(member, score);
    to_large();
  }
  const std::uint64_t hash = hash_bytes(member);
  if (ScoredMember* existing = large_->find(member, hash)) {
    large_->rescore(*existing, score);
    return false;
  }
  large_->add(member, score, hash);
  return true;
}

bool SortedSet::set_packed(std::string_view member, double score) {
  const ElementForm form(member);
  const ScoreText score_text(score);
  std::size_t from = 0;
  const char* last = nullptr;
  const char* at = packed_.begin();
  for (; at != packed_.end() && !Packed::equals(at, form); at = Packed::skip(at, stride), ++from)
    last = at;
  const bool fresh = at == packed_.end();
  const auto goes_first = [&](double other, std::string_view text) {
    return ordered_before(other, text, score, member);
  };
  // What comes in order goes to the end, without a look at all scores.
  Scratch scratch;
  if (fresh && (last == nullptr || goes_first(packed_score(last), Packed::text(last, scratch)))) {
    packed_.insert(packed_.end(), {form, score_text.form()});
    return true;
  }
  const std::size_t to = count_packed(packed_, goes_first);
  if (fresh) {
    packed_.insert(packed_.at(to * stride), {form, score_text.form()});
    return true;
  }
  if (packed_score(at) != score) move_packed(from, to, member, score);
  return false;
}

/// Gives the element at rank `from` another score, by which it goes before that at rank `to`.
void SortedSet::move_packed(std::size_t from, std::size_t to, std::string_view member,
                            double score) {
  const ScoreText score_text(score);
  if (to == from || to == from + 1) {
    packed_.replace(packed_.at(from * stride + 1), score_text.form());
    return;
  }
  packed_.insert(packed_.at(to * stride), {ElementForm(member), score_text.form()});
  packed_.erase(packed_.at((from + (to < from ? 1 : 0)) * stride), stride);
}

bool SortedSet::erase(std::string_view member) noexcept {
  if (large_ == nullptr) {
    const char* at = packed_.find(ElementForm(member), stride);
    if (at == nullptr) return false;
    packed_.erase(at, stride);
    return true;
  }
  ScoredMember* found = large_->find(member, hash_bytes(member));
  if (found == nullptr) return false;
  large_->tree.erase(found->score, found);
  large_->drop(found);
  return true;
}

void SortedSet::erase(RankRange range) noexcept {
  RESPAWN_CHECK(range.first <= size() && range.count <= size() - range.first);
  if (range.count == 0) return;
  if (large_ == nullptr)
    packed_.erase(packed_.at(range.first * stride), range.count * stride);
  else
    large_->tree.erase_run(range.first, range.count,
                           [&](ScoredMember* member) { large_->drop(member); });
}

// ---- finding -----------------------------------------------------------------------------------

std::optional<double> SortedSet::score(std::string_view member) const {
  if (large_ == nullptr) {
    const char* at = packed_.find(ElementForm(member), stride);
    return at != nullptr ? std::optional(packed_score(at)) : std::nullopt;
  }
  const ScoredMember* found = large_->find(member, hash_bytes(member));
  return found != nullptr ? std::optional(found->score) : std::nullopt;
}

std::optional<SortedSet::Ranked> SortedSet::rank(std::string_view member) const {
  if (large_ == nullptr) {
    const ElementForm form(member);
    std::size_t rank = 0;
    for (const char* at = packed_.begin(); at != packed_.end();
         at = Packed::skip(at, stride), ++rank)
      if (Packed::equals(at, form)) return Ranked{rank, packed_score(at)};
    return std::nullopt;
  }
  const ScoredMember* found = large_->find(member, hash_bytes(member));
  if (found == nullptr) return std::nullopt;
  return Ranked{large_->tree.rank(found->score, *found), found->score};
}

RankRange SortedSet::in_scores(const ScoreRange& range) const {
  const auto lower = [&](double score, const auto&) { return below(range, score); };
  const auto within = [&](double score, const auto&) { return not_above(range, score); };
  if (large_ == nullptr)
    return between(count_packed(packed_, lower), count_packed(packed_, within));
  return between(large_->tree.count_while(lower), large_->tree.count_while(within));
}

RankRange SortedSet::in_lex(const LexRange& range, Direction direction, std::size_t skip) const {
  if (large_ == nullptr) return lex_in_packed(range, direction, skip);
  const RankRange all = between(large_->tree.count_while([&](double, const ScoredMember& member) {
    return !at_least(range.min, member.text());
  }),
                                large_->tree.count_while([&](double, const ScoredMember& member) {
                                  return at_most(range.max, member.text());
                                }));
  skip = std::min(skip, all.count);
  return {direction == Direction::forward ? all.first + skip : all.first, all.count - skip};
}

RankRange SortedSet::lex_in_packed(const LexRange& range, Direction direction,
                                   std::size_t skip) const {
  const bool forward = direction == Direction::forward;
  const LexBound& start = forward ? range.min : range.max;
  const LexBound& stop = forward ? range.max : range.min;
  const auto started = [&](std::string_view text) {
    return forward ? at_least(start, text) : at_most(start, text);
  };
  const auto inside = [&](std::string_view text) {
    return forward ? at_most(stop, text) : at_least(stop, text);
  };
  Scratch scratch;
  const std::size_t size = this->size();
  if (size == 0 || !at_least(range.min, at(size - 1, scratch).member) ||
      !at_most(range.max, at(0, scratch).member))
    return {};
  std::size_t steps = 0;
  auto each = walk(forward ? 0 : size - 1, direction);
  while (each.valid() && !started(each.member())) each.next(), ++steps;
  if (!each.valid() || !inside(each.member())) return {};
  for (; skip > 0 && each.valid(); --skip, ++steps) each.next();
  std::size_t count = 0;
  for (; each.valid() && inside(each.member()); each.next()) ++count;
  return {forward ? steps : size - steps - count, count};
}

// ---- walking -----------------------------------------------------------------------------------

ScoredText SortedSet::at(std::size_t rank, Scratch& scratch) const {
  RESPAWN_CHECK(rank < size());
  if (large_ != nullptr) {
    const BTree::Place place = large_->tree.at(rank);
    return {BTree::member_at(place).text(), BTree::score_at(place)};
  }
  const char* element = packed_.at(rank * stride);
  return {Packed::text(element, scratch), packed_score(element)};
}

SortedSet::Walk SortedSet::walk(std::size_t rank, Direction direction) const {
  Walk walk;
  walk.direction_ = direction;
  if (rank >= size()) return walk;
  if (large_ != nullptr) {
    walk.place_ = large_->tree.at(rank);
    return walk;
  }
  walk.end_ = packed_.end();
  walk.element_ = packed_.begin();
  for (; rank > 0; --rank) {
    if (direction == Direction::backward) walk.before_.push_back(walk.element_);
    walk.element_ = Packed::skip(walk.element_, stride);
  }
  return walk;
}

std::string_view SortedSet::Walk::member() {
  if (element_ != nullptr) return Packed::text(element_, scratch_);
  return BTree::member_at(place_).text();
}

double SortedSet::Walk::score() const {
  return element_ != nullptr ? packed_score(element_) : BTree::score_at(place_);
}

void SortedSet::Walk::next() {
  const bool forward = direction_ == Direction::forward;
  if (element_ == nullptr) {
    place_ = forward ? BTree::next(place_) : BTree::previous(place_);
  } else if (forward) {
    element_ = Packed::skip(element_, stride);
    if (element_ == end_) element_ = nullptr;
  } else if (before_.empty()) {
    element_ = nullptr;
  } else {
    element_ = before_.back();
    before_.pop_back();
  }
}

std::uint64_t SortedSet::scan_with(std::uint64_t cursor, std::size_t count, Visit visit,
                                   void* to) const {
  if (large_ != nullptr)
    return large_->dict.scan(cursor, count, [&](const ScoredMember& member) {
      visit(to, {member.text(), member.score});
    });
  for (auto each = walk(); each.valid(); each.next()) visit(to, {each.member(), each.score()});
  return 0;
}

// ---- as a whole --------------------------------------------------------------------------------

std::unique_ptr<SortedSet> SortedSet::clone() const {
  if (large_ == nullptr) {
    auto copy = std::make_unique<SortedSet>();
    copy->packed_ = packed_.clone();
    return copy;
  }
  SortedSetBuilder builder;
  for (BTree::Place at = size() > 0 ? large_->tree.at(0) : BTree::Place{}; at.leaf != nullptr;) {
    const BTree::Run run = BTree::run_at(at);
    for (unsigned i = 0; i < run.count; ++i) bring_near(run.members[i]);
    for (unsigned i = 0; i < run.count; ++i) builder.add(run.members[i]->text(), run.scores[i]);
    at = BTree::advance(at, run.count);
  }
  return builder.build_large();
}

Status SortedSet::check_invariants() const {
  if (large_ == nullptr) {
    if (Status status = packed_.check_invariants(); !status) return status;
    if (packed_.count() % stride != 0) return failure("sorted set: a member without a score");
    std::optional<std::pair<double, std::string>> last;
    for (auto each = walk(); each.valid(); each.next()) {
      if (last && !ordered_before(last->first, last->second, each.score(), each.member()))
        return failure("sorted set: elements are out of order");
      last.emplace(each.score(), each.member());
    }
    return success();
  }
  if (!packed_.empty()) return failure("sorted set: two encodings at once");
  if (Status status = large_->dict.check_invariants(); !status) return status;
  if (Status status = large_->tree.check_invariants(); !status) return status;
  if (large_->dict.size() != large_->tree.size())
    return failure("sorted set: dict and tree differ in size");
  std::size_t bytes = 0;
  for (auto each = walk(); each.valid(); each.next()) {
    const ScoredMember* member = large_->find(each.member(), hash_bytes(each.member()));
    if (member == nullptr || member->text().data() != each.member().data())
      return failure("sorted set: the dict does not know a member");
    bytes += member->memory_bytes();
  }
  if (bytes != large_->member_bytes) return failure("sorted set: its figures are wrong");
  return success();
}

}  // namespace respawn::keyspace

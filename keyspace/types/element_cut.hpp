// What the cuts of hashes, sets and sorted sets have in common: how they hang on the value that
// they are cuts of, and keep it when it leaves the keyspace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "keyspace/types/object.hpp"

namespace respawn::keyspace {

class CutList;
class Garbage;

/// The elements of a value as they were at one moment, read in slices while the value changes.
/// Owner: who reads it, on the thread of the keyspace; it must end before the Garbage does. While
/// it is read it is in the list of its value, which tells it of changes. A value that goes to
/// Garbage meanwhile is kept by its cuts and goes there when the last of them has been read.
/// Errors: a cut fails when there is no memory to remember how an element was, when what it is a
/// cut of is destroyed, or when a visitor throws. Then it is not whole and must be given up.
class ElementCut {
 public:
  ElementCut(const ElementCut&) = delete;
  ElementCut& operator=(const ElementCut&) = delete;

  /// Elements at the cut.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Whether all of them have been visited.
  [[nodiscard]] bool done() const { return state_ == State::done; }

  [[nodiscard]] bool failed() const { return state_ == State::failed; }

  /// The value that left the keyspace, if this is the cut that has it; else null.
  [[nodiscard]] const Disposable* kept() const { return kept_.get(); }

 protected:
  ElementCut(CutList& cuts, std::size_t size, Garbage& garbage) noexcept;
  ~ElementCut();

  [[nodiscard]] bool reading() const { return state_ == State::reading; }

  [[nodiscard]] Garbage& garbage() const { return garbage_; }

  void finish() noexcept { end(State::done); }

  void fail() noexcept { end(State::failed); }

 private:
  friend class CutList;

  enum class State : std::uint8_t { reading, done, failed };

  void end(State state) noexcept;

  CutList* cuts_;  // null when it is not in one any more
  ElementCut* next_ = nullptr;
  ElementCut** link_ = nullptr;       // what points to this one
  std::unique_ptr<Disposable> kept_;  // the value; one of its cuts has it
  std::size_t kept_objects_ = 0;
  std::size_t size_;
  Garbage& garbage_;
  State state_ = State::reading;
};

/// The cuts of a value that are being read. Owner: the value's table.
class CutList {
 public:
  CutList() noexcept = default;
  CutList(const CutList&) = delete;
  CutList& operator=(const CutList&) = delete;

  ~CutList() { fail_all(); }

  [[nodiscard]] bool empty() const { return first_ == nullptr; }

  /// Calls visit(Cut&) for each, which may end it. All of them are of this class.
  template <class Cut, class Visitor>
  void for_each(Visitor&& visit) const {
    for (ElementCut* at = first_; at != nullptr;) {
      ElementCut* const next = at->next_;
      visit(static_cast<Cut&>(*at));
      at = next;
    }
  }

  /// What they are cuts of is about to be destroyed.
  void fail_all() noexcept {
    while (first_ != nullptr) first_->fail();
  }

  /// See Disposable::keep_for_cuts.
  bool keep(std::unique_ptr<Disposable>& value, std::size_t objects) noexcept;

 private:
  friend class ElementCut;

  ElementCut* first_ = nullptr;
};

}  // namespace respawn::keyspace

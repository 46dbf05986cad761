// Cuts of values against copies: random changes, cuts begun at any moment and read in any slices.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "keyspace/garbage.hpp"

namespace respawn::keyspace {

/// A Subject has a Value of some type with a Cut, a State that is all there is to know of an
/// element besides its name, and
///   Value& value(); Model& model(); std::unique_ptr<Value> release(); void renew();
///   void change(Random&, std::size_t phase);   // the same in both
///   static bool read(Cut&, std::size_t elements, visit(name, state));
///   std::optional<std::size_t> successes;      // of allocations in the next change of the value
template <class Subject>
class CutModel {
 public:
  using Model = std::map<std::string, typename Subject::State>;
  using Cut = typename Subject::Cut;

  CutModel(Random& random, bool memory_fails) : random_(random), memory_fails_(memory_fails) {}

  ~CutModel() {
    readings_.clear();
    garbage_.take(subject_.release());
  }

  void run(std::uint64_t steps) {
    for (std::uint64_t step = 0; step < steps && !::testing::Test::HasFatalFailure(); ++step) {
      change(step / 3000);
      if (readings_.size() < cuts_max && random_.below(40) == 0) begin();
      for (std::size_t i = 0; i < readings_.size(); ++i)
        if (random_.below(readings_.size() * 3) == 0) go_on(i);
      if (random_.below(2000) == 0) dispose();
      if (!readings_.empty() && random_.below(500) == 0) drop(random_.below(readings_.size()));
      if (random_.below(50) == 0) garbage_.free_slice(random_.below(200));
      if (random_.below(1000) == 0) expect_sound();
    }
    while (!readings_.empty() && !::testing::Test::HasFatalFailure()) go_on(0);
    expect_sound();
  }

  [[nodiscard]] std::size_t finished() const { return finished_; }

  [[nodiscard]] std::size_t failures() const { return failures_; }

 private:
  static constexpr std::size_t cuts_max = 4;

  struct Reading {
    std::unique_ptr<Cut> cut;
    Model expected;
    Model found;
  };

  void change(std::size_t phase) {
    subject_.successes.reset();
    if (memory_fails_ && random_.below(20) == 0) subject_.successes = random_.below(5);
    subject_.change(random_, phase);
  }

  void begin() {
    auto cut = std::make_unique<Cut>(subject_.value(), garbage_);
    ASSERT_EQ(cut->size(), subject_.model().size());
    readings_.push_back({std::move(cut), subject_.model(), {}});
  }

  void go_on(std::size_t index) {
    Reading& reading = readings_[index];
    const std::size_t elements = random_.below(4) == 0 ? random_.below(400) : random_.below(8);
    std::size_t visited = 0;
    const bool more = Subject::read(
        *reading.cut, elements, [&](std::string name, const typename Subject::State& state) {
          ASSERT_TRUE(reading.found.emplace(name, state).second) << name << " came twice";
          ++visited;
        });
    ASSERT_LE(visited, elements * 2 + 200);
    if (more) return;
    if (reading.cut->failed()) {
      ASSERT_TRUE(memory_fails_);
      ++failures_;
    } else {
      ASSERT_TRUE(reading.cut->done());
      ASSERT_TRUE(reading.found == reading.expected) << difference(reading);
      ASSERT_EQ(reading.cut->held_bytes(), 0U);
      ++finished_;
    }
    drop(index);
  }

  static std::string difference(const Reading& reading) {
    std::string text;
    for (const auto& [name, state] : reading.expected)
      if (const auto at = reading.found.find(name); at == reading.found.end())
        text += " missing: " + name;
      else if (at->second != state)
        text += " another: " + name;
    for (const auto& [name, state] : reading.found)
      if (!reading.expected.contains(name)) text += " too much: " + name;
    return text;
  }

  void drop(std::size_t index) {
    readings_.erase(readings_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  /// The value leaves the keyspace, and its cuts go on.
  void dispose() {
    const std::size_t pending = garbage_.pending_objects();
    garbage_.take(subject_.release());
    if (!readings_.empty() && !memory_fails_) {
      ASSERT_EQ(garbage_.pending_objects(), pending);
    }
    subject_.renew();
    while (!readings_.empty() && random_.below(200) != 0 && !::testing::Test::HasFatalFailure())
      go_on(random_.below(readings_.size()));
    readings_.clear();
  }

  void expect_sound() {
    const Status status = subject_.value().check_invariants();
    ASSERT_TRUE(status.ok()) << status.error();
    ASSERT_EQ(subject_.value().size(), subject_.model().size());
  }

  Random& random_;
  bool memory_fails_;
  Garbage garbage_;
  Subject subject_;
  std::vector<Reading> readings_;
  std::size_t finished_ = 0;
  std::size_t failures_ = 0;
};

}  // namespace respawn::keyspace

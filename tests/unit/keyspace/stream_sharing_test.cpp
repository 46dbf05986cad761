// Streams that hold the same blocks, groups and producers: each stays what it was while others
// change.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "keyspace/types/stream.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/support/test_steps.hpp"
#include "tests/unit/keyspace/failing_memory.hpp"

namespace respawn::keyspace {
namespace {

// ---- what a stream is --------------------------------------------------------------------------

void tell(std::string& to, const StreamId& id) {
  to += ' ' + std::to_string(id.ms) + '-' + std::to_string(id.seq);
}

void tell(std::string& to, const StreamGroup& group) {
  to += "\ngroup " + std::string(group.name()) + ' ' + std::to_string(group.entries_read);
  tell(to, group.last_id);
  group.for_each_pending(first_stream_id, [&](const PendingEntry& entry) {
    tell(to, entry.id);
    const StreamConsumer* const owner = group.consumer(entry.consumer);
    to += '@' + std::to_string(entry.delivered_ms) + '*' + std::to_string(entry.deliveries);
    if (owner != nullptr) to += owner->name();
    return true;
  });
  to += "\n by time";
  group.for_each_delivery([&](const Delivery& delivery) {
    tell(to, delivery.id);
    return true;
  });
  group.for_each_consumer([&](const StreamConsumer& each) {
    to += "\n " + std::string(each.name()) + ' ' + std::to_string(each.seen_ms) + ' ' +
          std::to_string(each.active_ms);
    each.for_each_pending(first_stream_id, [&](const StreamId& id) {
      tell(to, id);
      return true;
    });
  });
}

void tell(std::string& to, const StreamProducers& producers) {
  to += "\nproducers " + std::to_string(producers.limits().max_size) + ' ' +
        std::to_string(producers.added) + ' ' + std::to_string(producers.duplicates);
  producers.for_each([&](const StreamProducers::Producer& producer) {
    to += "\n " + producer.pid();
    producer.for_each([&](std::string_view iid, const StreamId& id) {
      to.append(" ").append(iid);
      tell(to, id);
    });
  });
}

/// All that can be read of it.
std::string told(const Stream& stream) {
  std::string text = std::to_string(stream.length()) + ' ' + std::to_string(stream.entries_added);
  for (const StreamId& id :
       {stream.last_id, stream.max_deleted_id, stream.first_entry(), stream.last_entry()})
    tell(text, id);
  for (auto walk = stream.walk(first_stream_id, last_stream_id); walk.valid(); walk.next()) {
    tell(text, walk.id());
    walk.entry().for_each_field([&](std::string_view name, std::string_view value) {
      text.append(" ").append(name).append("=").append(value);
    });
  }
  stream.for_each_group([&](const StreamGroup& group) { tell(text, group); });
  if (stream.producers() != nullptr) tell(text, *stream.producers());
  return text;
}

/// Texts of thousands of entries are not worth printing.
void expect_same(const std::string& text, const std::string& expected) {
  if (text == expected) return;
  std::size_t at = 0;
  while (text[at] == expected[at]) ++at;
  const std::size_t from = at < 100 ? 0 : at - 100;
  FAIL() << "here  ..." << text.substr(from, 200) << "\nwanted..." << expected.substr(from, 200);
}

void expect_sound(const Stream& stream) {
  const Status status = stream.check_invariants();
  ASSERT_TRUE(status) << status.error();
}

// ---- changes -----------------------------------------------------------------------------------

/// A change that does the same to equal streams, and what it answers.
using StreamEdit = std::function<std::size_t(Stream&)>;

class EditDraws {
 public:
  EditDraws(std::uint64_t seed, std::size_t node_entries, bool minds_blocks = true)
      : random_(seed), minds_blocks_(minds_blocks) {
    limits_.node_max_entries = node_entries;
  }

  std::size_t below(std::size_t bound) { return random_.below(bound); }

  /// Of a stream as `like` is.
  StreamEdit draw(const Stream& like) {
    const std::size_t kind = below(100);
    if (kind < 25) return append(like);
    if (kind < 40) return erase(like);
    if (kind < 44) return trim(like);
    if (kind < 47) return drop_references(like);
    if (kind < 88) return in_group(like);
    if (kind < 90) return group();
    if (kind < 97) return produce(like);
    return facts();
  }

  StreamEdit append(const Stream& like) {
    StreamId id = like.last_id;
    below(3) == 0 ? ++id.seq : id.ms += 1 + below(3);
    std::vector<std::string> texts;
    for (std::size_t left = 1 + below(2) * below(4); left > 0; --left) {
      texts.push_back("f" + std::to_string(left));
      texts.push_back(below(20) == 0 ? std::string(below(600), 'v') : std::to_string(below(5000)));
    }
    return [=, limits = limits_](Stream& stream) {
      stream.append(id, std::vector<std::string_view>(texts.begin(), texts.end()), limits);
      return stream.length();
    };
  }

 private:
  /// Mostly of an entry that is there.
  StreamId near_id(const Stream& like) {
    const StreamId first = like.first_entry();
    const StreamId probe{first.ms + below(like.last_id.ms - first.ms + 2), below(2)};
    if (below(8) == 0) return probe;
    const auto walk = like.walk(probe, last_stream_id);
    return walk.valid() ? walk.id() : like.last_entry();
  }

  StreamEdit erase(const Stream& like) {
    const StreamId id = near_id(like);
    return [=, limits = limits_](Stream& stream) {
      const bool gone = stream.erase(id, limits);
      if (gone) stream.max_deleted_id = std::max(stream.max_deleted_id, id);
      return std::size_t{gone};
    };
  }

  StreamEdit trim(const Stream& like) {
    StreamTrim trim;
    trim.whole_blocks = minds_blocks_ && below(2) == 0;
    const std::size_t most = below(10) == 0 ? like.length() / 2 : like.length() / 50;
    const std::size_t gone = std::min(like.length(), below(most + 4));
    trim.max_length = like.length() - gone;
    if (below(2) == 0 && gone < like.length()) {
      auto walk = like.walk(first_stream_id, last_stream_id);
      for (std::size_t left = gone; left > 0; --left) walk.next();
      trim.min_id = walk.id();
    }
    if (minds_blocks_ && below(4) == 0) trim.limit = 1 + below(100);
    return [=, this](Stream& stream) {
      const std::size_t counted = stream.count_trimmed(trim);
      EXPECT_EQ(stream.trim(trim, garbage_), counted);
      return counted;
    };
  }

  StreamEdit drop_references(const Stream& like) {
    const StreamId id = near_id(like);
    return [=](Stream& stream) {
      std::size_t groups = 0;
      stream.drop_references(id, [&](const StreamGroup&) { ++groups; });
      return groups;
    };
  }

  StreamEdit group() {
    const std::string name(1, static_cast<char>('a' + below(3)));
    const bool destroyed = below(8) == 0;
    return [=, this](Stream& stream) {
      const bool there = std::as_const(stream).find_group(name) != nullptr;
      if (!there) stream.add_group(name).last_id = stream.first_entry();
      if (!there || !destroyed) return std::size_t{0};
      if (auto group = stream.take_group(name)) garbage_.take(std::move(group), 0);
      return std::size_t{1};
    };
  }

  StreamEdit in_group(const Stream& like) {
    const std::string name(1, static_cast<char>('a' + below(3)));
    if (like.find_group(name) == nullptr) return group();
    const auto edit = pending_edit(like, name);
    return [=](Stream& stream) { return edit(stream, *stream.find_group(name)); };
  }

  std::function<std::size_t(Stream&, StreamGroup&)> pending_edit(const Stream& like,
                                                                 const std::string& name) {
    const StreamId id = near_id(like);
    const std::string who = "consumer " + std::to_string(below(6));
    const auto now_ms = static_cast<std::int64_t>(1000 + below(3000));
    if (like.find_group(name)->find_consumer(who) == nullptr)
      return [=](Stream&, StreamGroup& group) {
        return group.add_consumer(who, now_ms).pending_count();
      };
    switch (below(50)) {
      case 0:
        return [=](Stream&, StreamGroup& group) {
          StreamConsumer& consumer = *group.find_consumer(who);
          const std::size_t count = consumer.pending_count();
          group.remove_consumer(consumer);
          return count;
        };
      case 1:
        return [=](Stream&, StreamGroup& group) {
          group.find_consumer(who)->seen_ms = now_ms;
          return group.consumer_count();
        };
      case 2:
      case 3:
        return [=](Stream&, StreamGroup& group) {
          group.release(id, 3);
          return group.pending_count();
        };
      default:
        break;
    }
    if (below(5) < 2)
      return [=](Stream&, StreamGroup& group) { return std::size_t{group.remove(id)}; };
    return [=](Stream& stream, StreamGroup& group) {
      const auto pending = group.find(id);
      StreamConsumer& consumer = *group.find_consumer(who);
      group.put({id, now_ms, pending ? pending->deliveries + 1 : 1, consumer.index()});
      consumer.active_ms = now_ms;
      if (id > group.last_id) stream.advance(group, id);
      return group.pending_count();
    };
  }

  StreamEdit produce(const Stream& like) {
    const std::string pid = "p" + std::to_string(below(5));
    const std::string iid = "i" + std::to_string(below(20));
    const StreamId id = like.last_id;
    const std::size_t kind = below(30);
    const auto max_size = static_cast<std::int64_t>(1 + below(12));
    return [=, this](Stream& stream) {
      if (kind == 0 || std::as_const(stream).producers() == nullptr) {
        auto fresh = std::make_unique<StreamProducers>(ProducerLimits{100, max_size});
        if (auto old = stream.set_producers(std::move(fresh))) garbage_.take(std::move(old), 0);
        return std::size_t{0};
      }
      StreamProducers& producers = *stream.producers();
      if (kind < 8) return std::size_t{producers.forget({pid, iid})};
      producers.record({pid, iid}, id);
      ++producers.added;
      return producers.size();
    };
  }

  StreamEdit facts() {
    const std::size_t more = below(3);
    return [=](Stream& stream) {
      stream.last_id.ms += more;
      stream.entries_added += more;
      return stream.length();
    };
  }

  Random random_;
  bool minds_blocks_;  // what goes may depend on where blocks end
  StreamLimits limits_;
  Garbage garbage_;
};

// ---- the model ---------------------------------------------------------------------------------

struct HeldStream {
  std::unique_ptr<Stream> stream;
  std::string text;  // what it is, but for the one that is changed
};

/// Streams that came of each other. One of them is changed, and a deep copy with it.
class SharingWorld {
 public:
  explicit SharingWorld(EditDraws& draws) : draws_(draws) {
    held_.push_back({std::make_unique<Stream>(), {}});
    mirror_ = held_[0].stream->clone();
  }

  [[nodiscard]] Stream& changed() { return *held_[changed_].stream; }

  void edit(const StreamEdit& edit) { ASSERT_EQ(edit(changed()), edit(*mirror_)); }

  /// Each refusal of memory leaves all as it was.
  void edit_without_memory(const StreamEdit& edit) {
    const std::string before = told(changed());
    std::size_t answer = 0;
    fail_at_every_allocation([&] { answer = edit(changed()); },
                             [&] {
                               ASSERT_NO_FATAL_FAILURE(expect_same(told(changed()), before));
                               ASSERT_NO_FATAL_FAILURE(expect_sound(changed()));
                             });
    ASSERT_EQ(answer, edit(*mirror_));
  }

  /// One more, or one less, or another one is changed from now on.
  void turn() {
    const std::size_t kind = draws_.below(3);
    const std::size_t at = draws_.below(held_.size());
    if (kind == 0 && held_.size() < 5) {
      std::unique_ptr<Stream> same;
      fail_at_every_allocation([&] { same = held_[at].stream->share(); }, [] {});
      held_.push_back({std::move(same), at == changed_ ? told(changed()) : held_[at].text});
    } else if (kind == 1 && held_.size() > 1) {
      if (at == changed_) change_other((at + 1) % held_.size());
      ASSERT_NO_FATAL_FAILURE(check(held_[at]));
      if (draws_.below(2) == 0) garbage_.take(std::move(held_[at].stream));
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(at));
      if (changed_ > at) --changed_;
    } else if (at != changed_) {
      change_other(at);
    }
  }

  void check() {
    ASSERT_NO_FATAL_FAILURE(expect_same(told(changed()), told(*mirror_)));
    ASSERT_NO_FATAL_FAILURE(expect_sound(changed()));
    for (std::size_t i = 0; i < held_.size(); ++i) {
      if (i == changed_) continue;
      ASSERT_NO_FATAL_FAILURE(check(held_[i]));
    }
  }

  void free_some() { garbage_.free_slice(20); }

 private:
  static void check(const HeldStream& held) {
    ASSERT_NO_FATAL_FAILURE(expect_sound(*held.stream));
    ASSERT_NO_FATAL_FAILURE(expect_same(told(*held.stream), held.text));
    ASSERT_LE(held.stream->unshared_bytes(), held.stream->memory_bytes());
  }

  void change_other(std::size_t at) {
    held_[changed_].text = told(changed());
    changed_ = at;
    mirror_ = changed().clone();
  }

  EditDraws& draws_;
  std::vector<HeldStream> held_;
  std::size_t changed_ = 0;
  std::unique_ptr<Stream> mirror_;
  Garbage garbage_;
};

struct SharingCase {
  std::size_t node_entries;
  std::size_t entries;  // at first, all pending in a group
  std::size_t turn_every;
  std::size_t steps;
};

void run_sharing(const SharingCase& size, std::uint64_t seed) {
  EditDraws draws(seed, size.node_entries);
  SharingWorld world(draws);
  world.edit([&](Stream& stream) { return stream.add_group("a").size(); });
  for (std::size_t i = 0; i < size.entries; ++i) {
    world.edit(draws.append(world.changed()));
    world.edit([&](Stream& stream) {
      StreamGroup& group = *stream.find_group("a");
      if (i == 0) group.add_consumer("consumer 0", 1);
      group.put({stream.last_id, 1, 1, 0});
      return group.size();
    });
  }
  for (std::size_t step = 0; step < support::cut_steps(size.steps); ++step) {
    ASSERT_NO_FATAL_FAILURE(world.edit(draws.draw(world.changed())));
    if (step % size.turn_every == 0) {
      ASSERT_NO_FATAL_FAILURE(world.turn());
    }
    if (step % (size.turn_every * 4) == 0) {
      ASSERT_NO_FATAL_FAILURE(world.check());
    }
    if (step % 7 == 0) world.free_some();
  }
  ASSERT_NO_FATAL_FAILURE(world.check());
}

TEST(StreamSharing, EachStaysWhatItWasWhileOthersChange) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  ASSERT_NO_FATAL_FAILURE(expect_sound(Stream()));  // what gtest allocates once
  for (const SharingCase& size :
       {SharingCase{1, 0, 10, 2000}, SharingCase{3, 0, 20, 3000}, SharingCase{100, 0, 15, 2000},
        SharingCase{2, 1500, 20, 2000}, SharingCase{3, 30'000, 100, 400}}) {
    SCOPED_TRACE(size.node_entries);
    const std::size_t blocks = live_memory().blocks;
    ASSERT_NO_FATAL_FAILURE(run_sharing(size, seed));
    EXPECT_EQ(live_memory().blocks, blocks);
  }
}

TEST(StreamSharing, WithoutMemoryNothingHasHappened) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE(seed);
  ASSERT_NO_FATAL_FAILURE(expect_sound(Stream()));
  const std::size_t blocks = live_memory().blocks;
  {
    EditDraws draws(seed, 3, false);  // without memory blocks stay apart that else are joined
    SharingWorld world(draws);
    for (std::size_t step = 0; step < support::cut_steps(600); ++step) {
      ASSERT_NO_FATAL_FAILURE(world.edit_without_memory(draws.draw(world.changed())));
      ASSERT_NO_FATAL_FAILURE(step % 3 == 0 ? world.turn() : void());
      ASSERT_NO_FATAL_FAILURE(step % 20 == 0 ? world.check() : void());
      world.free_some();
    }
  }
  EXPECT_EQ(live_memory().blocks, blocks);
}

// ---- what it costs -----------------------------------------------------------------------------

TEST(StreamSharing, ATouchCopiesLittle) {
  Stream stream;
  const std::vector<std::string_view> fields = {"field", "value"};
  StreamGroup& filled = stream.add_group("g");
  filled.add_consumer("c", 1);
  for (std::uint64_t i = 1; i <= 60'000; ++i) {
    stream.append({i, 0}, fields, {});
    filled.put({{i, 0}, static_cast<std::int64_t>(i), 1, 0});
  }
  EXPECT_EQ(stream.unshared_bytes(), stream.memory_bytes());
  const std::string before = told(stream);
  const std::array<StreamEdit, 6> touches = {
      [&](Stream& s) { return s.find_group("g")->size(); },
      [&](Stream& s) {
        return s.append({60'001, 0}, fields, {}), s.length();
      },
      [&](Stream& s) {
        return std::size_t{s.erase({30'000, 0}, {})};
      },
      [&](Stream& s) {
        return std::size_t{s.find_group("g")->remove({20'000, 0})};
      },
      [&](Stream& s) {
        return s.find_group("g")->put({{10'000, 0}, 300'000, 2, 0}), s.length();
      },
      [&](Stream& s) {
        Garbage garbage;
        return s.trim({.min_id = StreamId{5, 0}}, garbage);
      }};
  const std::size_t at_first = live_memory().bytes;
  {
    const auto cut = stream.share();
    EXPECT_LT(live_memory().bytes - at_first, 2000U);
    EXPECT_LT(cut->unshared_bytes(), 2000U);
    for (const StreamEdit& touch : touches) {
      const std::size_t live = live_memory().bytes;
      EXPECT_GT(touch(stream), 0U);
      EXPECT_LT(live_memory().bytes, live + (std::size_t{20} << 10));
    }
    EXPECT_LT(cut->unshared_bytes(), std::size_t{60} << 10);
    EXPECT_EQ(told(*cut), before);
  }
  EXPECT_EQ(stream.unshared_bytes(), stream.memory_bytes());
  EXPECT_TRUE(stream.check_invariants());
}

TEST(StreamSharing, WhatOthersHoldIsFreedWithoutALookAtIt) {
  auto stream = std::make_unique<Stream>();
  const std::vector<std::string_view> fields = {"f", "v"};
  for (std::uint64_t i = 1; i <= 100'000; ++i) stream->append({i, 0}, fields, {});
  const auto cut = stream->share();
  Garbage garbage;
  garbage.take(std::move(stream));
  EXPECT_EQ(garbage.pending(), 100'000U);
  std::size_t slices = 0;
  while (garbage.free_slice(100) > 0) ++slices;
  EXPECT_LE(slices, 8U);
  EXPECT_EQ(cut->length(), 100'000U);
  EXPECT_EQ(cut->unshared_bytes(), cut->memory_bytes());
  EXPECT_TRUE(cut->check_invariants());
}

}  // namespace
}  // namespace respawn::keyspace

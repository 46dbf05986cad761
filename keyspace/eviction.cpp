#include "keyspace/eviction.hpp"

#include <algorithm>

namespace respawn::keyspace {

namespace {

std::size_t eligible_count(const Database& db, const EvictionRule& rule) {
  return rule.expiring_only ? db.expiring_count() : db.size();
}

std::optional<Eviction::Victim> first_to_expire(const Databases& data) {
  std::optional<Eviction::Victim> first;
  for (std::size_t i = 0; i < data.count(); ++i) {
    const Entry* entry = data.at(i).first_to_expire();
    if (entry == nullptr) continue;
    if (!first || entry->expire_at_ms() < first->entry->expire_at_ms()) first = {i, entry};
  }
  return first;
}

}  // namespace

std::optional<Eviction::Victim> Eviction::choose(const Databases& data, const EvictionRule& rule,
                                                 Random& random) {
  switch (rule.order) {
    case EvictionRule::Order::rank:
      return choose_ranked(data, rule, random);
    case EvictionRule::Order::time_to_live:
      return first_to_expire(data);
    case EvictionRule::Order::random:
      return choose_random(data, rule, random);
  }
  return std::nullopt;
}

std::optional<Eviction::Victim> Eviction::choose_ranked(const Databases& data,
                                                        const EvictionRule& rule, Random& random) {
  for (;;) {
    bool sampled = false;
    for (std::size_t i = 0; i < data.count(); ++i) {
      const Database& db = data.at(i);
      if (eligible_count(db, rule) == 0) continue;
      sample(db, i, rule, random);
      sampled = true;
    }
    if (!sampled) return std::nullopt;
    // Nothing changes meanwhile: what this round found is still there when older candidates are
    // used up, so the loop ends.
    if (auto victim = take_best(data, rule)) return victim;
  }
}

std::optional<Eviction::Victim> Eviction::choose_random(const Databases& data,
                                                        const EvictionRule& rule, Random& random) {
  for (std::size_t i = 0; i < data.count(); ++i) {
    last_database_ = (last_database_ + 1) % data.count();
    const Database& db = data.at(last_database_);
    const Entry* entry = rule.expiring_only ? db.random_expiring(random) : db.random(random);
    if (entry != nullptr) return Victim{last_database_, entry};
  }
  return std::nullopt;
}

/// Whole buckets are as good as keys drawn one by one, and nearer. Where most of their keys would
/// not count, expiring ones are drawn from their index instead: one by one, because neighbours
/// there were often written together.
void Eviction::sample(const Database& db, std::size_t index, const EvictionRule& rule,
                      Random& random) {
  std::size_t seen = 0;
  const auto visit = [&](const Entry& entry) {
    if (rule.expiring_only && !entry.has_expiry()) return;
    ++seen;
    consider(entry, index, rule);
  };
  if (rule.samples >= db.size()) return db.for_each(visit);
  if (!rule.expiring_only || db.expiring_count() >= db.size() / 2)
    for (std::size_t i = 0; i < rule.samples && seen < rule.samples; ++i) db.sample(random, visit);
  if (rule.expiring_only)
    while (seen < rule.samples) visit(*db.random_expiring(random));
  else if (seen == 0)
    visit(*db.random(random));
}

void Eviction::consider(const Entry& entry, std::size_t index, const EvictionRule& rule) {
  const std::uint32_t rank = rule.rank(entry.access_clock());
  Candidate* const first = candidates_.data();
  Candidate* const last = first + count_;
  const bool full = count_ == candidates_max;
  if (full && rank <= rule.rank(first->access_clock)) return;
  const std::string_view key = entry.key();
  if (std::any_of(first, last, [&](const Candidate& known) {
        return known.database == index && known.key == key;
      }))
    return;
  Candidate* place =
      std::lower_bound(first, last, rank, [&](const Candidate& known, std::uint32_t than) {
        return rule.rank(known.access_clock) < than;
      });
  if (full) {
    std::rotate(first, first + 1, place);  // the one that would be missed most makes room
    --place;
  } else {
    std::rotate(place, last, last + 1);
    ++count_;
  }
  place->access_clock = entry.access_clock();
  place->database = index;
  place->key.assign(key);
}

std::optional<Eviction::Victim> Eviction::take_best(const Databases& data,
                                                    const EvictionRule& rule) {
  while (count_ > 0) {
    const Candidate& best = candidates_[--count_];
    if (best.database >= data.count()) continue;
    const Entry* entry = data.at(best.database).find(std::string_view(best.key));
    if (entry == nullptr || (rule.expiring_only && !entry->has_expiry())) continue;
    if (entry->access_clock() != best.access_clock) continue;
    return Victim{best.database, entry};
  }
  return std::nullopt;
}

}  // namespace respawn::keyspace

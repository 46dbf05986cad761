// What is known of the process, and what its network side has counted.
#pragma once

#include "actors/server_context.hpp"
#include "engine/run/services.hpp"

namespace respawn::server {

/// Owner: the server, which fills in the facts before anybody asks.
class Process final : public engine::ProcessService {
 public:
  explicit Process(actors::NetworkCounters& counters) : counters_(counters) {}

  [[nodiscard]] const engine::ProcessFacts& facts() const override { return facts_; }

  [[nodiscard]] engine::ProcessFacts& facts() { return facts_; }

  [[nodiscard]] engine::NetworkFacts network() const override {
    return {.connections_received = counters_.received.load(std::memory_order_relaxed),
            .connections_rejected = counters_.rejected.load(std::memory_order_relaxed),
            .reads = counters_.reads.load(std::memory_order_relaxed),
            .writes = counters_.writes.load(std::memory_order_relaxed),
            .turns = counters_.turns.load(std::memory_order_relaxed),
            .turns_busy_us = counters_.turns_busy_ns.load(std::memory_order_relaxed) / 1000,
            .turn_longest_us = counters_.turn_longest_ns.load(std::memory_order_relaxed) / 1000};
  }

  [[nodiscard]] const SharedHistogram* reply_times() const override { return &counters_.reply_ns; }

  void reset_reply_times() override { counters_.reply_ns.clear(); }

  void reset_network() override {
    counters_.received.store(0, std::memory_order_relaxed);
    counters_.rejected.store(0, std::memory_order_relaxed);
    counters_.reads.store(0, std::memory_order_relaxed);
    counters_.writes.store(0, std::memory_order_relaxed);
    counters_.received_bytes.store(0, std::memory_order_relaxed);
    counters_.sent_bytes.store(0, std::memory_order_relaxed);
    counters_.turns.store(0, std::memory_order_relaxed);
    counters_.turns_busy_ns.store(0, std::memory_order_relaxed);
    counters_.turn_longest_ns.store(0, std::memory_order_relaxed);
  }

 private:
  actors::NetworkCounters& counters_;
  engine::ProcessFacts facts_;
};

}  // namespace respawn::server

// The slowest single command, measured in this process: how long the keyspace is busy with one
// thing.
//
//   bench_slowest_command [keys, default 20000000] [elements, default 5000000]
//
// Prints tables in Markdown. Where other processes or the host take the processor away, the clock
// shows it and the thread's processor time does not.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/in_process.hpp"
#include "server/memory.hpp"

namespace respawn::bench {
namespace {

/// As the keyspace actor has them.
constexpr std::size_t free_slice_elements = 2'000;
constexpr std::size_t expire_slice_keys = 1'000;

/// Of many spans: how many, the sum, the slowest few. Units: nanoseconds.
class Record {
 public:
  void add(const Span& span) {
    ++count_;
    total_ns_ += span.wall_ns;
    over_100us_ += span.wall_ns > 100'000 ? 1 : 0;
    over_1ms_ += span.wall_ns > 1'000'000 ? 1 : 0;
    cpu_over_1ms_ += span.cpu_ns > 1'000'000 ? 1 : 0;
    if (span.cpu_ns > slowest_.cpu_ns) slowest_at_ = count_;
    slowest_.wall_ns = std::max(slowest_.wall_ns, span.wall_ns);
    slowest_.cpu_ns = std::max(slowest_.cpu_ns, span.cpu_ns);
  }

  void print(const std::string& what) const {
    const auto ms = [](std::int64_t ns) { return static_cast<double>(ns) / 1e6; };
    const double mean_us =
        ms(total_ns_) * 1e3 / static_cast<double>(std::max<std::size_t>(count_, 1));
    std::printf("| %s | %zu | %.2f | %zu | %zu | %.3f | %zu | %.3f | %zu |\n", what.c_str(), count_,
                mean_us, over_100us_, over_1ms_, ms(slowest_.wall_ns), cpu_over_1ms_,
                ms(slowest_.cpu_ns), slowest_at_);
    std::fflush(stdout);
  }

 private:
  std::size_t count_ = 0;
  std::int64_t total_ns_ = 0;
  std::size_t over_100us_ = 0;
  std::size_t over_1ms_ = 0;
  std::size_t cpu_over_1ms_ = 0;
  std::size_t slowest_at_ = 0;  // by processor time
  Span slowest_;
};

std::string numbered(const char* prefix, std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%s%010zu", prefix, number);
  return text;
}

/// What the machine itself does to a thread that only reads the clock, for as long as the fill
/// takes.
void measure_nothing(std::size_t spans) {
  Record record;
  for (std::size_t i = 0; i < spans; ++i) record.add(Stopwatch().span());
  record.print("nothing");
}

void fill(Keyspace& keyspace, std::size_t keys) {
  Record record;
  const std::string value = "v012345678901234";
  for (std::size_t i = 0; i < keys; ++i) record.add(keyspace.run("SET", numbered("k", i), value));
  record.print("SET of a new key, one by one");
}

void free_all(Keyspace& keyspace, const std::string& what) {
  Record slices;
  for (Span span; keyspace.free_slice(free_slice_elements, span);) slices.add(span);
  slices.print("... slices that free " + what);
}

void erase_all(Keyspace& keyspace, std::size_t keys) {
  Record record;
  for (std::size_t i = 0; i < keys; ++i) record.add(keyspace.run("DEL", numbered("k", i)));
  record.print("DEL of each key");
}

/// What goes with an element in a command.
enum class Pair : std::uint8_t { none, score_first, value_last };

/// SADD, RPUSH...: `elements` of them to one key, a thousand at a time.
void build(Keyspace& keyspace, const char* command, const std::string& key, std::size_t elements,
           Pair pair) {
  constexpr std::size_t at_a_time = 1000;
  for (std::size_t i = 0; i < elements; i += at_a_time) {
    std::vector<std::string> words = {command, key};
    for (std::size_t j = i; j < i + at_a_time; ++j) {
      if (pair == Pair::score_first) words.push_back(std::to_string(j * 2654435761U % 1000003));
      words.push_back(numbered("member", j));
      if (pair == Pair::value_last) words.push_back("value");
    }
    keyspace.run(words);
  }
}

void remove_huge(Keyspace& keyspace, std::size_t elements) {
  struct Kind {
    const char* command;
    const char* name;
    Pair pair;
  };

  for (const Kind& kind :
       {Kind{"SADD", "set", Pair::none}, Kind{"HSET", "hash", Pair::value_last},
        Kind{"ZADD", "sorted set", Pair::score_first}, Kind{"RPUSH", "list", Pair::none}}) {
    for (const char* how : {"DEL", "UNLINK", "expiry", "FLUSHALL"}) {
      if (std::string(how) != "DEL" && std::string(kind.command) != "SADD") continue;
      build(keyspace, kind.command, "huge", elements, kind.pair);
      const std::string what = std::string("a ") + kind.name + " of " + std::to_string(elements);
      Record record;
      if (std::string(how) == "expiry") {
        keyspace.run("PEXPIRE", "huge", "20");
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        Span span;
        keyspace.expire_slice(expire_slice_keys, span);
        record.add(span);
      } else if (std::string(how) == "FLUSHALL") {
        record.add(keyspace.run("FLUSHALL"));
      } else {
        record.add(keyspace.run(how, "huge"));
      }
      record.print(std::string(how) + " of " + what);
      free_all(keyspace, "it");
    }
  }
}

void flush_keys(Keyspace& keyspace, std::size_t keys) {
  for (std::size_t i = 0; i < keys; ++i) keyspace.run("SET", numbered("k", i), "v", "EX", "1000");
  Record record;
  record.add(keyspace.run("FLUSHALL"));
  record.print("FLUSHALL of " + std::to_string(keys) + " keys");
  free_all(keyspace, "them");
}

void expire_keys(Keyspace& keyspace, std::size_t keys) {
  using std::chrono::system_clock;
  const auto at = system_clock::now() + std::chrono::seconds(10);
  const std::string at_ms = std::to_string(
      std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
  for (std::size_t i = 0; i < keys; ++i) keyspace.run("SET", numbered("k", i), "v", "PXAT", at_ms);
  std::this_thread::sleep_until(at + std::chrono::milliseconds(2));
  Record slices;
  Span span;
  for (bool more = true; more; slices.add(span))
    more = keyspace.expire_slice(expire_slice_keys, span);
  slices.print("slices of expiry of " + std::to_string(keys) + " keys");
}

void trim_list(Keyspace& keyspace, std::size_t elements) {
  build(keyspace, "RPUSH", "list", elements, Pair::none);
  Record record;
  record.add(keyspace.run("LTRIM", "list", "-10", "-1"));
  record.print("LTRIM of a list of " + std::to_string(elements));
  free_all(keyspace, "the rest");
  keyspace.run("DEL", "list");
}

void remove_long_string(Keyspace& keyspace) {
  for (const std::size_t megabytes : {1, 32, 512}) {
    keyspace.run("SETRANGE", "long", std::to_string((megabytes << 20) - 1), "x");
    Record record;
    record.add(keyspace.run("DEL", "long"));
    record.print("DEL of a string of " + std::to_string(megabytes) + " MiB");
    free_all(keyspace, "it");
  }
}

void run(std::size_t keys, std::size_t elements) {
  server::free_in_background();
  std::printf(
      "| what | times | mean us | over 0.1 ms | over 1 ms | slowest ms "
      "| processor time: over 1 ms | slowest ms | which one |\n");
  std::printf("|---|---|---|---|---|---|---|---|---|\n");
  measure_nothing(keys);
  {
    Keyspace keyspace;
    fill(keyspace, keys);
    erase_all(keyspace, keys);
  }
  Keyspace keyspace;
  remove_huge(keyspace, elements);
  flush_keys(keyspace, elements);
  expire_keys(keyspace, elements / 5);
  trim_list(keyspace, elements);
  remove_long_string(keyspace);
}

}  // namespace
}  // namespace respawn::bench

int main(int argc, char** argv) {
  const auto number = [&](int index, std::size_t otherwise) {
    return argc > index ? static_cast<std::size_t>(std::strtoull(argv[index], nullptr, 10))
                        : otherwise;
  };
  respawn::bench::run(number(1, 20'000'000), number(2, 5'000'000));
}

// Payloads with faults of every shape, under a checksum that is right: they are refused, or mean a
// sound value; nothing is read beyond them and nothing huge is allocated.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "tests/fuzz/dump_payload_property.hpp"
#include "tests/support/test_seed.hpp"
#include "tests/unit/persistence/old_forms.hpp"
#include "tests/unit/persistence/support.hpp"

namespace respawn::persistence {
namespace {

char interesting_byte(Random& random) {
  constexpr unsigned char bytes[] = {0,    1,    0x3f, 0x40, 0x7f, 0x80,
                                     0x81, 0xc0, 0xc3, 0xf0, 0xfe, 0xff};
  if (random.below(2) == 0) return static_cast<char>(random.below(256));
  return static_cast<char>(bytes[random.below(sizeof bytes)]);
}

void mutate(std::string& bytes, Random& random) {
  const std::size_t at = random.below(bytes.size() + 1);
  const std::size_t size = std::min<std::size_t>(random.below(9), bytes.size() - at);
  switch (random.below(6)) {
    case 0:
      bytes.erase(at, size);
      return;
    case 1:
      bytes.insert(at, 1 + random.below(4), interesting_byte(random));
      return;
    case 2:
      bytes.resize(at);
      return;
    case 3:
      bytes.insert(random.below(bytes.size() + 1), bytes.substr(at, size));
      return;
    default:
      if (at < bytes.size()) bytes[at] = interesting_byte(random);
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  const test::Samples samples;
  samples.for_each([&](const keyspace::Entry& entry) {
    for (const bool compress : {false, true}) {
      const std::string payload = dump_payload(entry, compress);
      // Large ones differ from middling ones by nothing but time.
      if (payload.size() < 20000) all.emplace_back(*payload_body(payload));
    }
  });
  const std::vector<std::string> pairs = {"a", "1", "b", "-300", std::string(70, 'c'), "2.5"};
  const auto packed = [&](char type, const std::string& bytes) {
    std::string body(1, type);
    StringSink sink(body);
    RdbWriter(sink, false).string(bytes);
    all.push_back(body);
  };
  packed('\x09', test::zipmap(pairs));
  for (const char type : {'\x0a', '\x0c', '\x0d'}) packed(type, test::ziplist(pairs));
  return all;
}

TEST(MutationTest, NoPayloadDoesHarm) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("RESPAWN_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  const std::vector<std::string> all = seeds();
  for (int i = 0; i < 20000; ++i) {
    std::string body = all[random.below(all.size())];
    for (std::uint64_t faults = 1 + random.below(4); faults > 0 && !body.empty(); --faults)
      mutate(body, random);
    ASSERT_NO_THROW(fuzz::check_dump_payload(body)) << "round " << i;
  }
}

TEST(MutationTest, NoByteOfASmallPayloadDoesHarm) {
  for (const std::string& body : seeds()) {
    if (body.size() > 300) continue;
    for (std::size_t at = 0; at < body.size(); ++at)
      for (int value = 0; value < 256; ++value) {
        std::string changed = body;
        changed[at] = static_cast<char>(value);
        ASSERT_NO_THROW(fuzz::check_dump_payload(changed)) << "byte " << at << " = " << value;
      }
  }
}

}  // namespace
}  // namespace respawn::persistence

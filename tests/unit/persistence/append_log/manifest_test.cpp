#include "persistence/append_log/manifest.hpp"

#include <gtest/gtest.h>

namespace respawn::persistence {
namespace {

constexpr std::string_view two_files =
    "file appendonly.aof.1.base.rdb seq 1 type b\n"
    "file appendonly.aof.4.incr.aof seq 4 type i\n";

std::string error_of(std::string_view text) {
  auto manifest = LogManifest::parse(text);
  return manifest ? "" : manifest.error();
}

TEST(LogManifest, WritesWhatItReads) {
  const std::string text = std::string(
      "file appendonly.aof.2.base.rdb seq 2 type b\n"
      "file appendonly.aof.1.base.aof seq 1 type h\n"
      "file appendonly.aof.1.incr.aof seq 1 type h\n"
      "file appendonly.aof.2.incr.aof seq 2 type i\n"
      "file appendonly.aof.3.incr.aof seq 3 type i\n");
  auto manifest = LogManifest::parse(text);
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->text(), text);
  EXPECT_EQ(manifest->base()->name, "appendonly.aof.2.base.rdb");
  EXPECT_EQ(manifest->history().size(), 2U);
  EXPECT_EQ(manifest->to_load().size(), 3U);
}

TEST(LogManifest, QuotesNamesThatAreNotPlain) {
  LogManifest manifest;
  manifest.add_incremental("my \"log\"\t\x01.aof");
  const std::string text = manifest.text();
  EXPECT_EQ(text, "file \"my \\\"log\\\"\\t\\x01.aof.1.incr.aof\" seq 1 type i\n");
  auto read = LogManifest::parse(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, manifest);
}

TEST(LogManifest, PassesOverCommentsAndPairsItDoesNotKnow) {
  auto manifest = LogManifest::parse(
      "# a comment\n"
      "type b SEQ 7 color red file x.base\n");
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->text(), "file x.base seq 7 type b\n");
}

TEST(LogManifest, SaysWhatIsWrongInRedissWords) {
  const std::string head = "\n*** FATAL AOF MANIFEST FILE ERROR ***\n\n";
  const auto in_line = [&](int number, const std::string& line, const std::string& why) {
    return head + "Reading the manifest file, at line " + std::to_string(number) + "\n\n>>> '" +
           line + "'\n\n" + why;
  };
  EXPECT_EQ(error_of(""), head + "Found an empty AOF manifest");
  EXPECT_EQ(error_of("file a seq 1 type i"), head + "The AOF manifest file contains too long line");
  EXPECT_EQ(error_of("file a seq 1 type i\n" + std::string(1024, 'x') + "\n"),
            head + "The AOF manifest file contains too long line");
  EXPECT_EQ(error_of("\n"), head + "Invalid AOF manifest file format");
  const std::string invalid = "Invalid AOF manifest file format";
  EXPECT_EQ(error_of("file a seq 1\n"), in_line(1, "file a seq 1", invalid));
  EXPECT_EQ(error_of("file a seq 1 type i color\n"),
            in_line(1, "file a seq 1 type i color", invalid));
  EXPECT_EQ(error_of("file a seq x type i\n"), in_line(1, "file a seq x type i", invalid));
  EXPECT_EQ(error_of("file \"a seq 1 type i\n"), in_line(1, "file \"a seq 1 type i", invalid));
  EXPECT_EQ(error_of("file a/b seq 1 type i\n"),
            in_line(1, "file a/b seq 1 type i", "File can't be a path, just a filename"));
  EXPECT_EQ(error_of("file a seq 1 type q\n"),
            in_line(1, "file a seq 1 type q", "Unknown AOF file type"));
  EXPECT_EQ(error_of("file a seq 1 type b\nfile b seq 2 type b\n"),
            in_line(2, "file b seq 2 type b", "Found duplicate base file information"));
  EXPECT_EQ(error_of("file a seq 2 type i\nfile b seq 2 type i\n"),
            in_line(2, "file b seq 2 type i", "Found a non-monotonic sequence number"));
}

TEST(LogManifest, ANewBaseMakesTheRestHistory) {
  auto manifest = LogManifest::parse(two_files);
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->add_incremental("appendonly.aof").name, "appendonly.aof.5.incr.aof");
  EXPECT_EQ(manifest->replace_base("appendonly.aof", BaseFormat::commands, 1).name,
            "appendonly.aof.2.base.aof");
  EXPECT_EQ(manifest->text(),
            "file appendonly.aof.2.base.aof seq 2 type b\n"
            "file appendonly.aof.1.base.rdb seq 1 type h\n"
            "file appendonly.aof.4.incr.aof seq 4 type h\n"
            "file appendonly.aof.5.incr.aof seq 5 type i\n");
  manifest->forget_history();
  EXPECT_EQ(manifest->replace_base("appendonly.aof", BaseFormat::rdb, 0).name,
            "appendonly.aof.3.base.rdb");
  EXPECT_TRUE(manifest->incremental().empty());
}

}  // namespace
}  // namespace respawn::persistence

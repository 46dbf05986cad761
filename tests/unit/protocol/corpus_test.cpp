// Replays the fuzz corpora, so that an input that once failed is tested in every build.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/reply_decoder_property.hpp"
#include "tests/fuzz/request_parser_property.hpp"

namespace respawn {
namespace {

std::vector<std::filesystem::path> corpus(const std::string& target) {
  const std::filesystem::path here = std::filesystem::path(__FILE__).parent_path();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(here / "../../fuzz/corpus" / target))
    files.push_back(entry.path());
  return files;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CorpusTest, RequestParser) {
  const std::vector<std::filesystem::path> files = corpus("request_parser");
  EXPECT_GE(files.size(), 15U);
  for (const auto& file : files)
    EXPECT_NO_THROW(fuzz::check_request_parser(content(file))) << file.filename();
}

TEST(CorpusTest, ReplyDecoder) {
  const std::vector<std::filesystem::path> files = corpus("reply_decoder");
  EXPECT_GE(files.size(), 10U);
  for (const auto& file : files)
    EXPECT_NO_THROW(fuzz::check_reply_decoder(content(file))) << file.filename();
}

}  // namespace
}  // namespace respawn

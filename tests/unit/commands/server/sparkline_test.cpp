#include "commands/server/sparkline.hpp"

#include <gtest/gtest.h>

namespace respawn::commands {
namespace {

TEST(Sparkline, NothingIsDrawnOfNothing) {
  EXPECT_EQ(sparkline({}), "");
}

TEST(Sparkline, EqualValuesLieAtTheBottom) {
  EXPECT_EQ(sparkline({{5, "a"}, {5, "bc"}}),
            "  \n"
            "  \n"
            "  \n"
            "__\n"
            "  \n"
            "ab\n"
            " c\n");
}

TEST(Sparkline, EachRowHasThreeSteps) {
  std::vector<LabelledValue> values;
  for (std::int64_t value = 0; value <= 12; ++value) values.push_back({value, ""});
  EXPECT_EQ(sparkline(values),
            "         _o##\n"
            "      _o#||||\n"
            "   _o#|||||||\n"
            "_o#||||||||||\n"
            "             \n");
}

TEST(Sparkline, IsFoldedAfter80Columns) {
  const std::vector<LabelledValue> values(81, LabelledValue{1, "x"});
  const std::string blank(80, ' ');
  const std::string bars(80, '_');
  const std::string labels(80, 'x');
  EXPECT_EQ(sparkline(values), blank + '\n' + blank + '\n' + blank + '\n' + bars + '\n' + blank +
                                   '\n' + labels + "\n\n" + " \n \n \n_\n \nx\n");
}

}  // namespace
}  // namespace respawn::commands

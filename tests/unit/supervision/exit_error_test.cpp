#include "supervision/exit_error.hpp"

#include <gtest/gtest.h>

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <stdexcept>
#include <string>

#include "base/check.hpp"

namespace respawn::supervision {
namespace {

template <class Exception>
std::exception_ptr thrown(Exception exception) {
  return std::make_exception_ptr(std::move(exception));
}

TEST(ExitError, TellsWhatAnExceptionSaid) {
  EXPECT_EQ(exception_text(thrown(std::runtime_error("no luck"))), "std::runtime_error: no luck");
  EXPECT_EQ(exception_text(thrown(CheckFailure("a == b"))), "respawn::CheckFailure: a == b");
  EXPECT_EQ(exception_text(thrown(42)), "exception of unknown type");
  EXPECT_THROW((void)exception_text(nullptr), CheckFailure);
}

TEST(ExitError, TextsAndKindsOfReasons) {
  struct Case {
    caf::error reason;
    std::string text;
    ExitKind kind;
  };

  const Case cases[] = {
      {{}, "normal", ExitKind::normal},
      {caf::exit_reason::normal, "normal", ExitKind::normal},
      {caf::exit_reason::user_shutdown, "shutdown", ExitKind::shutdown},
      {caf::exit_reason::kill, "killed", ExitKind::killed},
      {make_exit_error(thrown(std::logic_error("x"))), "std::logic_error: x", ExitKind::error},
      {make_exit_error(ExitCode::escalated, "too many"), "too many", ExitKind::error},
      {caf::make_error(caf::sec::runtime_error, std::string("oops")), "oops", ExitKind::error},
      {caf::exit_reason::unreachable, "exit_reason(unreachable)", ExitKind::error},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(exit_text(each.reason), each.text);
    EXPECT_EQ(exit_kind(each.reason), each.kind) << each.text;
  }
}

}  // namespace
}  // namespace respawn::supervision

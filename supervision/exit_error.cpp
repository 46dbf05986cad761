#include "supervision/exit_error.hpp"

#include <cxxabi.h>

#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <utility>

#include "base/check.hpp"

namespace respawn::supervision {

namespace {

constexpr caf::atom_value category = caf::atom("supervisor");

std::string type_text(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type.name();
}

}  // namespace

caf::error make_exit_error(ExitCode code, std::string text) {
  return {static_cast<std::uint8_t>(code), category, caf::make_message(std::move(text))};
}

caf::error make_exit_error(const std::exception_ptr& error) {
  return make_exit_error(ExitCode::exception, exception_text(error));
}

std::string exception_text(const std::exception_ptr& error) {
  RESPAWN_CHECK(error != nullptr);
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return type_text(typeid(known)) + ": " + known.what();
  } catch (...) {
    return "exception of unknown type";
  }
}

void install_handlers(caf::scheduled_actor* self) {
  self->set_exception_handler(
      [](std::exception_ptr& error) -> caf::error { return make_exit_error(error); });
  self->set_default_handler(caf::drop);
  self->set_down_handler([](caf::down_msg&) {});
  self->set_error_handler([](caf::error&) {});
}

std::string exit_text(const caf::error& reason) {
  if (!reason) return "normal";
  if (reason == caf::exit_reason::user_shutdown) return "shutdown";
  if (reason == caf::exit_reason::kill) return "killed";
  const bool speaks = reason.category() == category || reason == caf::sec::runtime_error;
  if (speaks && reason.context().match_elements<std::string>())
    return reason.context().get_as<std::string>(0);
  return caf::to_string(reason);
}

ExitKind exit_kind(const caf::error& reason) {
  if (!reason) return ExitKind::normal;
  if (reason == caf::exit_reason::user_shutdown) return ExitKind::shutdown;
  if (reason == caf::exit_reason::kill) return ExitKind::killed;
  return ExitKind::error;
}

}  // namespace respawn::supervision

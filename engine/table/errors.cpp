#include "engine/table/errors.hpp"

#include "base/text.hpp"

namespace respawn::engine::errors {

namespace {

constexpr std::size_t quoted_bytes_max = 128;

std::string_view clipped(std::string_view text) {
  return up_to_nul(text).substr(0, quoted_bytes_max);
}

}  // namespace

std::string_view up_to_nul(std::string_view text) {
  return text.substr(0, text.find('\0'));
}

std::string unknown_command(std::string_view name, const std::string_view* args,
                            std::size_t count) {
  std::string listed;
  for (std::size_t i = 0; i < count && listed.size() < quoted_bytes_max; ++i) {
    listed += '\'';
    listed += up_to_nul(args[i]).substr(0, quoted_bytes_max - listed.size() + 1);
    listed += "' ";
  }
  std::string text = "ERR unknown command '";
  text += clipped(name);
  text += "', with args beginning with: ";
  return text + listed;
}

std::string not_permitted(std::string_view command) {
  const std::string option = "enable-" + std::string(command) + "-command";
  return "ERR " + to_upper(command) + " command not allowed. If the " + option +
         " option is set to \"local\", you can run it from a local connection, otherwise you need "
         "to set this option in the configuration file, and then restart the server.";
}

std::string not_in_subscribe_mode(std::string_view full_name) {
  return "ERR Can't execute '" + std::string(full_name) +
         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
         "context";
}

std::string no_longer_allowed(std::string_view reason) {
  return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
         "EXEC call. This command is no longer allowed for the following reason: " +
         std::string(reason);
}

std::string cannot_log(std::string_view reason) {
  return "MISCONF Errors writing to the AOF file: " + std::string(reason);
}

std::string wrong_arity(std::string_view full_name) {
  std::string text = "ERR wrong number of arguments for '";
  text += full_name;
  return text + "' command";
}

std::string unknown_subcommand(std::string_view given, std::string_view container) {
  std::string text = "ERR unknown subcommand '";
  text += clipped(given);
  text += "'. Try ";
  text += to_upper(container);
  return text + " HELP.";
}

std::string subcommand_syntax(std::string_view given, std::string_view command) {
  std::string text = "ERR unknown subcommand or wrong number of arguments for '";
  text += clipped(given);
  text += "'. Try ";
  text += to_upper(command);
  return text + " HELP.";
}

/// Line breaks at the end of an error are not sent.
std::string unsupported_option(std::string_view given) {
  given = up_to_nul(given);
  return "ERR Unsupported option " +
         std::string(given.substr(0, given.find_last_not_of("\r\n") + 1));
}

std::string unknown_client_type(std::string_view given) {
  return "ERR Unknown client type '" + std::string(up_to_nul(given)) + "'";
}

std::string invalid_expire_time(std::string_view command) {
  std::string text = "ERR invalid expire time in '";
  text += command;
  return text + "' command";
}

}  // namespace respawn::engine::errors

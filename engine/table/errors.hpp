// The error texts of Redis, in one place. Without the leading '-'.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace respawn::engine::errors {

inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view wrong_type =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view not_an_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view not_a_float = "ERR value is not a valid float";
inline constexpr std::string_view out_of_range = "ERR value is out of range";
inline constexpr std::string_view must_be_positive = "ERR value is out of range, must be positive";
inline constexpr std::string_view overflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view nan_or_infinity = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view no_such_key = "ERR no such key";
inline constexpr std::string_view index_out_of_range = "ERR index out of range";
inline constexpr std::string_view db_index_out_of_range = "ERR DB index is out of range";
inline constexpr std::string_view string_too_long =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view timeout_not_a_float =
    "ERR timeout is not a float or out of range";
inline constexpr std::string_view timeout_negative = "ERR timeout is negative";
inline constexpr std::string_view timeout_out_of_range = "ERR timeout is out of range";
inline constexpr std::string_view unblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
inline constexpr std::string_view not_authenticated = "NOAUTH Authentication required.";
inline constexpr std::string_view wrong_password =
    "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr std::string_view invalid_client_name =
    "ERR Client names cannot contain spaces, newlines or special characters.";
inline constexpr std::string_view monitor_reads_only =
    "ERR Replica can't interact with the keyspace";
inline constexpr std::string_view too_few_replicas =
    "NOREPLICAS Not enough good replicas to write.";
inline constexpr std::string_view not_in_transaction =
    "ERR Command not allowed inside a transaction";
inline constexpr std::string_view out_of_memory =
    "OOM command not allowed when used memory > 'maxmemory'.";

inline constexpr std::string_view loading = "LOADING Redis is loading the dataset in memory";
inline constexpr std::string_view cannot_save =
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
    "disk. Commands that may modify the data set are disabled, because this instance is configured "
    "to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error "
    "option). "
    "Please check the Redis logs for details about the RDB error.";

/// Writes cannot be logged, for this reason.
std::string cannot_log(std::string_view reason);

/// What of a client's text goes into an error: as Redis does, nothing behind a NUL byte.
[[nodiscard]] std::string_view up_to_nul(std::string_view text);

/// "ERR unknown command 'x', with args beginning with: 'a' 'b' "; long names and arguments are cut
/// as Redis does.
std::string unknown_command(std::string_view name, const std::string_view* args, std::size_t count);

/// A guarded command ("debug") that the configuration does not admit.
std::string not_permitted(std::string_view command);

/// What a RESP2 client that has subscribed may not send.
std::string not_in_subscribe_mode(std::string_view full_name);

/// A command of a transaction that its user may not run any more, and why.
std::string no_longer_allowed(std::string_view reason);

std::string wrong_arity(std::string_view full_name);  // "config|get"
std::string unknown_subcommand(std::string_view given, std::string_view container);

/// "ERR unknown subcommand or wrong number of arguments for 'x'. Try DEBUG HELP."
std::string subcommand_syntax(std::string_view given, std::string_view command);
std::string unsupported_option(std::string_view given);
std::string unknown_client_type(std::string_view given);
std::string invalid_expire_time(std::string_view command);

}  // namespace respawn::engine::errors

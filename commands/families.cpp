#include "commands/families.hpp"

namespace respawn::commands {

namespace {

/// In the order of COMMAND.
constexpr const std::span<const CommandSpec>* families[] = {&string_commands,
                                                            &number_commands,
                                                            &substring_commands,
                                                            &bitmap_commands,
                                                            &bitfield_commands,
                                                            &hyperloglog_commands,
                                                            &generic_commands,
                                                            &rename_commands,
                                                            &sort_commands,
                                                            &expiry_commands,
                                                            &wait_commands,
                                                            &dump_commands,
                                                            &database_commands,
                                                            &list_commands,
                                                            &list_pop_commands,
                                                            &set_commands,
                                                            &set_sample_commands,
                                                            &set_algebra_commands,
                                                            &hash_commands,
                                                            &hash_sample_commands,
                                                            &hash_expiry_commands,
                                                            &sorted_set_commands,
                                                            &sorted_set_range_commands,
                                                            &sorted_set_algebra_commands,
                                                            &sorted_set_pop_commands,
                                                            &sorted_set_sample_commands,
                                                            &geo_commands,
                                                            &geo_search_commands,
                                                            &stream_entry_commands,
                                                            &stream_range_commands,
                                                            &stream_read_commands,
                                                            &stream_group_commands,
                                                            &stream_claim_commands,
                                                            &stream_info_commands,
                                                            &stream_deletion_commands,
                                                            &stream_release_commands,
                                                            &stream_producer_commands,
                                                            &connection_commands,
                                                            &server_commands,
                                                            &saving_commands,
                                                            &client_commands,
                                                            &acl_commands,
                                                            &command_commands,
                                                            &config_commands,
                                                            &append_log_commands,
                                                            &debug_commands,
                                                            &memory_commands,
                                                            &slow_log_commands,
                                                            &latency_commands,
                                                            &module_commands,
                                                            &lolwut_commands,
                                                            &pubsub_commands,
                                                            &transaction_commands,
                                                            &eval_commands,
                                                            &script_commands,
                                                            &function_commands,
                                                            &fcall_commands,
                                                            &cluster_commands,
                                                            &respawn_commands};

}  // namespace

std::vector<std::span<const CommandSpec>> every_family() {
  std::vector<std::span<const CommandSpec>> every;
  for (const std::span<const CommandSpec>* family : families) every.push_back(*family);
  return every;
}

}  // namespace respawn::commands

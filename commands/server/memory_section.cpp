// INFO memory: what is used, by what, and what the allocator makes of it.
#include <unistd.h>

#include "commands/info_sections.hpp"
#include "commands/server/memory_overview.hpp"
#include "commands/shared/scripts.hpp"
#include "config/change.hpp"

namespace respawn::commands {

namespace {

std::string option_text(const config::Config& config, std::string_view name) {
  return config::get(config, *config::find_option(name));
}

std::uint64_t system_memory() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void write_fragmentation(const MemoryFacts& memory, InfoWriter& out) {
  out.decimal("allocator_frag_ratio", ratio(memory.active, memory.allocated));
  out.field("allocator_frag_bytes", difference(memory.active, memory.allocated));
  out.decimal("allocator_rss_ratio", ratio(memory.allocator_resident, memory.active));
  out.field("allocator_rss_bytes", difference(memory.allocator_resident, memory.active));
  out.decimal("rss_overhead_ratio", ratio(memory.resident, memory.allocator_resident));
  out.field("rss_overhead_bytes", difference(memory.resident, memory.allocator_resident));
  out.decimal("mem_fragmentation_ratio", ratio(memory.resident, memory.used));
  out.field("mem_fragmentation_bytes", difference(memory.resident, memory.used));
}

/// In Redis's order, with its older and its newer names.
void write_scripts(const Store& store, InfoWriter& out) {
  const Scripts* scripts = Scripts::find(store);
  const std::size_t evaluator = scripts ? scripts->evaluator_bytes() : 0;
  const std::size_t functions = scripts ? scripts->functions_bytes() : 0;
  const std::size_t texts = scripts ? scripts->cache.memory_bytes() : 0;
  const std::size_t libraries = scripts ? scripts->libraries.memory_bytes() : 0;
  out.field("used_memory_lua", evaluator);
  out.field("used_memory_vm_eval", evaluator);
  out.human("used_memory_lua", evaluator);
  out.field("used_memory_scripts_eval", texts);
  out.field("number_of_cached_scripts", scripts ? scripts->cache.size() : 0);
  out.field("number_of_functions", scripts ? scripts->libraries.function_count() : 0);
  out.field("number_of_libraries", scripts ? scripts->libraries.all().size() : 0);
  out.field("used_memory_vm_functions", functions);
  out.field("used_memory_vm_total", evaluator + functions);
  out.human("used_memory_vm_total", evaluator + functions);
  out.field("used_memory_functions", libraries);
  out.bytes("used_memory_scripts", texts + libraries);
}

void write_memory(const InfoSource& source, InfoWriter& out) {
  Store& store = source.store();
  const MemoryOverview overview = memory_overview(source.environment);
  const MemoryFacts& memory = overview.facts;
  out.bytes("used_memory", memory.used);
  out.bytes("used_memory_rss", memory.resident);
  out.bytes("used_memory_peak", overview.peak);
  out.decimal("used_memory_peak_perc", ratio(memory.used, overview.peak) * 100, "%");
  out.field("used_memory_overhead", overview.overhead);
  out.field("used_memory_startup", overview.startup);
  out.field("used_memory_dataset", overview.dataset());
  out.decimal("used_memory_dataset_perc", ratio(overview.dataset(), overview.net()) * 100, "%");
  out.field("allocator_allocated", memory.allocated);
  out.field("allocator_active", memory.active);
  out.field("allocator_resident", memory.allocator_resident);
  out.bytes("total_system_memory", system_memory());
  write_scripts(store, out);
  out.bytes("maxmemory", source.config().maxmemory_bytes);
  out.field("maxmemory_policy", option_text(source.config(), "maxmemory-policy"));
  write_fragmentation(memory, out);
  out.field("mem_not_counted_for_evict",
            source.store().saving.held_bytes() + source.store().log.held_bytes());
  out.each({"mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves"}, "0");
  out.field("mem_clients_normal", overview.clients);
  out.field("mem_cluster_links", 0);
  out.field("mem_aof_buffer", source.store().log.buffered_bytes());
  out.field("mem_allocator", source.environment.services.process.facts().allocator);
  out.field("active_defrag_running", 0);
  out.field("lazyfree_pending_objects", store.databases.garbage().pending_objects());
  out.field("lazyfreed_objects", store.databases.garbage().freed_objects());
}

}  // namespace

constinit const InfoSection memory_section = {
    .name = "memory", .title = "Memory", .write = write_memory};

}  // namespace respawn::commands

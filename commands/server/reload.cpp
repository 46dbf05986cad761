#include "commands/server/reload.hpp"

#include <string>

#include "commands/shared/function_loading.hpp"
#include "engine/run/rdb_loading.hpp"
#include "engine/run/saving.hpp"

namespace respawn::commands {

namespace {

struct ReloadOptions {
  bool save = true;
  bool flush = true;
  bool merge = false;
};

Result<ReloadOptions> parse_reload(Args words) {
  ReloadOptions options;
  for (const std::string_view word : words) {
    if (iequals(word, "nosave"))
      options.save = false;
    else if (iequals(word, "noflush"))
      options.flush = false;
    else if (iequals(word, "merge"))
      options.merge = true;
    else
      return failure("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
  }
  return options;
}

/// Into `databases`, with the functions.
Result<RdbLoaded> load_file(Execution& x, keyspace::Databases& databases, bool replace) {
  Store& store = x.store();
  const std::string path = x.config().dir + "/" + x.config().dbfilename;
  std::unique_ptr<File> file;
  std::uint64_t bytes = 0;
  std::error_code failed = x.env().services.files.open(path, FileSystem::Open::read, file);
  if (!failed) failed = file->size(bytes);
  if (failed) return failure(path + ": " + failed.message());
  LoadProgress progress;
  progress.total_bytes = bytes;
  return load_rdb({.file = *file,
                   .end = bytes,
                   .config = store.config,
                   .packed_threshold_bytes = store.list_packed_threshold_bytes,
                   .log = x.env().services.log,
                   .clock = x.env().clock,
                   .progress = progress,
                   .replace = replace,
                   .verify_checksum = !store.skips_checksums},
                  databases);
}

Status reload(Execution& x, const ReloadOptions& options) {
  keyspace::Databases& data = x.store().databases;
  keyspace::Databases fresh(data.count());
  auto loaded = load_file(x, options.flush ? fresh : data, options.merge);
  if (!loaded.ok()) return failure(loaded.error());
  if (options.flush) data.adopt(fresh);
  data.changes = 0;
  x.store().loading.keys_loaded = loaded->counts.keys_loaded;
  x.store().loading.keys_expired = loaded->counts.keys_expired;
  LoadHost host(&x.env().clock, &x.env().services.log);
  const KnownLibraries known = options.flush   ? KnownLibraries::go
                               : options.merge ? KnownLibraries::give_way
                                               : KnownLibraries::stay;
  return take_functions(Scripts::of(x.store()), loaded->functions, known, host);
}

}  // namespace

void debug_reload(Execution& x, Args args) {
  const auto options = parse_reload(args.subspan(2));
  if (!options.ok()) return x.fail(options.error());
  x.propagate_nothing();
  if (options->save && !save_now(x.env()).ok()) return x.fail("ERR");
  const Status reloaded = reload(x, *options);
  for (int db = 0; db < x.config().databases; ++db) x.changed_database(db, 0);
  if (!reloaded.ok()) {
    x.env().services.log.write(LogLevel::warning, reloaded.error());
    return x.fail("ERR Error trying to load the RDB dump, check server logs");
  }
  x.env().services.log.write(LogLevel::warning, "DB reloaded by DEBUG RELOAD");
  x.reply.ok();
}

}  // namespace respawn::commands

#include "config/rewrite.hpp"

#include "config/loader.hpp"

namespace respawn::config {

Status rewrite_file(const Config& config, const UserLines& users, const Source& source,
                    const Files& files) {
  if (source.path.empty()) return failure("ERR The server is running without a config file");
  // A file that was deleted is written anew.
  auto old_text = files.read(source.path);
  std::string text = old_text.ok() ? *old_text : source.kind == FileKind::json ? "{\n}\n" : "";
  Result<std::string> rewritten = source.kind == FileKind::json
                                      ? rewrite_json(config, text, users)
                                      : Result<std::string>(rewrite_classic(config, text, users));
  if (!rewritten.ok()) return failure("ERR Rewriting config file: " + rewritten.error());
  if (old_text.ok() && *rewritten == *old_text) return success();
  Status written = files.replace(source.path, *rewritten);
  if (!written.ok()) return failure("ERR Rewriting config file: " + written.error());
  return success();
}

}  // namespace respawn::config

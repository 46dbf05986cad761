#include "server/proc_title.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/text.hpp"

namespace respawn::server {

namespace {

/// The process has one list of arguments, and so one title.
struct TitleArea {
  std::span<char> memory;
  std::string program;
};

TitleArea& title_area() {
  static TitleArea area;
  return area;
}

std::string listen_address(const config::Config& config) {
  const int port = config.port != 0 ? config.port : config.tls_port;
  if (port == 0) return "unixsocket:" + config.unixsocket;
  return (config.bind.empty() ? "*" : config.bind.front()) + ":" + std::to_string(port);
}

std::optional<std::string> value_of(std::string_view variable, const config::Config& config,
                                    const TitleFacts& facts) {
  if (variable == "title") return std::string(facts.program);
  if (variable == "listen-addr") return listen_address(config);
  if (variable == "server-mode") return std::string(config.cluster_enabled ? "[cluster]" : "");
  if (variable == "config-file")
    return std::string(facts.config_file.empty() ? "-" : facts.config_file);
  if (variable == "port") return std::to_string(config.port);
  if (variable == "tls-port") return std::to_string(config.tls_port);
  if (variable == "unixsocket") return config.unixsocket;
  return std::nullopt;
}

/// Where the texts end that lie one behind the other from `end` on.
char* end_of_texts(char* const* texts, char* end) {
  for (; *texts != nullptr; ++texts)
    if (*texts == end) end += std::strlen(*texts) + 1;
  return end;
}

/// What the environment was is the title's soon; who has pointers into it keeps what is there.
void move_environment() {
  std::size_t count = 0;
  while (environ[count] != nullptr) ++count;
  static char** moved = nullptr;  // for the rest of the process
  moved = new char*[count + 1];
  for (std::size_t i = 0; i < count; ++i) moved[i] = ::strdup(environ[i]);
  moved[count] = nullptr;
  environ = moved;
}

}  // namespace

std::string expand_title(const config::Config& config, const TitleFacts& facts) {
  const std::string_view text = config.proc_title_template;
  std::string title;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    if (text.substr(at, 2) == "{{") {
      title += '{';
      at += 2;
      continue;
    }
    const auto value = end == std::string_view::npos
                           ? std::nullopt
                           : value_of(text.substr(at + 1, end - at - 1), config, facts);
    title += value ? *value : std::string(1, text[at]);
    at = value ? end + 1 : at + 1;
  }
  const std::size_t first = std::min(title.find_first_not_of(' '), title.size());
  title.erase(0, first);
  title.erase(title.find_last_not_of(' ') + 1);
  return title;
}

void write_title(std::span<char> area, std::string_view title) {
  if (area.empty()) return;
  const std::size_t written = std::min(title.size(), area.size() - 1);
  std::copy_n(title.data(), written, area.data());
  std::fill(area.begin() + static_cast<std::ptrdiff_t>(written), area.end(), '\0');
}

void claim_title_area(int argc, char** argv) {
  if (argc < 1 || argv[0] == nullptr) return;
  TitleArea& area = title_area();
  area.program = argv[0];
  char* const end = end_of_texts(environ, end_of_texts(argv, argv[0]));
  move_environment();
  area.memory = {argv[0], static_cast<std::size_t>(end - argv[0])};
}

void show_title(const config::Config& config, std::string_view config_file) {
  const TitleArea& area = title_area();
  if (!config.set_proc_title || area.memory.empty()) return;
  write_title(area.memory, expand_title(config, {area.program, config_file}));
}

}  // namespace respawn::server

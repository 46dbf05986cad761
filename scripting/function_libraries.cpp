#include "scripting/function_libraries.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"

namespace respawn::scripting {

bool FunctionLibraries::AnyCase::operator()(std::string_view a, std::string_view b) const {
  return std::ranges::lexicographical_compare(
      a, b, [](char x, char y) { return ascii_lower(x) < ascii_lower(y); });
}

const Library* FunctionLibraries::find(std::string_view name) const {
  const auto place = libraries_.find(name);
  return place == libraries_.end() ? nullptr : &place->second;
}

const RegisteredFunction* FunctionLibraries::function(std::string_view name) const {
  const auto place = functions_.find(name);
  return place == functions_.end() ? nullptr : place->second;
}

std::string FunctionLibraries::collision(const Library& library, const Library* replaced) const {
  const auto is_of_replaced = [&](const RegisteredFunction* function) {
    return replaced && std::ranges::any_of(replaced->functions,
                                           [&](const auto& each) { return &each == function; });
  };
  for (const RegisteredFunction& each : library.functions)
    if (const RegisteredFunction* known = function(each.name); known && !is_of_replaced(known))
      return "Function " + each.name + " already exists";
  return "";
}

void FunctionLibraries::enter(const Library& library) {
  for (const RegisteredFunction& each : library.functions) functions_.emplace(each.name, &each);
}

void FunctionLibraries::leave(const Library& library) {
  for (const RegisteredFunction& each : library.functions) functions_.erase(each.name);
}

void FunctionLibraries::add(Library library) {
  std::string name = library.name;
  const auto [place, is_new] = libraries_.emplace(std::move(name), std::move(library));
  RESPAWN_CHECK(is_new);
  enter(place->second);
}

Library FunctionLibraries::take(std::string_view name) {
  const auto place = libraries_.find(name);
  RESPAWN_CHECK(place != libraries_.end());
  leave(place->second);
  Library taken = std::move(place->second);
  libraries_.erase(place);
  return taken;
}

Result<std::vector<Library>> FunctionLibraries::join(FunctionLibraries& others, bool replace) {
  for (const auto& [name, library] : others.libraries_)
    if (!replace && find(name)) return failure("Library " + name + " already exists");
  std::vector<Library> replaced;
  for (const auto& [name, library] : others.libraries_)
    if (find(name)) replaced.push_back(take(name));
  for (const auto& [name, library] : others.libraries_) {
    const std::string problem = collision(library, nullptr);
    if (problem.empty()) continue;
    for (Library& each : replaced) add(std::move(each));
    return failure(problem);
  }
  while (!others.libraries_.empty()) add(others.take(others.libraries_.begin()->first));
  return replaced;
}

void FunctionLibraries::index_again() {
  functions_.clear();
  for (const auto& [name, library] : libraries_) enter(library);
}

std::size_t FunctionLibraries::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, library] : libraries_) {
    bytes += sizeof(Library) + 2 * name.size() + library.code.size();
    for (const RegisteredFunction& each : library.functions)
      bytes += sizeof each + each.name.size() + (each.description ? each.description->size() : 0);
  }
  return bytes;
}

}  // namespace respawn::scripting

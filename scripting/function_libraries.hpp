// Libraries of functions, by name; and their functions.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "scripting/interpreter.hpp"

namespace respawn::scripting {

struct Library {
  std::string name;
  std::string code;  // with its first line
  std::vector<RegisteredFunction> functions;
};

/// Owner: the store's scripts; what is compiled belongs to the interpreter beside it. Function
/// names are unique over all libraries, in any case. Errors are Redis's, without the code.
class FunctionLibraries {
 public:
  [[nodiscard]] const std::map<std::string, Library, std::less<>>& all() const {
    return libraries_;
  }

  [[nodiscard]] std::map<std::string, Library, std::less<>>& all() { return libraries_; }

  [[nodiscard]] const Library* find(std::string_view name) const;

  /// By name in any case, or null.
  [[nodiscard]] const RegisteredFunction* function(std::string_view name) const;

  [[nodiscard]] std::size_t function_count() const { return functions_.size(); }

  /// Why a function of the library cannot come in where `replaced` goes (null: nothing does); ""
  /// when nothing is in its way.
  [[nodiscard]] std::string collision(const Library& library, const Library* replaced) const;

  /// Takes it in. Requires that no other has its name, nor the names of its functions.
  void add(Library library);

  /// Takes it out.
  Library take(std::string_view name);

  /// Takes all of the others in, or none. Those that are replaced are given back.
  Result<std::vector<Library>> join(FunctionLibraries& others, bool replace);

  /// Functions were compiled anew.
  void index_again();

  /// Of code, names and descriptions.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct AnyCase {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;
  };

  void enter(const Library& library);
  void leave(const Library& library);

  std::map<std::string, Library, std::less<>> libraries_;
  std::map<std::string_view, const RegisteredFunction*, AnyCase> functions_;  // keys: their names
};

}  // namespace respawn::scripting

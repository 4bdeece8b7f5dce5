#ifndef SLUICE_POLICY_TOML_PRESCAN_H_
#define SLUICE_POLICY_TOML_PRESCAN_H_

// Finds what the TOML library must not see, because it would not survive it:
//   - Dotted keys of very many parts. The library bounds how deep values nest, but not how many
//   tables one key opens, and frees
//     tables recursively: a megabyte of "a.a.a.…" would overflow the stack.
//   - Bytes beyond ASCII where white space may stand. TOML allows none there, but version 3.3.0
//   reaches code that it declares
//     unreachable (github.com/marzer/tomlplusplus/issues/190). May go when no supported system
//     has 3.3.0.
// Everything that it refuses is wrong in TOML or useless in sluice.toml, but for one: a letter
// beyond ASCII right behind a line that ends in a backslash, in a text of several lines. Text in,
// offsets out.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// Far above what sluice.toml needs (3); times kTomlNestedValuesMax it is still a shallow stack.
inline constexpr int kTomlKeyPartsMax = 16;
inline constexpr int kTomlNestedValuesMax = 16;

struct TomlHazard {
  size_t offset = 0;
  std::string expected;
  std::string found;
  std::string advice;
};

// The first of them. Exact up to the first error of syntax, where the library stops too.
std::optional<TomlHazard> FindTomlHazard(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_PRESCAN_H_

#ifndef SLUICE_POLICY_TOML_NESTING_H_
#define SLUICE_POLICY_TOML_NESTING_H_

// Finds dotted keys with too many parts before the TOML library sees them. The library bounds how deep values nest, but not how
// many tables one dotted key opens, and frees tables recursively: a megabyte of "a.a.a.…" would overflow the stack.

#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice {

// Far above what sluice.toml needs (3); times kTomlNestedValuesMax it is still a shallow stack.
inline constexpr int kTomlKeyPartsMax = 16;
inline constexpr int kTomlNestedValuesMax = 16;

// The byte offset of the first key with more than kTomlKeyPartsMax parts. Exact up to the first error of syntax, where the
// library stops too.
std::optional<size_t> FindTooDeepKey(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_NESTING_H_

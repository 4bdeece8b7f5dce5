#ifndef SLUICE_POLICY_SEQUENCE_DIFF_H_
#define SLUICE_POLICY_SEQUENCE_DIFF_H_

// What two sequences have in common, in order: the lines of two texts, the items of two lists, the
// rules of two configurations. Whatever is compared is given as numbers, the same for what is the
// same. Values only, any thread.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace sluice {

// A place in the one and the place in the other that has the same.
struct KeptPlace {
  uint32_t before = 0;
  uint32_t after = 0;

  friend bool operator==(const KeptPlace&, const KeptPlace&) = default;
};

// Removals and insertions up to which the answer is the longest one that there is (Myers, "An O(ND)
// Difference Algorithm and Its Variations", 1986): 256 of them are half a MB of memory. Beyond
// it what stands once in both is kept, as far as it is in order, and what is beside that.
inline constexpr size_t kExactEditsMax = 256;

// Both places ascend.
std::vector<KeptPlace> KeepCommon(absl::Span<const uint32_t> before,
                                  absl::Span<const uint32_t> after);

// The longest part of `values` that ascends, as places; all values differ.
std::vector<uint32_t> LongestAscending(absl::Span<const uint32_t> values);

}  // namespace sluice

#endif  // SLUICE_POLICY_SEQUENCE_DIFF_H_

#ifndef SLUICE_TESTS_SIM_DICE_H_
#define SLUICE_TESTS_SIM_DICE_H_

// Dice: every choice the simulator makes, drawn from one seed. The order of the draws is part of a
// seed's meaning, so nothing may draw from within an iteration whose order is not fixed. One
// thread.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/prng.h"

namespace sluice {

class Dice {
 public:
  explicit Dice(uint64_t seed) : prng_(seed) {}

  uint64_t Next() { return prng_.Next(); }
  // From low to high, both included.
  uint64_t Between(uint64_t low, uint64_t high) {
    if (low >= high) return low;
    return low + prng_.Below(high - low + 1);
  }
  // Like Between, but small numbers are as likely as big ones: uniform in the logarithm.
  uint64_t Skewed(uint64_t low, uint64_t high) {
    if (low >= high) return low;
    uint64_t width = high - low;
    int bits = 0;
    while (width > 0) {
      width >>= 1;
      ++bits;
    }
    const uint64_t bound = uint64_t{1} << Between(0, static_cast<uint64_t>(bits));
    const uint64_t drawn = low + prng_.Below(bound);
    return drawn > high ? high : drawn;
  }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    const auto from = static_cast<uint64_t>(absl::ToInt64Nanoseconds(low));
    const auto to = static_cast<uint64_t>(absl::ToInt64Nanoseconds(high));
    return absl::Nanoseconds(Between(from, to));
  }
  bool Chance(double probability) {
    if (probability <= 0) return false;
    return static_cast<double>(Next() >> 11) * 0x1.0p-53 < probability;
  }
  template <typename T>
  const T& Pick(absl::Span<const T> choices) {
    return choices[Between(0, choices.size() - 1)];
  }
  template <typename T>
  const T& Pick(const T* begin, size_t count) {
    return begin[Between(0, count - 1)];
  }

 private:
  Prng prng_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_DICE_H_

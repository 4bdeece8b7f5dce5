#ifndef SLUICE_CORE_PRNG_H_
#define SLUICE_CORE_PRNG_H_

// Prng: splitmix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014).
// The same seed gives the same numbers on every machine and library, which std:: engines with
// distributions do not promise: a failure is one number.
//
// For tests, the simulator and load generation. Not for secrets, and nothing a client could want to
// guess. One thread.

#include <cstdint>

namespace sluice {

class Prng {
 public:
  explicit constexpr Prng(uint64_t seed) : state_(seed) {}

  // Uniform over all 64 bits.
  constexpr uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Uniform over 0 … bound-1 (bias below 2^-32 for bounds below 2^32); 0 where bound is 0.
  constexpr uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }
  constexpr bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_PRNG_H_

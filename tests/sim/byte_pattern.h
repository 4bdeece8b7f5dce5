#ifndef SLUICE_TESTS_SIM_BYTE_PATTERN_H_
#define SLUICE_TESTS_SIM_BYTE_PATTERN_H_

// BytePattern: an endless stream of bytes in which each follows from its key and its place, so that
// a receiver can check what it gets without anybody storing what was sent: a byte lost, doubled,
// moved or from another stream shows at once.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sluice {

class BytePattern {
 public:
  explicit BytePattern(uint64_t key) : key_(key) {}

  // The bytes from `position` on.
  void Fill(uint64_t position, uint8_t* to, size_t bytes) const {
    ForEachRun(position, bytes, [&](uint64_t word, size_t run) {
      for (size_t i = 0; i < run; ++i, word >>= 8) *to++ = static_cast<uint8_t>(word);
      return true;
    });
  }
  // How many of the first `bytes` at `from` are what they should be.
  size_t Match(uint64_t position, const uint8_t* from, size_t bytes) const {
    size_t matched = 0;
    ForEachRun(position, bytes, [&](uint64_t word, size_t run) {
      for (size_t i = 0; i < run; ++i, word >>= 8) {
        if (from[matched] != static_cast<uint8_t>(word)) return false;
        ++matched;
      }
      return true;
    });
    return matched;
  }

 private:
  // Calls with the bytes of each aligned word that takes part, the first in the low bits.
  template <typename Use>
  void ForEachRun(uint64_t position, size_t bytes, Use use) const {
    while (bytes > 0) {
      const size_t skip = position % 8;
      const size_t run = std::min(bytes, 8 - skip);
      if (!use(Word(position / 8) >> (8 * skip), run)) return;
      position += run;
      bytes -= run;
    }
  }
  uint64_t Word(uint64_t index) const {
    uint64_t z = key_ + index * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93;
    return z ^ (z >> 32);
  }

  uint64_t key_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_BYTE_PATTERN_H_

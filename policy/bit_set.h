#ifndef SLUICE_POLICY_BIT_SET_H_
#define SLUICE_POLICY_BIT_SET_H_

// BitSet: a set of small numbers (rules) as plain bits, with a summary that has one bit per word of
// 64, so that a walk skips empty words. For sets that are few or dense; many sparse ones live in a
// RowTable. One thread while it changes.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

class BitSet {
 public:
  explicit BitSet(size_t universe = 0)
      : words_((universe + 63) / 64), summary_((words_.size() + 63) / 64) {}

  void Set(size_t member) {
    words_[member / 64] |= uint64_t{1} << (member % 64);
    summary_[member / 4096] |= uint64_t{1} << (member / 64 % 64);
  }
  void Clear(size_t member) {
    uint64_t& word = words_[member / 64];
    word &= ~(uint64_t{1} << (member % 64));
    if (word == 0) summary_[member / 4096] &= ~(uint64_t{1} << (member / 64 % 64));
  }
  bool Has(size_t member) const { return (words_[member / 64] >> (member % 64) & 1) != 0; }
  // Of as many words as this set has.
  void OrWord(size_t w, uint64_t word) {
    words_[w] |= word;
    if (word != 0) summary_[w / 64] |= uint64_t{1} << (w % 64);
  }
  void Or(const BitSet& other) {
    for (size_t w = 0; w < words_.size(); ++w) OrWord(w, other.words_[w]);
  }
  // Costs what is set, not what could be.
  void ClearAll() {
    for (size_t b = 0; b < summary_.size(); ++b) {
      for (uint64_t left = summary_[b]; left != 0; left &= left - 1) {
        words_[b * 64 + static_cast<size_t>(std::countr_zero(left))] = 0;
      }
      summary_[b] = 0;
    }
  }

  size_t word_count() const { return words_.size(); }
  size_t summary_count() const { return summary_.size(); }
  uint64_t word(size_t w) const { return words_[w]; }
  uint64_t summary(size_t b) const { return summary_[b]; }

  friend bool operator==(const BitSet&, const BitSet&) = default;

 private:
  std::vector<uint64_t> words_;
  std::vector<uint64_t> summary_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_BIT_SET_H_

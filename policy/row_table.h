#ifndef SLUICE_POLICY_ROW_TABLE_H_
#define SLUICE_POLICY_ROW_TABLE_H_

// RowTable: very many sets of rules, each stored once and without its empty words. A lookup in any
// dimension of the policy answers with a Row; the decision is the first rule that is in all of
// them. RowBuilder fills a table, one thread; the table is then read by any.
//
// A row, in words of 64 bits, of a universe of W words and S = W / 64 blocks:
//
//   +-----------------+---------------------------+------------------------+
//   | summary: S      | ranks: S / 4, where S > 1 | the words that are set |
//   +-----------------+---------------------------+------------------------+
//
// Bit w of the summary says that word w is stored; a block's rank, 16 bits, how many words are
// stored before it.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "policy/bit_set.h"

namespace sluice {

// Where a row starts in its table.
using Row = uint32_t;
inline constexpr Row kEmptyRow = 0;

class RowTable {
 public:
  explicit RowTable(size_t universe = 0)
      : blocks_((universe + 4095) / 4096),
        header_(blocks_ + (blocks_ > 1 ? (blocks_ + 3) / 4 : 0)),
        words_(header_) {}

  size_t blocks() const { return blocks_; }
  uint64_t summary(Row row, size_t block) const { return words_[row + block]; }
  uint64_t word(Row row, size_t w) const {
    const uint64_t summary = words_[row + w / 64];
    const uint64_t bit = uint64_t{1} << (w % 64);
    if ((summary & bit) == 0) return 0;
    return words_[row + header_ + rank(row, w / 64) +
                  static_cast<size_t>(std::popcount(summary & (bit - 1)))];
  }

 private:
  friend class RowBuilder;

  size_t rank(Row row, size_t block) const {
    if (blocks_ <= 1) return 0;
    return words_[row + blocks_ + block / 4] >> (block % 4 * 16) & 0xffff;
  }

  size_t blocks_;
  size_t header_;  // words before those that are set
  std::vector<uint64_t> words_;
};

class RowBuilder {
 public:
  // A policy that needs more has rules that overlap in millions of ways.
  static constexpr size_t kBytesMax = size_t{512} << 20;

  explicit RowBuilder(size_t universe, size_t bytes_max = kBytesMax)
      : universe_(universe), table_(universe), scratch_(universe), bytes_max_(bytes_max) {}

  size_t universe() const { return universe_; }

  // The row of `set`, which has this builder's universe.
  Row Intern(const BitSet& set);
  Row Single(uint32_t member);
  Row Union(Row a, Row b);
  // Adds the members of `row` to `set`.
  void AddTo(Row row, BitSet* set) const;
  // Calls visit(member) for each member of `row`.
  template <typename Visit>
  void ForEach(Row row, Visit visit) const {
    for (size_t b = 0; b < table_.blocks(); ++b) {
      for (uint64_t left = table_.summary(row, b); left != 0; left &= left - 1) {
        const size_t w = b * 64 + static_cast<size_t>(std::countr_zero(left));
        for (uint64_t word = table_.word(row, w); word != 0; word &= word - 1) {
          visit(w * 64 + static_cast<size_t>(std::countr_zero(word)));
        }
      }
    }
  }

  // The rows would need more than `bytes_max`; what was built is not to be used.
  bool overflowed() const { return overflowed_; }
  // Rows stay valid; the builder is done.
  RowTable Take() { return std::move(table_); }

 private:
  bool Equals(Row row, const BitSet& set) const;
  Row Append(const BitSet& set);

  const size_t universe_;
  RowTable table_;
  BitSet scratch_;  // empty between calls
  const size_t bytes_max_;
  absl::flat_hash_map<uint64_t, Row>
      by_hash_;  // where two rows have one hash, the later stands under the next free number
  absl::flat_hash_map<uint64_t, Row> unions_;
  bool overflowed_ = false;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_ROW_TABLE_H_

#include "policy/row_table.h"

#include <utility>

namespace sluice {
namespace {

// Calls visit(w) for each word of `set` that is not zero, ascending.
template <typename Visit>
void ForEachWord(const BitSet& set, Visit visit) {
  for (size_t b = 0; b < set.summary_count(); ++b) {
    for (uint64_t left = set.summary(b); left != 0; left &= left - 1) {
      visit(b * 64 + static_cast<size_t>(std::countr_zero(left)));
    }
  }
}

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

uint64_t HashOf(const BitSet& set) {
  uint64_t hash = 0;
  ForEachWord(set, [&](size_t w) { hash = Mix(Mix(hash, w), set.word(w)); });
  return hash;
}

}  // namespace

Row RowBuilder::Intern(const BitSet& set) {
  for (uint64_t hash = HashOf(set);; ++hash) {
    const auto [found, is_new] = by_hash_.try_emplace(hash, kEmptyRow);
    if (is_new) return found->second = Append(set);
    if (Equals(found->second, set)) return found->second;
  }
}

Row RowBuilder::Single(uint32_t member) {
  scratch_.Set(member);
  const Row row = Intern(scratch_);
  scratch_.Clear(member);
  return row;
}

Row RowBuilder::Union(Row a, Row b) {
  if (a == b || b == kEmptyRow) return a;
  if (a == kEmptyRow) return b;
  if (b < a) std::swap(a, b);
  const auto [found, is_new] = unions_.try_emplace(uint64_t{a} << 32 | b, kEmptyRow);
  if (is_new) {
    AddTo(a, &scratch_);
    AddTo(b, &scratch_);
    found->second = Intern(scratch_);
    scratch_.ClearAll();
  }
  return found->second;
}

void RowBuilder::AddTo(Row row, BitSet* set) const {
  for (size_t b = 0; b < table_.blocks(); ++b) {
    const uint64_t* word = &table_.words_[row + table_.header_ + table_.rank(row, b)];
    for (uint64_t left = table_.summary(row, b); left != 0; left &= left - 1) {
      set->OrWord(b * 64 + static_cast<size_t>(std::countr_zero(left)), *word++);
    }
  }
}

bool RowBuilder::Equals(Row row, const BitSet& set) const {
  for (size_t b = 0; b < table_.blocks(); ++b) {
    if (table_.summary(row, b) != set.summary(b)) return false;
  }
  const uint64_t* word = table_.words_.data() + row + table_.header_;
  bool equal = true;
  ForEachWord(set, [&](size_t w) { equal &= *word++ == set.word(w); });
  return equal;
}

Row RowBuilder::Append(const BitSet& set) {
  std::vector<uint64_t>& words = table_.words_;
  const size_t row = words.size();
  if (row * sizeof(uint64_t) > bytes_max_) {
    overflowed_ = true;
    return kEmptyRow;
  }
  words.resize(row + table_.header_);
  size_t count = 0;
  for (size_t b = 0; b < table_.blocks_; ++b) {
    words[row + b] = set.summary(b);
    if (table_.blocks_ > 1) words[row + table_.blocks_ + b / 4] |= uint64_t{count} << (b % 4 * 16);
    count += static_cast<size_t>(std::popcount(set.summary(b)));
  }
  ForEachWord(set, [&](size_t w) { words.push_back(set.word(w)); });
  // The empty set is the row that every table starts with.
  return count == 0 ? (words.resize(row), kEmptyRow) : static_cast<Row>(row);
}

}  // namespace sluice

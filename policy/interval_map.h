#ifndef SLUICE_POLICY_INTERVAL_MAP_H_
#define SLUICE_POLICY_INTERVAL_MAP_H_

// IntervalMap: numbers to rows, by intervals that cover all numbers without overlap. Built at once
// by a sweep over ranges that may overlap; then read only, any thread.
//
// A search tree without pointers: the starts of the intervals in order, above them every 16th, and
// so on. A step counts how many of 16 neighbours are not above the key, without a branch; a million
// intervals are five steps, of which only the last leave the cache.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "core/give_way.h"
#include "policy/bit_set.h"
#include "policy/row_table.h"

namespace sluice {

// The ranges of a map before it is built: numbers first … last belong to `member`.
template <typename Key>
class IntervalSweep {
 public:
  void Add(Key first, Key last, uint32_t member) {
    edges_.push_back({first, member << 1 | 1});
    if (last != kMax) edges_.push_back({static_cast<Key>(last + 1), member << 1});
  }
  bool empty() const { return edges_.empty(); }

  // Calls emit(start, row) in ascending order wherever the set of members changes. The first start
  // is 0.
  template <typename Emit>
  void Run(size_t members, RowBuilder& rows, Emit emit) {
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) {
      GiveWay();
      return a.at < b.at;
    });
    std::vector<uint32_t> covers(members);  // a member's ranges may overlap
    BitSet active(members);
    Row row = kEmptyRow;
    if (edges_.empty() || edges_[0].at != 0) emit(Key{0}, row);
    for (size_t i = 0; i < edges_.size();) {
      GiveWay();
      const Key at = edges_[i].at;
      for (; i < edges_.size() && edges_[i].at == at; ++i) {
        const uint32_t member = edges_[i].mark >> 1;
        if ((edges_[i].mark & 1) != 0) {
          if (covers[member]++ == 0) active.Set(member);
        } else if (--covers[member] == 0) {
          active.Clear(member);
        }
      }
      const Row next = rows.Intern(active);
      if (next != row || at == 0) emit(at, next);
      row = next;
    }
  }

 private:
  static constexpr Key kMax = static_cast<Key>(~Key{0});

  struct Edge {
    Key at;
    uint32_t mark;  // the member, and whether it begins here
  };
  std::vector<Edge> edges_;
};

template <typename Key>
class IntervalMap {
 public:
  // One interval of kEmptyRow.
  IntervalMap() : IntervalMap(IntervalSweep<Key>(), 0, nullptr) {}
  IntervalMap(IntervalSweep<Key> ranges, size_t members, RowBuilder* rows) {
    levels_.emplace_back();
    const auto append = [this](Key start, Row row) {
      const size_t at = levels_[0].size;
      Append(start, &levels_[0]);
      if (at % kFan == 0) rows_.emplace_back();
      rows_.back().rows[at % kFan] = row;
    };
    if (rows == nullptr) {
      append(0, kEmptyRow);
    } else {
      ranges.Run(members, *rows, append);
    }
    BuildLevels();
  }

  Row Find(Key key) const {
    size_t at = 0;
    for (size_t level = levels_.size(); level-- > 0;) {
      const Block& block = levels_[level].blocks[at];
      if (level == 0) __builtin_prefetch(&rows_[at]);
      uint32_t not_above = 0;
#pragma GCC unroll 16
      for (size_t i = 0; i < kFan; ++i) not_above += block.keys[i] <= key ? 1 : 0;
      // Padding counts only for the greatest key of all, whose place is the last.
      at = std::min(at * kFan + not_above, levels_[level].size) - 1;
    }
    return rows_[at / kFan].rows[at % kFan];
  }

  // Replaces each row by map(row).
  template <typename Map>
  void MapRows(Map map) {
    for (size_t i = 0; i < levels_[0].size; ++i) {
      Row& row = rows_[i / kFan].rows[i % kFan];
      row = map(row);
    }
  }

 private:
  static constexpr size_t kFan = 16;

  // What a step compares, in as few cache lines as it can be.
  struct alignas(64) Block {
    Key keys[kFan];
  };
  struct alignas(64) RowBlock {
    Row rows[kFan];
  };
  struct Level {
    std::vector<Block> blocks;
    size_t size = 0;  // keys, without the padding
  };

  static void Append(Key key, Level* level) {
    if (level->size % kFan == 0) {
      Block& block = level->blocks.emplace_back();
      std::fill(std::begin(block.keys), std::end(block.keys), static_cast<Key>(~Key{0}));
    }
    level->blocks.back().keys[level->size++ % kFan] = key;
  }

  void BuildLevels() {
    while (levels_.back().blocks.size() > 1) {
      Level above;
      for (const Block& block : levels_.back().blocks) Append(block.keys[0], &above);
      levels_.push_back(std::move(above));
    }
  }

  std::vector<Level> levels_;   // [0] has all starts; blocks are padded with the greatest number
  std::vector<RowBlock> rows_;  // of each start, in blocks like those of levels_[0]
};

}  // namespace sluice

#endif  // SLUICE_POLICY_INTERVAL_MAP_H_

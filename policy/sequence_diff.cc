#include "policy/sequence_diff.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "core/give_way.h"

namespace sluice {
namespace {

using Numbers = absl::Span<const uint32_t>;
using Kept = std::vector<KeptPlace>;

// For each number of edits d how far each diagonal k = x - y is reached, at reached[d][k + d].
using Reached = std::vector<std::vector<int>>;

// The diagonal from which d edits on k come: one less or one more.
int DiagonalBefore(const Reached& reached, int d, int k) {
  const std::vector<int>& last = reached[d - 1];
  const auto x = [&](int diagonal) { return last[diagonal + d - 1]; };
  return k == -d || (k != d && x(k - 1) < x(k + 1)) ? k + 1 : k - 1;
}

// Where d edits on diagonal k are before the run of what is the same.
int StartOf(const Reached& reached, int d, int k) {
  if (d == 0) return 0;
  const int from = DiagonalBefore(reached, d, k);
  return reached[d - 1][from + d - 1] + (from == k - 1 ? 1 : 0);
}

Kept Backtrack(const Reached& reached, int x, int k) {
  Kept kept;
  for (int d = static_cast<int>(reached.size()) - 1; d >= 0; --d) {
    const int start = StartOf(reached, d, k);
    for (; x > start; --x)
      kept.push_back({static_cast<uint32_t>(x - 1), static_cast<uint32_t>(x - 1 - k)});
    if (d == 0) break;
    const int from = DiagonalBefore(reached, d, k);
    x = reached[d - 1][from + d - 1];
    k = from;
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

// Nothing where more than kExactEditsMax edits are needed.
std::optional<Kept> KeepMost(Numbers before, Numbers after) {
  const int n = static_cast<int>(before.size());
  const int m = static_cast<int>(after.size());
  Reached reached;
  for (int d = 0; d <= static_cast<int>(kExactEditsMax); ++d) {
    GiveWay();
    reached.emplace_back(2 * d + 1, -1);
    for (int k = -d; k <= d; k += 2) {
      // Beyond an end there is nothing to remove or insert.
      int x = StartOf(reached, d, k);
      if (x < 0 || x > n || x - k < 0 || x - k > m) {
        reached[d][k + d] = x;
        continue;
      }
      while (x < n && x - k < m && before[x] == after[x - k]) ++x;
      reached[d][k + d] = x;
      if (x == n && x - k == m) return Backtrack(reached, x, k);
    }
  }
  return std::nullopt;
}

// What stands once in both, as far as it is in order, and the same beside it.
Kept KeepUnique(Numbers before, Numbers after) {
  struct Seen {
    uint32_t times_before = 0, times_after = 0, place = 0;
  };
  absl::flat_hash_map<uint32_t, Seen> seen;
  for (uint32_t i = 0; i < before.size(); ++i) {
    Seen& number = seen[before[i]];
    ++number.times_before;
    number.place = i;
  }
  for (const uint32_t number : after) ++seen[number].times_after;
  std::vector<uint32_t> places_after;
  std::vector<uint32_t> places_before;
  for (uint32_t i = 0; i < after.size(); ++i) {
    GiveWay();
    const Seen& number = seen[after[i]];
    if (number.times_before != 1 || number.times_after != 1) continue;
    places_after.push_back(i);
    places_before.push_back(number.place);
  }
  Kept kept;
  const auto extend = [&](uint32_t before_end, uint32_t after_end) {
    uint32_t x = kept.empty() ? 0 : kept.back().before + 1;
    uint32_t y = kept.empty() ? 0 : kept.back().after + 1;
    for (; x < before_end && y < after_end && before[x] == after[y]; ++x, ++y)
      kept.push_back({x, y});
  };
  for (const uint32_t i : LongestAscending(places_before)) {
    extend(places_before[i], places_after[i]);
    kept.push_back({places_before[i], places_after[i]});
  }
  extend(static_cast<uint32_t>(before.size()), static_cast<uint32_t>(after.size()));
  return kept;
}

}  // namespace

std::vector<KeptPlace> KeepCommon(Numbers before, Numbers after) {
  const auto heads = std::mismatch(before.begin(), before.end(), after.begin(), after.end());
  const auto head = static_cast<uint32_t>(heads.first - before.begin());
  const Numbers x = before.subspan(head);
  const Numbers y = after.subspan(head);
  const auto tails = std::mismatch(x.rbegin(), x.rend(), y.rbegin(), y.rend());
  const auto tail = static_cast<uint32_t>(tails.first - x.rbegin());

  Kept kept;
  kept.reserve(std::min(before.size(), after.size()));
  for (uint32_t i = 0; i < head; ++i) kept.push_back({i, i});
  const Numbers middle_x = x.first(x.size() - tail);
  const Numbers middle_y = y.first(y.size() - tail);
  std::optional<Kept> middle = KeepMost(middle_x, middle_y);
  if (!middle) middle = KeepUnique(middle_x, middle_y);
  for (const KeptPlace& place : *middle) kept.push_back({place.before + head, place.after + head});
  for (uint32_t i = 0; i < tail; ++i) {
    kept.push_back({static_cast<uint32_t>(before.size()) - tail + i,
                    static_cast<uint32_t>(after.size()) - tail + i});
  }
  return kept;
}

std::vector<uint32_t> LongestAscending(Numbers values) {
  std::vector<uint32_t> ends;  // of the ascending parts of each length, the least last value
  std::vector<uint32_t> previous(values.size());
  for (uint32_t i = 0; i < values.size(); ++i) {
    const auto at = std::lower_bound(ends.begin(), ends.end(), values[i],
                                     [&](uint32_t place, uint32_t v) { return values[place] < v; });
    previous[i] = at == ends.begin() ? i : *(at - 1);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<uint32_t> longest(ends.size());
  for (size_t i = ends.size(); i > 0; --i)
    longest[i - 1] = i == ends.size() ? ends.back() : previous[longest[i]];
  return longest;
}

}  // namespace sluice

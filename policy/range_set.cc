#include "policy/range_set.h"

#include <utility>

namespace sluice {

void RangeSet::Builder::Add(const AddressRange& range, uint32_t member) {
  if (range.first.is_v4()) {
    v4_.Add(range.first.v4(), range.last.v4(), member);
  } else {
    const auto number = [](const Address& a) {
      return static_cast<V6>(Half(a, 0)) << 64 | Half(a, 8);
    };
    v6_.Add(number(range.first), number(range.last), member);
  }
}

RangeSet RangeSet::Builder::Build(size_t members, RowBuilder& rows) && {
  RangeSet set;
  if (!v4_.empty()) set.v4_ = IntervalMap<uint32_t>(std::move(v4_), members, &rows);
  if (!v6_.empty()) set.v6_ = IntervalMap<V6>(std::move(v6_), members, &rows);
  return set;
}

}  // namespace sluice

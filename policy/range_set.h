#ifndef SLUICE_POLICY_RANGE_SET_H_
#define SLUICE_POLICY_RANGE_SET_H_

// RangeSet: an address to the row of all members whose ranges contain it. One tree for each family,
// so that no IPv6 range contains an IPv4 address. Built at once; then read only, any thread.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/address.h"
#include "policy/address_range.h"
#include "policy/interval_map.h"
#include "policy/row_table.h"

namespace sluice {

class RangeSet {
  using V6 = unsigned __int128;

 public:
  class Builder {
   public:
    void Add(const AddressRange& range, uint32_t member);
    // Rows are of `rows`, whose universe is `members`.
    RangeSet Build(size_t members, RowBuilder& rows) &&;

   private:
    IntervalSweep<uint32_t> v4_;
    IntervalSweep<V6> v6_;
  };

  // Contains nothing.
  RangeSet() = default;

  Row Find(const Address& address) const {
    const uint64_t high = Half(address, 0);
    const uint64_t low = Half(address, 8);
    if (high == 0 && low >> 32 == 0xffff) return v4_.Find(static_cast<uint32_t>(low));
    return v6_.Find(static_cast<V6>(high) << 64 | low);
  }

  template <typename Map>
  void MapRows(Map map) {
    v4_.MapRows(map);
    v6_.MapRows(map);
  }

 private:
  // Eight bytes in network order as a number.
  static uint64_t Half(const Address& address, size_t at) {
    uint64_t half;
    std::memcpy(&half, address.bytes().data() + at, sizeof(half));
    return std::endian::native == std::endian::little ? __builtin_bswap64(half) : half;
  }

  IntervalMap<uint32_t> v4_;
  IntervalMap<V6> v6_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RANGE_SET_H_

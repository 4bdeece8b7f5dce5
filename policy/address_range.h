#ifndef SLUICE_POLICY_ADDRESS_RANGE_H_
#define SLUICE_POLICY_ADDRESS_RANGE_H_

// AddressRange: the addresses from `first` to `last`, both included. A single address and a CIDR
// are ranges too. Both ends are of one family: an IPv6 range such as ::/0 contains no IPv4 address,
// although IPv4 is held in its mapped form. Values only, any thread.

#include "core/address.h"

namespace sluice {

struct AddressRange {
  Address first;
  Address last;

  bool Contains(const Address& address) const {
    return first <= address && address <= last && first.is_v4() == address.is_v4();
  }
  bool Contains(const AddressRange& other) const {
    return Contains(other.first) && Contains(other.last);
  }
  bool is_single() const { return first == last; }

  friend auto operator<=>(const AddressRange&, const AddressRange&) = default;
};

struct PortRange {
  uint16_t first = 0;
  uint16_t last = 65535;

  bool Contains(uint16_t port) const { return first <= port && port <= last; }
  bool is_all() const { return first == 0 && last == 65535; }

  friend auto operator<=>(const PortRange&, const PortRange&) = default;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_ADDRESS_RANGE_H_

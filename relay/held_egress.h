#ifndef SLUICE_RELAY_HELD_EGRESS_H_
#define SLUICE_RELAY_HELD_EGRESS_H_

// HeldEgress: a rule's Egress by value, for as long as a connection is being made: the snapshot
// that it came from may be swapped meanwhile. Nothing is allocated. One thread.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "absl/types/span.h"
#include "core/address.h"
#include "core/limits.h"
#include "policy/rule_grant.h"

namespace sluice {

class HeldEgress {
 public:
  HeldEgress() = default;
  explicit HeldEgress(const Egress& egress)
      : count_(
            static_cast<uint8_t>(std::min(egress.addresses.size(), limits::kEgressAddressesMax))),
        interface_size_(
            static_cast<uint8_t>(std::min(egress.interface.size(), limits::kInterfaceBytesMax))) {
    std::copy_n(egress.addresses.begin(), count_, addresses_.begin());
    std::copy_n(egress.interface.begin(), interface_size_, interface_.begin());
  }

  absl::Span<const Address> addresses() const {
    return absl::MakeConstSpan(addresses_.data(), count_);
  }
  std::string_view interface() const { return {interface_.data(), interface_size_}; }

 private:
  uint8_t count_ = 0;
  uint8_t interface_size_ = 0;
  std::array<Address, limits::kEgressAddressesMax> addresses_;
  std::array<char, limits::kInterfaceBytesMax> interface_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_HELD_EGRESS_H_

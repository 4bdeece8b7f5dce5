#ifndef SLUICE_POLICY_OWN_ADDRESSES_H_
#define SLUICE_POLICY_OWN_ADDRESSES_H_

// The addresses at which the gateway itself can be reached: those of the host and those it is told
// to listen on, without the special-use ones, which are guarded at every port already. Sorted.
// Values only, any thread.

#include <algorithm>
#include <vector>

#include "core/address.h"
#include "policy/config.h"
#include "policy/snapshot.h"

namespace sluice {

inline std::vector<Address> OwnAddresses(const Config& config, const HostAddresses& host) {
  std::vector<Address> own = host.addresses;
  own.insert(own.end(), config.service.listen.begin(), config.service.listen.end());
  std::erase_if(
      own, [](const Address& address) { return ClassifySpecialUse(address) != SpecialUse::kNone; });
  std::sort(own.begin(), own.end());
  own.erase(std::unique(own.begin(), own.end()), own.end());
  return own;
}

}  // namespace sluice

#endif  // SLUICE_POLICY_OWN_ADDRESSES_H_

#ifndef SLUICE_RELAY_ANY_PORT_H_
#define SLUICE_RELAY_ANY_PORT_H_

// AnyPortOf: where to begin in a range of ports. Only to spread load: it can be guessed.

#include <cstdint>

#include "core/prng.h"
#include "policy/address_range.h"

namespace sluice {

inline uint16_t AnyPortOf(const PortRange& ports, Prng& prng) {
  return static_cast<uint16_t>(ports.first + prng.Below(1u + ports.last - ports.first));
}

}  // namespace sluice

#endif  // SLUICE_RELAY_ANY_PORT_H_

#ifndef SLUICE_RELAY_NAMES_ADDRESS_ORDER_H_
#define SLUICE_RELAY_NAMES_ADDRESS_ORDER_H_

// The order in which the addresses of a name are tried: RFC 6724 section 6, by the source address
// that Linux would choose for each. Rules 3, 4 and 7 (deprecated, home and encapsulated addresses)
// need more than that, and the C library does not know it either. One thread, the shard's.

#include <vector>

#include "core/address.h"
#include "core/kernel.h"

namespace sluice {

// Sorts them. True where the first can be reached: there is a route to it. Those of an IPv4-only
// name keep the order of the answer, in which servers spread their load, and their routes are not
// looked at: true.
bool OrderAddresses(Kernel& kernel, std::vector<Address>* addresses);

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_ADDRESS_ORDER_H_

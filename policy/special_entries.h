#ifndef SLUICE_POLICY_SPECIAL_ENTRIES_H_
#define SLUICE_POLICY_SPECIAL_ENTRIES_H_

// Which entries of a list name special-use addresses. A special-use address matches only entries
// that lie inside one special-use block, so that 0.0.0.0/0 does not open the loopback by accident.
// Values only, any thread.

#include <vector>

#include "absl/types/span.h"
#include "core/address.h"
#include "policy/address_range.h"

namespace sluice {

// Every address that ClassifySpecialUse calls special, as disjoint ranges in ascending order: the
// blocks, and each IPv4 block again in its transition forms (NAT64, 6to4, IPv4-compatible,
// IPv4-translated).
absl::Span<const AddressRange> SpecialRanges();

// Whether `range` lies inside one of them.
bool NamesSpecialUse(const AddressRange& range);

// Appends what `range` can match: itself where it names special-use addresses, else its parts
// outside SpecialRanges.
void AppendMatchableParts(const AddressRange& range, std::vector<AddressRange>* parts);

// The addresses next to `address` in its family. Only where there is one.
Address AddressAfter(const Address& address);
Address AddressBefore(const Address& address);

}  // namespace sluice

#endif  // SLUICE_POLICY_SPECIAL_ENTRIES_H_

#ifndef SLUICE_RELAY_AUTH_SOURCE_H_
#define SLUICE_RELAY_AUTH_SOURCE_H_

// Where a client comes from, as far as one of many may be told from another: an IPv4 address, or an
// IPv6 /64, the least that one host is given.

#include <cstddef>
#include <cstdint>

#include "core/address.h"

namespace sluice {

// Of IPv6 the network. An IPv4 address with a mark in front, which as an IPv6 network would be of
// no use (::ffff:0:0/96 never appears there: Address makes it IPv4). Never 0.
inline uint64_t SourceOf(const Address& client) {
  if (client.is_v4()) return uint64_t{0xffff} << 32 | client.v4();
  uint64_t network = 0;
  for (size_t i = 0; i < 8; ++i) network = network << 8 | client.bytes()[i];
  return network;
}

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_SOURCE_H_

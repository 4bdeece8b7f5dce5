#ifndef SLUICE_PROTO_UDP_HEADER_H_
#define SLUICE_PROTO_UDP_HEADER_H_

// The header of every datagram between a client and the gateway, RFC 1928 section 7:
//
//   +------+------+------+----------+----------+----------+
//   | RSV  | FRAG | ATYP | DST.ADDR | DST.PORT |   DATA   |
//   +------+------+------+----------+----------+----------+
//   | (00) |  1   |  1   | Variable |    2     | Variable |
//   +------+------+------+----------+----------+----------+
//
// RSV is two octets and not looked at; FRAG is 00 for a datagram that is whole. ATYP and DST.ADDR
// are those of a request. Towards the client they are where the datagram came from, always an
// address.
//
// A datagram is whole or worthless: there is nothing to wait for. Fragments are told apart, not put
// together, which the RFC leaves open. Pure; any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/types/span.h"
#include "core/address.h"

namespace sluice {

struct UdpHeader {
  // RSV, FRAG, ATYP, an IPv6 address and a port: the longest that is written.
  static constexpr size_t kWrittenBytesMax = 22;
  using Written = std::array<uint8_t, kWrittenBytesMax>;

  uint8_t frag = 0;  // not 0: a fragment, of which nothing else is known
  // in the datagram's own bytes, only name bytes (IsNameByte); one that spells an address is given
  // as that
  std::string_view name;
  Address address;    // where name is empty; never unspecified
  uint16_t port = 0;  // never 0
  size_t size = 0;    // of the header; what follows is DATA

  // Nothing where `datagram` does not begin with a header that leads anywhere.
  static std::optional<UdpHeader> Parse(absl::Span<const uint8_t> datagram);
  // The header of a datagram from `source`. How many bytes of `out` it has.
  static size_t Write(const Endpoint& source, Written& out);
};

}  // namespace sluice

#endif  // SLUICE_PROTO_UDP_HEADER_H_

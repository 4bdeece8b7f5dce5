#ifndef SLUICE_PROTO_SOCKS_REQUEST_H_
#define SLUICE_PROTO_SOCKS_REQUEST_H_

// The words of the protocol, and what a client asks for, whichever version it speaks. Values; any
// thread.

#include <cstdint>
#include <string_view>

#include "core/address.h"

namespace sluice {

// RFC 1928 section 4, CMD. SOCKS4's CD has the same numbers, without the third.
enum class Command : uint8_t { kConnect = 1, kBind = 2, kUdpAssociate = 3 };

// RFC 1928 section 6, REP. SOCKS4 knows only granted and not granted.
enum class Rep : uint8_t {
  kSucceeded = 0,
  kGeneralFailure = 1,
  kNotAllowed = 2,
  kNetworkUnreachable = 3,
  kHostUnreachable = 4,
  kConnectionRefused = 5,
  kTtlExpired = 6,
  kCommandNotSupported = 7,
  kAddressTypeNotSupported = 8,
};

enum class Version : uint8_t { kUnknown = 0, kSocks4 = 4, kSocks4a = 0x4a, kSocks5 = 5 };

// DST.ADDR and DST.PORT: a name or an address. A name that spells an address (ParseLenient) is
// given as that address.
struct SocksRequest {
  Command command = Command::kConnect;
  std::string_view name;  // as sent, only name bytes (IsNameByte); lives as long as its Handshake
  Address address;        // where name is empty
  uint16_t port = 0;
};

// Printable ASCII without the space, and without '%': a zone or an escape, neither of which belongs
// in a host name. Everything else could mean one thing to a rule and another to a resolver, or
// disturb a log.
constexpr bool IsNameByte(uint8_t byte) { return byte > 0x20 && byte < 0x7f && byte != '%'; }

}  // namespace sluice

#endif  // SLUICE_PROTO_SOCKS_REQUEST_H_

#ifndef SLUICE_PROTO_SOCKS5_H_
#define SLUICE_PROTO_SOCKS5_H_

// The messages of SOCKS5 (RFC 1928), each a type that parses itself from pieces of any size, and
// the replies. What the messages lead to is the Handshake's business. Pure; any thread.

#include <bitset>
#include <cstdint>
#include <string_view>

#include "core/address.h"
#include "core/limits.h"
#include "proto/parsed.h"
#include "proto/socks_request.h"
#include "proto/wire.h"

namespace sluice {

inline constexpr uint8_t kSocks5Version = 0x05;
inline constexpr uint8_t kMethodNone = 0x00;
inline constexpr uint8_t kMethodGssapi = 0x01;
inline constexpr uint8_t kMethodPassword = 0x02;
inline constexpr uint8_t kMethodNoneAcceptable = 0xff;
// RFC 1928 section 5, ATYP.
inline constexpr uint8_t kAddressTypeV4 = 0x01;
inline constexpr uint8_t kAddressTypeName = 0x03;
inline constexpr uint8_t kAddressTypeV6 = 0x04;

using HandshakeWriter = WireWriter<limits::kHandshakeReplyBytesMax>;

// RFC 1928 section 3, the client's version identifier and method selection message:
//
//   +-----+----------+----------+
//   | VER | NMETHODS | METHODS  |
//   +-----+----------+----------+
//   |  05 |     1    | NMETHODS |
//   +-----+----------+----------+
//
// Fed after VER. NMETHODS 0 is a greeting that offers nothing.
class Socks5Greeting {
 public:
  Parsed Feed(WireReader& in);
  bool offers(uint8_t method) const { return offered_[method]; }

 private:
  bool counted_ = false;  // NMETHODS is known
  uint8_t methods_left_ = 0;
  std::bitset<256> offered_;
};

// RFC 1928 section 3, the answer:
//
//   +-----+--------+
//   | VER | METHOD |
//   +-----+--------+
//   |  05 |   1    |
//   +-----+--------+
void WriteSocks5Method(HandshakeWriter& out, uint8_t method);

// RFC 1928 section 4 and 5, the request:
//
//   +-----+-----+-----+------+----------+----------+
//   | VER | CMD | RSV | ATYP | DST.ADDR | DST.PORT |
//   +-----+-----+-----+------+----------+----------+
//   |  05 |  1  | (00)|  1   | Variable |    2     |
//   +-----+-----+-----+------+----------+----------+
//
//   ATYP 01: 4 octets; 03: one octet of length, then the name; 04: 16 octets. RSV is not looked at.
//
// Refuses at the byte that makes it certain (VER, a length of 0, a byte no name has) or at the end
// of the first four (CMD, ATYP), so that a client with a bad request never waits for its answer.
class Socks5Request {
 public:
  Parsed Feed(WireReader& in);
  // Its name lives as long as this object, which must not move meanwhile.
  SocksRequest request() const;

 private:
  enum class Awaits : uint8_t { kVersion, kHead, kNameLength, kName, kAddress, kPort, kNothing };

  Parsed OnHead(absl::Span<const uint8_t> head);
  Parsed OnName(WireReader& in);
  void OnAddress(absl::Span<const uint8_t> bytes);

  Awaits awaits_ = Awaits::kVersion;
  Command command_ = Command::kConnect;
  uint8_t address_size_ = 0;  // of kName and kAddress
  uint16_t port_ = 0;
  Address address_;
  WirePiece<16> piece_;
  WireText<limits::kNameBytesMax> name_;
};

// RFC 1928 section 6, the reply:
//
//   +-----+-----+-----+------+----------+----------+
//   | VER | REP | RSV | ATYP | BND.ADDR | BND.PORT |
//   +-----+-----+-----+------+----------+----------+
//   |  05 |  1  |  00 |  1   | Variable |    2     |
//   +-----+-----+-----+------+----------+----------+
//
// An unspecified address is written as 0.0.0.0 (ATYP 01), which is also what a failure carries: a
// shorter reply would leave clients waiting.
void WriteSocks5Reply(HandshakeWriter& out, Rep rep, const Endpoint& bound);

}  // namespace sluice

#endif  // SLUICE_PROTO_SOCKS5_H_

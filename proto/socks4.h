#ifndef SLUICE_PROTO_SOCKS4_H_
#define SLUICE_PROTO_SOCKS4_H_

// The messages of SOCKS4 ("SOCKS: A protocol for TCP proxy across firewalls") and of its extension
// SOCKS4a ("SOCKS 4A: A Simple Extension to SOCKS 4 Protocol"). What they lead to is the
// Handshake's business. Pure; any thread.

#include <cstdint>
#include <string_view>

#include "core/address.h"
#include "core/limits.h"
#include "proto/parsed.h"
#include "proto/socks5.h"
#include "proto/socks_request.h"
#include "proto/wire.h"

namespace sluice {

inline constexpr uint8_t kSocks4Version = 0x04;

// CD of a reply.
enum class Socks4Result : uint8_t {
  kGranted = 0x5a,
  kRejected = 0x5b,          // or failed
  kIdentUnreachable = 0x5c,  // the client's host does not say who it is
  kIdentMismatch = 0x5d,     // it says somebody else than USERID
};

// The request:
//
//   +----+----+---------+-------+--------+------+---------+------+
//   | VN | CD | DSTPORT | DSTIP | USERID | NULL | name    | NULL |
//   +----+----+---------+-------+--------+------+---------+------+
//   | 04 | 1  |    2    |   4   | var.   |  00  | var.    |  00  |
//   +----+----+---------+-------+--------+------+---------+------+
//                                               '-- only with DSTIP 0.0.0.x, x not 0: SOCKS4a
//
// Fed after VN. The texts have no bound of their own, so each is refused at the first byte beyond
// ours.
class Socks4Request {
 public:
  Parsed Feed(WireReader& in);
  // Its name lives as long as this object, which must not move meanwhile.
  SocksRequest request() const;
  // USERID as sent: any byte but NUL.
  std::string_view user_id() const { return user_id_.view(); }
  // DSTIP says that a name follows.
  bool is_socks4a() const { return named_; }

 private:
  enum class Awaits : uint8_t { kHead, kUserId, kName, kNothing };

  Parsed OnHead(absl::Span<const uint8_t> head);
  Parsed OnUserId(WireReader& in);
  Parsed OnName(WireReader& in);

  Awaits awaits_ = Awaits::kHead;
  Command command_ = Command::kConnect;
  bool named_ = false;
  uint16_t port_ = 0;
  Address address_;
  WirePiece<7> piece_;
  WireText<limits::kUserIdBytesMax> user_id_;
  WireText<limits::kNameBytesMax> name_;
};

// The reply:
//
//   +----+----+---------+-------+
//   | VN | CD | DSTPORT | DSTIP |
//   +----+----+---------+-------+
//   | 00 | 1  |    2    |   4   |
//   +----+----+---------+-------+
//
// An IPv6 address has no place in it and is written as 0.0.0.0.
void WriteSocks4Reply(HandshakeWriter& out, Socks4Result result, const Endpoint& bound);

}  // namespace sluice

#endif  // SLUICE_PROTO_SOCKS4_H_

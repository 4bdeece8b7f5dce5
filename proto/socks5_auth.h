#ifndef SLUICE_PROTO_SOCKS5_AUTH_H_
#define SLUICE_PROTO_SOCKS5_AUTH_H_

// The messages of RFC 1929, "Username/Password Authentication for SOCKS V5". Whether the
// credentials are good is others' business. User and password are bytes, not text: NUL and 0x80 to
// 0xFF are as good as any. The bytes are wiped when the message is destroyed, so that a password
// lives no longer than its check; there is no operator<<, so that none is printed. Pure; any
// thread.

#include <array>
#include <cstdint>
#include <string_view>

#include "core/limits.h"
#include "proto/parsed.h"
#include "proto/socks5.h"
#include "proto/wire.h"

namespace sluice {

// Of the sub-negotiation, not of SOCKS.
inline constexpr uint8_t kSocks5AuthVersion = 0x01;

// What a client says it is. The views live as long as the message that they were taken from.
struct Credentials {
  std::string_view user;
  std::string_view password;
};

// RFC 1929 section 2, the client's message:
//
//   +-----+------+----------+------+----------+
//   | VER | ULEN |  UNAME   | PLEN |  PASSWD  |
//   +-----+------+----------+------+----------+
//   |  01 |  1   | 1 to 255 |  1   | 1 to 255 |
//   +-----+------+----------+------+----------+
//
// Closes at the byte that makes it certain (VER, a length of 0), so that a client with a bad
// message never waits for its answer.
//
// PLEN 0 is no password. Java sends it, behind the name of its process's user, wherever it has no
// password to give. Where `nobody` may come, it makes a complete message, also with ULEN 0.
class Socks5Auth {
 public:
  explicit Socks5Auth(bool nobody) : nobody_(nobody) {}
  ~Socks5Auth();
  Socks5Auth(const Socks5Auth&) = delete;
  Socks5Auth& operator=(const Socks5Auth&) = delete;

  Parsed Feed(WireReader& in);
  // Complete once Feed said kDone.
  Credentials credentials() const;

 private:
  enum class Awaits : uint8_t {
    kVersion,
    kUserLength,
    kUser,
    kPasswordLength,
    kPassword,
    kNothing
  };

  bool Take(WireReader& in, uint8_t size);

  const bool nobody_;
  Awaits awaits_ = Awaits::kVersion;
  uint8_t user_size_ = 0;
  uint8_t password_size_ = 0;
  uint16_t held_ = 0;  // bytes of bytes_ that have arrived
  // UNAME, then PASSWD.
  std::array<char, limits::kUserIdBytesMax + limits::kPasswordBytesMax> bytes_;
};

// RFC 1929 section 2, the answer:
//
//   +-----+--------+
//   | VER | STATUS |
//   +-----+--------+
//   |  01 |   1    |   STATUS 00: success; anything else: the connection is closed
//   +-----+--------+
void WriteSocks5AuthStatus(HandshakeWriter& out, bool success);

}  // namespace sluice

#endif  // SLUICE_PROTO_SOCKS5_AUTH_H_

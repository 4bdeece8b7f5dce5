#ifndef SLUICE_BENCH_LOAD_SOCKS_CLIENT_H_
#define SLUICE_BENCH_LOAD_SOCKS_CLIENT_H_

// SocksClient: the client's side of SOCKS4, 4a and 5 (RFC 1928; with user name and password, RFC
// 1929), as a pure state machine: what to send, and what the server's bytes mean. Reads exactly the
// handshake, so that early bytes of the target stay the caller's. Not a judge of servers: a reply
// it does not understand is a refusal. No I/O, any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"

namespace sluice::load {

enum class SocksVersion : uint8_t { k4, k4a, k5 };

enum class SocksCommand : uint8_t { kConnect = 1, kUdpAssociate = 3 };

// What a client says of itself. SOCKS4 has a user id and no password.
struct SocksIdentity {
  std::string user{};  // empty: nothing is said
  std::string password{};
};

// What every tunnel of a run asks for: encoded once, sent by each.
struct SocksRequest {
  // CONNECT to `target`, or to `name` at the target's port where a name is given. SOCKS4 has no
  // names and no IPv6: see Problem. An association's request names nobody: its datagrams do.
  SocksRequest(SocksVersion version, SocksCommand command, const Endpoint& target,
               std::string_view name, const SocksIdentity& identity);
  SocksRequest(SocksVersion version, const Endpoint& target, std::string_view name)
      : SocksRequest(version, SocksCommand::kConnect, target, name, {}) {}

  // Why this request cannot be said in this version; empty: it can.
  static std::string_view Problem(SocksVersion version, SocksCommand command,
                                  const Endpoint& target, std::string_view name,
                                  const SocksIdentity& identity);

  SocksVersion version;
  std::string greeting;     // SOCKS5's method selection; empty in SOCKS4
  std::string credentials;  // RFC 1929; empty: no authentication is offered
  std::string request;
};

// What stands before the payload of each datagram to `target`, or to `name` at its port (RFC 1928
// section 7).
std::string UdpRequestHeader(const Endpoint& target, std::string_view name);

// Length of the header of a datagram from a target; 0 where it is none.
size_t UdpHeaderBytes(std::string_view datagram);

class SocksClient {
 public:
  enum class Next : uint8_t {
    kReceive,  // more bytes of the server are needed
    kSend,     // send `to_send`, then receive
    kOpen,     // the tunnel is open; bytes after `consumed` are the target's
    kRefused,  // the server said no, or nothing sensible
  };
  struct Answer {
    Next next;
    size_t consumed;
    std::string_view to_send;
  };

  // `request` must outlive the client.
  explicit SocksClient(const SocksRequest& request)
      : request_(&request),
        awaited_(request.version == SocksVersion::k5 ? Message::kMethod : Message::kReply) {}

  // What is sent as soon as the connection stands.
  std::string_view FirstBytes() const;
  // May be called with any piece of what the server sends, until it is neither kReceive nor kSend.
  Answer OnBytes(std::string_view bytes);

  // After kRefused: REP of SOCKS5, CD of SOCKS4; -1 where there was no reply to understand.
  int refusal() const { return refusal_; }
  // After kOpen in SOCKS5: BND.ADDR and BND.PORT. Nothing where that is a name.
  std::optional<Endpoint> bound() const;

 private:
  // The longest reply: RFC 1928 section 6 with a name of 255.
  static constexpr size_t kReplyBytesMax = 4 + 1 + 255 + 2;

  enum class Message : uint8_t { kMethod, kVerdict, kReply };

  // How long the message that has begun is, as far as its bytes so far tell.
  size_t WantedBytes() const;
  Answer OnMessage(size_t consumed);
  Answer OnMethod(size_t consumed);
  Answer OnVerdict(size_t consumed);
  Answer OnReply(size_t consumed);
  Answer Refuse(int code, size_t consumed);

  const SocksRequest* request_;
  int refusal_ = -1;
  Message awaited_;
  uint16_t got_ = 0;
  uint8_t head_[4 + 16 + 2] = {};  // the first bytes of the message: all that matters of it
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_SOCKS_CLIENT_H_

#ifndef SLUICE_PROTO_HANDSHAKE_H_
#define SLUICE_PROTO_HANDSHAKE_H_

// Handshake: the SOCKS conversation of one client as a pure state machine, for SOCKS4, SOCKS4a and
// SOCKS5.
//
// Bytes in, and out comes one of a closed list of steps. It parses in place, can be stopped and
// resumed at every byte, and consumes exactly the bytes that belong to the handshake: what follows
// the request is the tunnel's. Nothing is allocated. It knows no socket, no clock, no policy and no
// user; whoever drives it sends `output()`, checks credentials and calls Authenticated or
// RejectCredentials, decides the request and calls Succeed or Fail. One thread at a time; it does
// not move, because the request's name points into it.
//
// Sources: RFC 1928, RFC 1929, "SOCKS: A protocol for TCP proxy across firewalls" (SOCKS4),
// SOCKS 4A.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "absl/types/span.h"
#include "core/address.h"
#include "proto/parsed.h"
#include "proto/socks4.h"
#include "proto/socks5.h"
#include "proto/socks5_auth.h"
#include "proto/socks_request.h"

namespace sluice {

inline constexpr std::array<uint8_t, 1> kNoAuthentication = {kMethodNone};

class Handshake {
 public:
  struct Options {
    bool socks4 = false;  // serve SOCKS4 and SOCKS4a
    // METHODs of SOCKS5 that may be chosen, the preferred one first; copied. With kMethodNone and
    // kMethodPassword among them, a client that offers both is asked for its password, whichever
    // is preferred: who has none says so by an empty one, and is nobody.
    absl::Span<const uint8_t> methods = kNoAuthentication;
  };

  enum class Step : uint8_t {
    kMore,  // every byte was consumed; send output(), then feed more
    // credentials() are complete, or method() is GSSAPI: send output(), check who it
    kAuthenticate,
    // is, call Authenticated or RejectCredentials. Bytes behind were not consumed:
    // feed them again after Authenticated; with GSSAPI, what they then carry
    kDecide,  // request() is complete; send output(), decide, call Succeed or Fail
    kRefuse,  // it ends here: send output(), then close; why() says why, rep() has the code
              // where there is one
    kClose,   // not SOCKS, or broken beyond an answer, and nothing is left to be sent: close
              // without a byte; why() says why
  };

  explicit Handshake(const Options& options);
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  // Consumes from `bytes` and says how many; stops at the end of the credentials and of the
  // request. Not to be called after a step other than kMore, except after Authenticated.
  Step Feed(absl::Span<const uint8_t> bytes, size_t* consumed);

  // The verdict on credentials(), which are wiped by it, written to output(); GSSAPI says it in its
  // own messages (RFC 1961), so nothing is written here. After a rejection
  // nothing more is fed: send output(), then close, as after kRefuse.
  void Authenticated();
  void RejectCredentials();
  // There is no verdict: nobody could say whether they are right, so nothing is said of it. Then as
  // after a rejection.
  void DropCredentials();

  // Writes a reply to output(). BND.ADDR as RFC 1928 section 6 has it; SOCKS4 carries an IPv6
  // address as zeros. Twice for BIND: where it is listened, then who has connected.
  void Succeed(const Endpoint& bound);
  // The final one. `rep` ≠ kSucceeded; SOCKS4 answers 91 (0x5B).
  void Fail(Rep rep);
  // The final one of a SOCKS4 client whose host was asked who it is (RFC 1413) and did not answer
  // (0x5C), or named another user (0x5D).
  void FailIdent(bool unreachable);

  // Bytes for the client that have not been taken. TakeOutput forgets them (the caller keeps its
  // copy until sent).
  absl::Span<const uint8_t> output() const { return output_.written(); }
  void TakeOutput() { output_.Clear(); }

  Version version() const { return version_; }
  // The METHOD that was chosen; kMethodNoneAcceptable before that, and for SOCKS4. kMethodNone also
  // of a client that was asked for a password, had none and may be nobody.
  uint8_t method() const { return method_; }
  // From kAuthenticate until the verdict; empty otherwise.
  Credentials credentials() const;
  // Complete from kDecide on; where the request was refused, what was understood until then.
  const SocksRequest& request() const { return request_; }
  // SOCKS4's USERID, raw bytes; empty for SOCKS5.
  std::string_view user_id() const;
  // For logs: a fixed sentence such as "no acceptable authentication method".
  std::string_view why() const { return why_; }
  Rep rep() const { return rep_; }

 private:
  Step Advance(WireReader& in);
  Step OnVersion(uint8_t version);
  Step OnGreeting(const Socks5Greeting& greeting);
  Step OnCredentials(const Parsed& parsed);
  Step OnRequest();
  Step Refuse(Rep rep, std::string_view why);
  Step Close(std::string_view why);
  Step StepOf(const Parsed& parsed);

  uint8_t Choose(const Socks5Greeting& greeting) const;
  bool Serves(uint8_t method) const;
  void RefuseCredentials(std::string_view why);

  bool socks4_ = false;
  uint8_t methods_size_ = 0;
  std::array<uint8_t, limits::kMethodsMax> methods_;
  uint8_t method_ = kMethodNoneAcceptable;
  Version version_ = Version::kUnknown;
  Rep rep_ = Rep::kSucceeded;
  std::string_view why_;
  SocksRequest request_;
  // The message that is awaited; before the first byte, none.
  std::variant<std::monostate, Socks5Greeting, Socks5Auth, Socks5Request, Socks4Request> message_;
  HandshakeWriter output_;
};

}  // namespace sluice

#endif  // SLUICE_PROTO_HANDSHAKE_H_

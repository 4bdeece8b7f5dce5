#ifndef SLUICE_RELAY_GSS_GSS_CONVERSATION_H_
#define SLUICE_RELAY_GSS_GSS_CONVERSATION_H_

// GssConversation: the gateway's side of one GSSAPI security context (RFC 2743), and GssMechanism,
// where they come from: the door to GSSAPI, beside the Kernel. Two implementations: GssapiMechanism
// (MIT Kerberos) and the simulator's.
// Thread: one at a time. Accept may read files and wait, so it is called on a worker's; everything
// else is called on the shard's, once the context is established. No socket, no framing: that is
// GssLayer's.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace sluice {

struct GssAccepted {
  enum class Progress : uint8_t { kContinue, kEstablished, kFailed };
  Progress progress = Progress::kFailed;
  std::vector<uint8_t> answer;  // token for the client, perhaps empty
  std::string_view why;         // where it failed: a sentence of the program's text
};

struct GssUnwrapped {
  enum class Outcome : uint8_t {
    kInTurn,
    kOutOfTurn,  // whole, but others before it are missing or came later
    kRepeated,   // whole, and seen before, or so old that this cannot be told
    kForged,     // not what the client wrapped
  };
  Outcome outcome = Outcome::kForged;
  bool confidential = false;    // it was encrypted
  absl::Span<uint8_t> message;  // where it stands in the token
};

class GssConversation {
 public:
  virtual ~GssConversation() = default;

  // gss_accept_sec_context with the client's next token.
  virtual GssAccepted Accept(absl::Span<const uint8_t> token) = 0;

  // --- Once established.

  // Whom the client has proved to be, for example alice@EXAMPLE.ORG. Bytes of the network.
  virtual std::string_view principal() const = 0;
  virtual bool offers_integrity() const = 0;
  virtual bool offers_confidentiality() const = 0;
  // Appends the token of `message` to *out. False where it could not be made.
  virtual bool Wrap(absl::Span<const uint8_t> message, bool confidential,
                    std::vector<uint8_t>* out) = 0;
  // Overwrites the token.
  virtual GssUnwrapped Unwrap(absl::Span<uint8_t> token) = 0;
};

class GssMechanism {
 public:
  virtual ~GssMechanism() = default;
  // `service` and `keytab` as auth.gssapi_service and auth.gssapi_keytab have them. Any thread.
  virtual std::unique_ptr<GssConversation> NewConversation(std::string_view service,
                                                           std::string_view keytab) = 0;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_GSS_CONVERSATION_H_

#ifndef SLUICE_RELAY_GSS_GSS_LAYER_H_
#define SLUICE_RELAY_GSS_GSS_LAYER_H_

// GssLayer: RFC 1961 between a client's socket and the rest of its session: tokens until the
// security context stands, then the level of protection, then messages. Bytes of the client go in
// and messages come out; what the gateway says goes in and frames come out. It does no I/O; whoever
// drives it accepts tokens off the shard's thread and sends output().
//
// It is allocated for sessions that chose GSSAPI, and so is what it holds: at most one frame and
// one receive of the client's, and what is being sent. One thread, the shard's. A Session owns it.

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "proto/gssapi_frame.h"
#include "relay/gss/gss_conversation.h"

namespace sluice {

class GssLayer {
 public:
  enum class Step : uint8_t {
    kMore,     // nothing to do before more bytes are appended
    kAccept,   // token() is there: LendConversation, accept, then OnAccepted
    kMessage,  // message() is there
    kBroken,   // why() says why; in the negotiation, Abort
  };

  // `levels`: those accepted, the preferred first.
  GssLayer(std::unique_ptr<GssConversation> conversation, absl::Span<const GssapiLevel> levels);

  // Bytes of the client. Ends what message() and token() point at.
  void Append(absl::Span<const uint8_t> bytes) { frames_.Append(bytes); }
  Step Next();

  absl::Span<const uint8_t> token() { return frames_.token(); }
  // While a worker has the conversation, only Append and Abort may be called.
  std::unique_ptr<GssConversation> LendConversation() { return std::move(conversation_); }
  // `refused`: why the established context is not good enough; empty where it is.
  void OnAccepted(std::unique_ptr<GssConversation> conversation, const GssAccepted& accepted,
                  std::string_view refused);

  // What of the message was not consumed. Messages stay where they are until Append, also when Next
  // goes on behind them.
  absl::Span<const uint8_t> message() const { return message_; }
  void ConsumeMessage(size_t bytes) { message_.remove_prefix(bytes); }
  // Bytes of the client that were not consumed.
  size_t held() const { return message_.size() + frames_.held(); }

  // One frame with `message` is appended to *out. At most kMessageBytesMax.
  bool Wrap(absl::Span<const uint8_t> message, std::vector<uint8_t>* out);
  // For UDP, where a datagram's whole content is one frame. What a client's datagram carries;
  // nothing where it is not whole and new.
  absl::Span<const uint8_t> UnwrapDatagram(absl::Span<const uint8_t> datagram);
  // The datagram that carries `header` and `data`; nothing where they are too long. Either lives
  // until the next call.
  absl::Span<const uint8_t> WrapDatagram(absl::Span<const uint8_t> header,
                                         absl::Span<const uint8_t> data);

  // Appends 01 FF to output(), section 3.8, and frees what the client has said.
  void Abort();
  // Frames for the client that have not been taken.
  bool has_output() const { return !output_.empty(); }
  std::vector<uint8_t> TakeOutput() { return std::move(output_); }
  // Wraps `message` into output().
  bool Say(absl::Span<const uint8_t> message) { return Wrap(message, &output_); }

  bool established() const { return phase_ >= Phase::kLevel; }
  // From then on the SOCKS conversation is in messages.
  bool protects() const { return phase_ == Phase::kMessages; }
  GssapiLevel level() const { return level_; }
  std::string_view principal() const { return conversation_->principal(); }
  std::string_view why() const { return why_; }

  // What one token has room for, whatever the mechanism adds (Kerberos: some 80 bytes).
  static constexpr size_t kMessageBytesMax = kGssapiTokenBytesMax - 1024;

 private:
  enum class Phase : uint8_t { kTokens, kLevel, kMessages };

  GssapiMessage Awaited() const;
  bool OnLevel();
  bool OnMessage();
  bool Break(std::string_view why);
  bool Choose(uint8_t proposed);
  bool Offers(GssapiLevel level) const;
  bool LevelAllows(bool confidential) const;
  void AppendFrame(GssapiMessage message, absl::Span<const uint8_t> token);
  bool AppendWrapped(GssapiMessage kind, absl::Span<const uint8_t> message, bool confidential,
                     std::vector<uint8_t>* out);

  std::unique_ptr<GssConversation> conversation_;
  GssapiFrames frames_;
  absl::Span<uint8_t> message_;
  std::vector<uint8_t> output_;
  std::vector<uint8_t> datagram_;  // of UDP: as it came, or before it is wrapped
  std::vector<uint8_t> wrapped_datagram_;
  std::array<GssapiLevel, 3> levels_;
  uint8_t levels_size_ = 0;
  Phase phase_ = Phase::kTokens;
  GssapiLevel level_ = GssapiLevel::kIntegrity;
  std::string_view why_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_GSS_LAYER_H_

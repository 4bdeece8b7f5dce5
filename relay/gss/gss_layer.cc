// A GSSAPI session, in the order of RFC 1961:
//   1. Next / OnAccepted: tokens of the security context, section 3.
//   2. OnLevel: the client proposes a level of protection, the gateway's choice is the answer,
//      section 4.
//   3. OnMessage, Wrap: request, replies and the user's bytes, each a wrapped message in a frame,
//      section 5. UnwrapDatagram: UDP.

#include "relay/gss/gss_layer.h"

#include <algorithm>

#include "glog/logging.h"

namespace sluice {

GssLayer::GssLayer(std::unique_ptr<GssConversation> conversation,
                   absl::Span<const GssapiLevel> levels)
    : conversation_(std::move(conversation)) {
  levels_size_ = static_cast<uint8_t>(std::min(levels.size(), levels_.size()));
  std::copy_n(levels.begin(), levels_size_, levels_.begin());
}

bool GssLayer::Break(std::string_view why) {
  why_ = why;
  return false;
}

// --- 1. Tokens

GssLayer::Step GssLayer::Next() {
  while (why_.empty()) {
    if (!message_.empty()) return Step::kMessage;
    DCHECK(conversation_ != nullptr) << "a worker has the conversation";
    const GssapiFrames::Outcome outcome = frames_.Next(Awaited());
    if (outcome == GssapiFrames::Outcome::kMore) return Step::kMore;
    if (outcome == GssapiFrames::Outcome::kBroken) {
      Break(frames_.why());
    } else if (phase_ == Phase::kTokens) {
      return Step::kAccept;
    } else if (phase_ == Phase::kLevel) {
      OnLevel();
    } else {
      OnMessage();
    }
  }
  return Step::kBroken;
}

GssapiMessage GssLayer::Awaited() const {
  if (phase_ == Phase::kTokens) return GssapiMessage::kAuthentication;
  return phase_ == Phase::kLevel ? GssapiMessage::kProtectionLevel : GssapiMessage::kData;
}

void GssLayer::OnAccepted(std::unique_ptr<GssConversation> conversation,
                          const GssAccepted& accepted, std::string_view refused) {
  conversation_ = std::move(conversation);
  frames_.Consume();
  if (accepted.progress == GssAccepted::Progress::kFailed) {
    Break(accepted.why);
  } else if (!refused.empty()) {
    Break(refused);
  } else if (accepted.answer.size() > kGssapiTokenBytesMax) {
    Break("the gateway's token is too long for a GSSAPI message");
  } else {
    // Where there is no token for the client, one of no bytes says that it may go on (section 3.7).
    AppendFrame(GssapiMessage::kAuthentication, accepted.answer);
    if (accepted.progress == GssAccepted::Progress::kEstablished) phase_ = Phase::kLevel;
  }
}

void GssLayer::Abort() {
  message_ = {};
  frames_.Drop();
  output_.insert(output_.end(), {kGssapiVersion, static_cast<uint8_t>(GssapiMessage::kAbort)});
}

// --- 2. The level of protection
//
// The token is one octet, wrapped without confidentiality. What the client proposes may be no level
// at all (curl says 0): the answer decides.

bool GssLayer::OnLevel() {
  const GssUnwrapped unwrapped = conversation_->Unwrap(frames_.token());
  frames_.Consume();
  if (unwrapped.outcome != GssUnwrapped::Outcome::kInTurn)
    return Break("the protection level was not wrapped by the client");
  if (unwrapped.message.size() != 1) return Break("a protection level is one octet");
  if (!Choose(unwrapped.message[0]))
    return Break(
        "the security context offers none of the protection levels that are accepted here");
  const auto level = static_cast<uint8_t>(level_);
  if (!AppendWrapped(GssapiMessage::kProtectionLevel, absl::MakeConstSpan(&level, 1),
                     /*confidential=*/false, &output_)) {
    return Break("the protection level could not be wrapped");
  }
  phase_ = Phase::kMessages;
  return true;
}

bool GssLayer::Offers(GssapiLevel level) const {
  switch (level) {
    case GssapiLevel::kIntegrity:
    case GssapiLevel::kSelective: return conversation_->offers_integrity();
    case GssapiLevel::kConfidentiality: return conversation_->offers_confidentiality();
  }
  return false;
}

// What the client proposes where that is accepted; otherwise the preferred level, which the client
// may refuse by closing.
bool GssLayer::Choose(uint8_t proposed) {
  const GssapiLevel* chosen = nullptr;
  for (size_t i = 0; i < levels_size_; ++i) {
    if (!Offers(levels_[i])) continue;
    if (chosen == nullptr || static_cast<uint8_t>(levels_[i]) == proposed) chosen = &levels_[i];
  }
  if (chosen != nullptr) level_ = *chosen;
  return chosen != nullptr;
}

// --- 3. Messages

bool GssLayer::LevelAllows(bool confidential) const {
  return level_ == GssapiLevel::kSelective ||
         confidential == (level_ == GssapiLevel::kConfidentiality);
}

bool GssLayer::OnMessage() {
  const GssUnwrapped unwrapped = conversation_->Unwrap(frames_.token());
  frames_.Consume();
  switch (unwrapped.outcome) {
    case GssUnwrapped::Outcome::kForged:
      return Break("a GSSAPI message that the client did not wrap");
    case GssUnwrapped::Outcome::kOutOfTurn: return Break("a GSSAPI message out of turn");
    case GssUnwrapped::Outcome::kRepeated: return Break("a GSSAPI message was repeated");
    case GssUnwrapped::Outcome::kInTurn: break;
  }
  if (!LevelAllows(unwrapped.confidential))
    return Break("a GSSAPI message of another protection level than was agreed");
  message_ = unwrapped.message;  // an empty one says nothing
  return true;
}

bool GssLayer::Wrap(absl::Span<const uint8_t> message, std::vector<uint8_t>* out) {
  const bool confidential =
      level_ == GssapiLevel::kConfidentiality ||
      (level_ == GssapiLevel::kSelective && conversation_->offers_confidentiality());
  return AppendWrapped(GssapiMessage::kData, message, confidential, out);
}

absl::Span<const uint8_t> GssLayer::UnwrapDatagram(absl::Span<const uint8_t> datagram) {
  datagram_.assign(datagram.begin(), datagram.end());
  const absl::Span<uint8_t> token = GssapiDatagramToken(absl::MakeSpan(datagram_));
  if (token.empty()) return {};
  const GssUnwrapped unwrapped = conversation_->Unwrap(token);
  // Datagrams may be lost and overtake each other; nobody may say one twice.
  const bool good = unwrapped.outcome == GssUnwrapped::Outcome::kInTurn ||
                    unwrapped.outcome == GssUnwrapped::Outcome::kOutOfTurn;
  return good && LevelAllows(unwrapped.confidential) ? unwrapped.message : absl::Span<uint8_t>();
}

absl::Span<const uint8_t> GssLayer::WrapDatagram(absl::Span<const uint8_t> header,
                                                 absl::Span<const uint8_t> data) {
  if (header.size() + data.size() > kMessageBytesMax) return {};
  datagram_.assign(header.begin(), header.end());
  datagram_.insert(datagram_.end(), data.begin(), data.end());
  wrapped_datagram_.clear();
  return Wrap(datagram_, &wrapped_datagram_) ? absl::MakeConstSpan(wrapped_datagram_)
                                             : absl::Span<const uint8_t>();
}

void GssLayer::AppendFrame(GssapiMessage message, absl::Span<const uint8_t> token) {
  const size_t at = output_.size();
  output_.resize(at + kGssapiHeaderBytes);
  WriteGssapiHeader(absl::MakeSpan(output_).subspan(at), message, token.size());
  output_.insert(output_.end(), token.begin(), token.end());
}

bool GssLayer::AppendWrapped(GssapiMessage kind, absl::Span<const uint8_t> message,
                             bool confidential, std::vector<uint8_t>* out) {
  DCHECK_LE(message.size(), kMessageBytesMax);
  const size_t at = out->size();
  out->resize(at + kGssapiHeaderBytes);
  if (!conversation_->Wrap(message, confidential, out)) return false;
  const size_t token_bytes = out->size() - at - kGssapiHeaderBytes;
  if (token_bytes > kGssapiTokenBytesMax) return false;
  WriteGssapiHeader(absl::MakeSpan(*out).subspan(at), kind, token_bytes);
  return true;
}

}  // namespace sluice

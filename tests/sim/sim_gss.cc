#include "tests/sim/sim_gss.h"

namespace sluice {
namespace {

bool Consume(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

}  // namespace

GssAccepted SimGssConversation::Accept(absl::Span<const uint8_t> token) {
  GssAccepted accepted;
  std::string_view text(reinterpret_cast<const char*>(token.data()), token.size());
  std::string_view answer = "welcome";
  if (text == "more:") {
    accepted.progress = GssAccepted::Progress::kContinue;
    accepted.answer = {'m', 'o', 'r', 'e'};
    return accepted;
  }
  if (Consume(&text, "mute:")) answer = "";
  if (Consume(&text, "plain:")) confidentiality_ = false;
  if (Consume(&text, "bare:")) integrity_ = confidentiality_ = false;
  if (text.find('@') == std::string_view::npos) {
    accepted.why = "the token is not accepted";
    return accepted;
  }
  principal_ = text;
  accepted.progress = GssAccepted::Progress::kEstablished;
  accepted.answer.assign(answer.begin(), answer.end());
  return accepted;
}

bool SimGssConversation::Wrap(absl::Span<const uint8_t> message, bool confidential,
                              std::vector<uint8_t>* out) {
  out->insert(out->end(), {static_cast<uint8_t>(confidential ? 2 : 1), next_out_++,
                           static_cast<uint8_t>(message.size())});
  out->insert(out->end(), message.begin(), message.end());
  return true;
}

GssUnwrapped SimGssConversation::Unwrap(absl::Span<uint8_t> token) {
  GssUnwrapped unwrapped;
  if (token.size() < 3 || token[0] < 1 || token[0] > 2 ||
      token[2] != static_cast<uint8_t>(token.size() - 3))
    return unwrapped;
  const auto ahead = static_cast<int8_t>(token[1] - next_in_);
  unwrapped.outcome = ahead == 0  ? GssUnwrapped::Outcome::kInTurn
                      : ahead > 0 ? GssUnwrapped::Outcome::kOutOfTurn
                                  : GssUnwrapped::Outcome::kRepeated;
  if (ahead >= 0) next_in_ = static_cast<uint8_t>(token[1] + 1);
  unwrapped.confidential = token[0] == 2;
  unwrapped.message = token.subspan(3);
  return unwrapped;
}

}  // namespace sluice

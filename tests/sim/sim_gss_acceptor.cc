#include "tests/sim/sim_gss_acceptor.h"

#include <utility>

namespace sluice {

bool SimGssAcceptor::Accept(std::unique_ptr<GssConversation> conversation,
                            absl::Span<const uint8_t> token, Receiver& receiver) {
  if (waiting_.size() >= kWaitingMax) return false;
  const uint64_t ticket = next_ticket_++;
  waiting_[ticket] = Waiting{std::move(conversation), {token.begin(), token.end()}, &receiver};
  network_.Trace("token asked", static_cast<int64_t>(ticket));
  network_.clock().After(absl::Milliseconds(1), [this, ticket] {
    kernel_.CallInTurn([this, ticket] { Answer(ticket); });
  });
  return true;
}

void SimGssAcceptor::Forget(Receiver& receiver) {
  for (auto& [ticket, waiting] : waiting_) {
    if (waiting.receiver == &receiver) waiting.receiver = nullptr;
  }
}

void SimGssAcceptor::Answer(uint64_t ticket) {
  Waiting waiting = std::move(waiting_[ticket]);
  waiting_.erase(ticket);
  const GssAccepted accepted = waiting.conversation->Accept(waiting.token);
  if (waiting.receiver != nullptr)
    waiting.receiver->OnAccepted(std::move(waiting.conversation), accepted);
}

}  // namespace sluice

#include "tests/sim/sim_eviction.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "relay/now_refused.h"

namespace sluice {

void SimEviction::Start(const SimPolicy& policy) {
  policy_ = policy;
  again_ = false;
  shard_ = 0;
  refused_.clear();
  ++round_;
  Ask(SessionOrder::List(0));
}

void SimEviction::Ask(SessionOrder order) {
  asked_ = std::make_shared<SessionOrder>(std::move(order));
  gateway_.gateway().shards()[shard_]->Ask(asked_);
  Poll(round_);
}

void SimEviction::Poll(int round) {
  if (round != round_) return;
  if (!asked_->answered())
    return network_.clock().After(absl::Microseconds(100), [this, round] { Poll(round); });
  if (asked_->kind == SessionOrder::Kind::kList) return TakePage();
  ended_ += asked_->ended;
  EndNext();
}

void SimEviction::TakePage() {
  const Snapshot& rules = gateway_.gateway().current();
  for (const LiveSession& session : asked_->sessions()) {
    ++listed_;
    const bool refused = NowRefusedBy(rules, session).has_value();
    Judge(session, refused);
    if (refused) refused_.push_back(session.place);
  }
  if (again_ && !refused_.empty()) {
    network_.judge().Accuse("sessions that the rules refuse were not ended");
    refused_.clear();
  }
  if (!asked_->last) return Ask(SessionOrder::List(asked_->next));
  EndNext();
}

// Then the next shard; after the last one all of them again.
void SimEviction::EndNext() {
  if (!refused_.empty()) {
    const size_t count = std::min(refused_.size(), limits::kSessionsEnded);
    std::vector<SessionPlace> some(refused_.end() - static_cast<ptrdiff_t>(count), refused_.end());
    refused_.resize(refused_.size() - count);
    return Ask(SessionOrder::End(std::move(some), EndedBy::kPolicy, kNowRefused));
  }
  if (++shard_ == gateway_.gateway().shards().size()) {
    if (std::exchange(again_, true)) return;
    shard_ = 0;
  }
  Ask(SessionOrder::List(0));
}

void SimEviction::Judge(const LiveSession& session, bool refused) {
  const AccessRecord& record = session.record;
  const bool carries = record.state == SessionState::kReplyDelivery ||
                       record.state == SessionState::kRelay ||
                       record.state == SessionState::kHalfClosed;
  // Whether it leads to the gateway itself is another question.
  const bool asked = carries && record.requested_address.port != policy_.port;
  if (!asked) {
    if (refused && record.requested_address.port != policy_.port)
      network_.judge().Accuse("a session was refused that was not let in yet");
    return;
  }
  const std::string_view name = record.name.view();
  const uint16_t port = record.requested_address.port;
  const Address& client = record.client.address;
  const bool allowed = (name.empty() || !policy_.NameIsDenied(client, name, port)) &&
                       policy_.Allows(client, name, record.target.address, port);
  if (allowed == refused) {
    network_.judge().Accuse(absl::StrCat("the rules ", refused ? "refuse" : "allow", " ",
                                         record.client.ToString(), " -> ", record.target.ToString(),
                                         ", and should not"));
  }
}

}  // namespace sluice

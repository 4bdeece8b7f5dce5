// The part of an opening that looks at the addresses of a name:
//   1. OnResolved: what came of the name. FindCandidates: those that the rules allow, each by its
//      own rule.
//   2. DialAlso: A and AAAA are asked apart, and those of the slower family join the dialling.

#include <algorithm>
#include <array>

#include "glog/logging.h"
#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {

// Once with the addresses of the family that was faster, then with all.
void Opening::OnResolved(const NameAnswer& answer) {
  if (session_.traced()) {
    session_.Trace(TraceStep::Kind::kAnswer, answer.status, {}, {},
                   static_cast<int32_t>(answer.addresses.size()));
  }
  if (session_.state() == SessionState::kConnection) return DialAlso(answer);
  switch (answer.status) {
    case NameAnswer::Status::kFound: break;
    case NameAnswer::Status::kNotFound:
      return Refuse(Rep::kHostUnreachable, EndedBy::kTarget,
                    "the name does not exist or has no address");
    case NameAnswer::Status::kFailed:
      return Refuse(Rep::kHostUnreachable, EndedBy::kGateway, "no name server answered");
    case NameAnswer::Status::kNoPlace:
      return Refuse(Rep::kGeneralFailure, EndedBy::kLimit, "as many names are asked as may");
  }
  const Snapshot& snapshot = shard_.snapshot();
  // Other rules have come meanwhile: one policy decides both, or a connection could be made that
  // neither allows.
  if (snapshot.generation() != decided_by_) {
    const Decision decision = AskPolicy(ToPolicyRequest());
    decided_by_ = snapshot.generation();
    if (decision.verdict == Verdict::kDeny) {
      session_.NoteRule(snapshot.RuleName(decision.rule));
      return Refuse(Rep::kNotAllowed, EndedBy::kPolicy, "denied by the rules");
    }
  }
  candidates_count_ = 0;
  FindCandidates(answer);
}

// All allowed addresses are, each by its own rule.
void Opening::FindCandidates(const NameAnswer& answer) {
  const Snapshot& snapshot = shard_.snapshot();
  PolicyRequest asked = ToPolicyRequest();
  asked.address_known = true;
  bool needs_ident = false;
  bool barred = false;
  Decision denied;
  for (const Address& address : answer.addresses) {
    asked.address = address;
    const Decision decision = AskPolicy(asked);
    if (decision.verdict == Verdict::kDeny) {
      denied = decision;
    } else if (BarsSocks4(decision)) {
      barred = true;
    } else if (NeedsIdent(decision.rule)) {
      needs_ident = true;
      session_.NoteRule(snapshot.RuleName(decision.rule));
    } else {
      AddCandidate(address, decision.rule);
    }
  }
  // Once for all of them; where it fails, those remain that do not ask for it.
  if (needs_ident && !ident_failure_) {
    static_cast<Resolver::Waiter*>(this)->Unlink();  // it is asked again afterwards
    return Identify();
  }
  if (candidates_count_ > 0) {
    session_.NoteRule(candidates_[0].rule_name.view());
    return Serve();
  }
  // What is allowed may be of the other family.
  if (MoreToCome()) return;
  if (needs_ident) return RefuseIdent();
  if (barred) return Refuse(Rep::kNotAllowed, EndedBy::kPolicy, kSocks4Barred);
  session_.NoteRule(snapshot.RuleName(denied.rule));
  Refuse(Rep::kNotAllowed, EndedBy::kPolicy,
         denied.special_use ? "the name leads to a special-use destination that no rule names"
                            : "denied by the rules, for every address of the name");
}

bool Opening::MoreToCome() const { return static_cast<const Resolver::Waiter*>(this)->linked(); }

// The family that was slower has come while the other one is dialled.
void Opening::DialAlso(const NameAnswer& answer) {
  PolicyRequest asked = ToPolicyRequest();
  const bool denied = AskPolicy(asked).verdict == Verdict::kDeny;
  asked.address_known = true;
  for (const Address& address : answer.addresses) {
    asked.address = address;
    const Decision decision = AskPolicy(asked);
    if (!denied && decision.verdict == Verdict::kAllow && !BarsSocks4(decision) &&
        !NeedsIdent(decision.rule))
      AddCandidate(address, decision.rule);
  }
  std::array<Address, limits::kDialAddressesMax> addresses;
  dialer_.Add(CandidateAddresses(&addresses));
}

void Opening::AddCandidate(const Address& address, int32_t rule) {
  const auto is_it = [&](const Candidate& candidate) { return candidate.address == address; };
  if (candidates_count_ == candidates_.size() ||
      std::any_of(candidates().begin(), candidates().end(), is_it))
    return;
  const Snapshot& snapshot = shard_.snapshot();
  Candidate& candidate = candidates_[candidates_count_++];
  candidate.address = address;
  candidate.rule = rule;
  candidate.generation = snapshot.generation();
  candidate.rule_name.Set(snapshot.RuleName(rule));
}

Opening::Candidate& Opening::CandidateAt(const Address& address) {
  const auto found =
      std::find_if(candidates_.begin(), candidates_.begin() + candidates_count_,
                   [&](const Candidate& candidate) { return candidate.address == address; });
  CHECK(found != candidates_.begin() + candidates_count_) << "an address that no rule has allowed";
  return *found;
}

absl::Span<const Address> Opening::CandidateAddresses(
    std::array<Address, limits::kDialAddressesMax>* out) const {
  std::transform(candidates().begin(), candidates().end(), out->begin(),
                 [](const Candidate& candidate) { return candidate.address; });
  return absl::MakeConstSpan(out->data(), candidates_count_);
}

}  // namespace sluice

#include "relay/now_refused.h"

namespace sluice {
namespace {

// SOCKS4 cannot prove a user, so where a proof is asked for only a rule that asks its host lets it.
bool BarsSocks4(const Snapshot& snapshot, const LiveSession& session, const Decision& decision) {
  if (session.record.version == Version::kSocks5) return false;
  const AuthSettings& auth = snapshot.auth();
  if (auth.Has(AuthMethod::kNone) || auth.ident_required) return false;
  return decision.verdict == Verdict::kAllow && !snapshot.Grant(decision.rule).ident;
}

}  // namespace

std::optional<PolicyRequest> QuestionOf(const LiveSession& session) {
  const AccessRecord& record = session.record;
  PolicyRequest asked;
  asked.client = record.client;
  asked.client_interface = session.client_interface;
  asked.user = record.user.view();
  asked.proof = ProofOf(record.auth, record.user.view());
  asked.command = static_cast<PolicyCommand>(static_cast<int>(record.command) - 1);
  asked.gateway_itself = session.leads_to_itself;
  switch (record.state) {
    case SessionState::kAssociation: asked.address_known = true; return asked;
    case SessionState::kPeer:
      asked.name = record.name.view();
      asked.address_known = asked.name.empty();
      asked.address = record.requested_address.address;
      asked.port = record.requested_address.port;
      return asked;
    case SessionState::kReplyDelivery:
    case SessionState::kRelay:
    case SessionState::kHalfClosed:
      if (record.command == Command::kUdpAssociate) {  // its reply is on the way
        asked.address_known = true;
        return asked;
      }
      asked.name = record.name.view();
      asked.address_known = true;
      asked.address = record.target.address;
      asked.port = record.requested_address.port;
      return asked;
    default: return std::nullopt;
  }
}

std::optional<Decision> NowRefusedBy(const Snapshot& snapshot, const LiveSession& session) {
  const std::optional<PolicyRequest> asked = QuestionOf(session);
  if (!asked) return std::nullopt;
  if (!asked->name.empty() && asked->address_known) {
    PolicyRequest by_name = *asked;
    by_name.address_known = false;
    const Decision decision = snapshot.Decide(by_name);
    if (decision.verdict == Verdict::kDeny) return decision;
  }
  const Decision decision = snapshot.Decide(*asked);
  if (decision.verdict == Verdict::kDeny || BarsSocks4(snapshot, session, decision))
    return decision;
  return std::nullopt;
}

}  // namespace sluice

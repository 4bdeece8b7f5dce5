// The part of an opening that has a SOCKS4 client's user id confirmed by the client's own host
// (RFC 1413), where the configuration or the rule asks for it: between the decision and what it
// leads to. Once confirmed, the same question is decided again, with the proof.

#include <algorithm>
#include <cerrno>
#include <utility>

#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {

// Whether the client must be asked for before `rule` lets it in.
bool Opening::NeedsIdent(int32_t rule) const {
  if (handshake_.version() == Version::kSocks5 || session_.auth() == SessionAuth::kIdent)
    return false;
  const Snapshot& snapshot = shard_.snapshot();
  return snapshot.auth().ident_required || snapshot.Grant(rule).ident;
}

void Opening::Identify() {
  ident_ = shard_.LendIdentQuery(*this);
  if (ident_ == nullptr)
    return RefuseIdent(/*unreachable=*/true, EndedBy::kLimit,
                       "as many clients are asked for as may", 0);
  shard_.counters().ident_queries.Add(1);
  // A name may have been resolved before it was known which rule it would be. Then that is the
  // state it stays in.
  const SessionState state = std::max(session_.state(), SessionState::kIdentification);
  session_.AdvanceTo(state, shard_.loop().now() + shard_.snapshot().timeouts().ident);
  Endpoint gateway;
  // where it fails the query fails too
  shard_.kernel().LocalEndpoint(session_.client_fd(), &gateway);
  ident_->Start(session_.client(), gateway, shard_.ident_port(), handshake_.user_id());
}

void Opening::OnIdentified(IdentQuery::Outcome outcome, int error) {
  shard_.TakeBackIdentQuery(std::exchange(ident_, nullptr));
  switch (outcome) {
    case IdentQuery::Outcome::kConfirmed: session_.NoteIdentified(); return Decide();
    case IdentQuery::Outcome::kAnotherUser:
      return RefuseIdent(/*unreachable=*/false, EndedBy::kPolicy,
                         "the client's ident server names another user", 0);
    case IdentQuery::Outcome::kNoAnswer:
      return RefuseIdent(/*unreachable=*/true, EndedBy::kPolicy,
                         "the client's ident server does not say who it is", error);
  }
}

void Opening::OnNoIdent() {
  RefuseIdent(/*unreachable=*/true, EndedBy::kTimeout,
              "the client's ident server did not answer within the ident time-out", ETIMEDOUT);
}

void Opening::OnIdentQuiet() {
  if (stopped_) return TellIfQuiet();
  DoneIfOpen();
}

void Opening::RefuseIdent(bool unreachable, EndedBy by, std::string_view why, int error) {
  shard_.counters().ident_failures.Add(1);
  session_.NoteEnd(by, why, error);
  session_.NoteReply(Rep::kNotAllowed);
  handshake_.FailIdent(unreachable);
  DeliverFailure();
}

}  // namespace sluice

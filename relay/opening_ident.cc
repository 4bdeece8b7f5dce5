// The part of an opening that has a SOCKS4 client's user id confirmed by the client's own host
// (RFC 1413), where the configuration or the rule asks for it: between the decision and what it
// leads to. Then the same question is decided again: with the proof where it was confirmed, else
// only what needs none is left.

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
  if (ident_failure_) return RefuseIdent();
  ident_ = shard_.LendIdentQuery(*this);
  if (ident_ == nullptr)
    return GoOnWithoutIdent({.unreachable = true,
                             .by = EndedBy::kLimit,
                             .why = "as many clients are asked for as may"});
  shard_.counters().ident_queries.Add(1);
  // A name may have been resolved before it was known which rule it would be. Then that is the
  // state it stays in.
  const SessionState state = std::max(session_.state(), SessionState::kIdentification);
  session_.AdvanceTo(state, shard_.loop().now() + shard_.snapshot().timeouts().ident);
  Endpoint gateway;
  // where it fails the query fails too
  shard_.kernel().LocalEndpoint(session_.client_fd(), &gateway);
  ident_->Start(session_.client(), gateway, session_.interface().view(), shard_.ident_port(),
                handshake_.user_id());
}

void Opening::OnIdentified(IdentQuery::Outcome outcome, int error) {
  shard_.TakeBackIdentQuery(std::exchange(ident_, nullptr));
  switch (outcome) {
    case IdentQuery::Outcome::kConfirmed: session_.NoteIdentified(); return Decide();
    case IdentQuery::Outcome::kAnotherUser:
      return GoOnWithoutIdent({.unreachable = false,
                               .by = EndedBy::kPolicy,
                               .why = "the client's ident server names another user"});
    case IdentQuery::Outcome::kNoAnswer:
      return GoOnWithoutIdent({.unreachable = true,
                               .by = EndedBy::kPolicy,
                               .why = "the client's ident server does not say who it is",
                               .error = error});
  }
}

void Opening::OnNoIdent() {
  ident_->Stop();
  GoOnWithoutIdent({.unreachable = true,
                    .by = EndedBy::kTimeout,
                    .why = "the client's ident server did not answer within the ident time-out",
                    .error = ETIMEDOUT});
}

void Opening::OnIdentQuiet() {
  if (stopped_) return TellIfQuiet();
  DoneIfOpen();
}

void Opening::GoOnWithoutIdent(const IdentFailure& failure) {
  shard_.counters().ident_failures.Add(1);
  ident_failure_ = failure;
  Decide();
}

void Opening::RefuseIdent() {
  session_.NoteEnd(ident_failure_->by, ident_failure_->why, ident_failure_->error);
  session_.NoteReply(Rep::kNotAllowed);
  handshake_.FailIdent(ident_failure_->unreachable);
  DeliverFailure();
}

}  // namespace sluice

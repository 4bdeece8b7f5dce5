// The part of an opening in which a client proves who it is, by user name and password:
//   1. Authenticate: the credentials go to the shard's Verifier; meanwhile the handshake's deadline
//      stands still, and only the client's leaving is watched.
//   2. OnVerified / OnHeldBack: the verdict, at once or held back for a source that has failed
//      often. OnNoVerdict: none in time.
//   3. Answer: the request follows, or the refusal is delivered.

#include <algorithm>

#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {
namespace {

struct Refusal {
  EndedBy by;
  std::string_view why;
};

Refusal RefusalOf(AuthVerdict verdict) {
  switch (verdict) {
    case AuthVerdict::kThrottled:
      return {
          EndedBy::kLimit,
          "its source has failed to authenticate too often, so the credentials were not checked"};
    case AuthVerdict::kBusy:
      return {EndedBy::kTimeout,
              "the credentials were not checked within the authentication "
              "time-out; the client may try again"};
    case AuthVerdict::kBroken: return {EndedBy::kGateway, "the credentials could not be checked"};
    case AuthVerdict::kAccepted:
    case AuthVerdict::kRejected: break;
  }
  return {EndedBy::kPolicy, "the credentials are not accepted"};
}

}  // namespace

// --- 1. The question

void Opening::Authenticate() {
  Reply();
  session_.AdvanceTo(SessionState::kAuthentication, absl::InfiniteFuture());
  const Credentials credentials = handshake_.credentials();
  session_.NoteUser(credentials.user, SessionAuth::kPassword);
  const std::optional<AuthVerdict> verdict =
      shard_.verifier().Verify(session_.client().address, *this);
  if (verdict.has_value()) return Answer(*verdict);
  if (session_.state() != SessionState::kAuthentication) return;  // it was told already
  handshake_left_ =
      session_.SetDeadline(shard_.loop().now() + shard_.snapshot().timeouts().authentication);
  WatchClient();
}

// --- 2. The verdict

void Opening::OnVerified(AuthVerdict verdict, absl::Duration delay) {
  if (delay == absl::ZeroDuration()) return Answer(verdict);
  held_verdict_ = verdict;
  shard_.loop().timers().Set(answer_timer_, shard_.loop().now() + delay);
}

void Opening::OnHeldBack() { Answer(held_verdict_); }

void Opening::OnNoVerdict() { Answer(AuthVerdict::kBusy); }

// --- 3. The answer

void Opening::Answer(AuthVerdict verdict) {
  if (watch_.in_flight()) shard_.kernel().Cancel(watch_);
  if (session_.traced()) session_.Trace(TraceStep::Kind::kCredentials, verdict);
  Counters& counters = shard_.counters();
  if (verdict == AuthVerdict::kAccepted) {
    counters.auth_accepted.Add(1);
    handshake_.Authenticated();
    session_.AdvanceTo(SessionState::kRequest, absl::InfiniteFuture());
    if (handshake_left_ != absl::InfiniteDuration())
      session_.SetDeadline(shard_.loop().now() + handshake_left_);
    return FeedHandshake();
  }
  const bool checked = verdict == AuthVerdict::kRejected;
  (checked                              ? counters.auth_failed
   : verdict == AuthVerdict::kThrottled ? counters.auth_throttled
                                        : counters.auth_unchecked)
      .Add(1);
  const Refusal refusal = RefusalOf(verdict);
  // Who was not checked is not told that its credentials are wrong: it closes without a STATUS.
  if (checked || verdict == AuthVerdict::kThrottled) {
    handshake_.RejectCredentials();
  } else {
    handshake_.DropCredentials();
  }
  session_.NoteAuthFailure(verdict);
  session_.NoteEnd(refusal.by, refusal.why, 0);
  DeliverFailure();
}

// SOCKS4's user id is a claim, no proof. Where proof is required it is refused, unless its host is
// asked for one (RFC 1413).
bool Opening::BarsSocks4(const Decision& decision) const {
  if (handshake_.version() == Version::kSocks5) return false;
  const Snapshot& snapshot = shard_.snapshot();
  const AuthSettings& auth = snapshot.auth();
  if (auth.Has(AuthMethod::kNone) || auth.ident_required) return false;
  if (decision.verdict != Verdict::kResolve) return !snapshot.Grant(decision.rule).ident;
  // Before a name server is asked for somebody who has proved nothing, some rule must be able to
  // let him in.
  return std::none_of(snapshot.rules().begin(), snapshot.rules().end(),
                      [](const CompiledRule& rule) { return rule.grant.ident; });
}

}  // namespace sluice

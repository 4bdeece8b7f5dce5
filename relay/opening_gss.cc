// The part of an opening that speaks GSSAPI (RFC 1961):
//   1. StartGss: METHOD 01 was chosen; what the client says from now on goes through a GssLayer.
//   2. FeedGss: what the layer makes of it: a token for the workers, a message for the handshake.
//      HoldToken, OnTokenCrowdedOut: half a token, and too many of them.
//   3. OnAccepted: the workers' answer. Once the context stands, its principal must be a user.
//   4. RefuseGss: 01 FF, delivered before the close.

#include <array>

#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {

// --- 1. The layer

void Opening::StartGss() {
  Reply();  // the choice of the method, the last that is not wrapped
  session_.AdvanceTo(SessionState::kAuthentication, absl::InfiniteFuture());
  session_.NoteUser("", SessionAuth::kGssapi);
  const AuthSettings& settings = shard_.snapshot().auth();
  std::array<GssapiLevel, 3> levels;
  size_t count = 0;
  for (const GssapiProtection level : settings.gssapi_protection) {
    if (count < levels.size()) levels[count++] = static_cast<GssapiLevel>(level);
  }
  GssMechanism& mechanism = shard_.gss_acceptor()->mechanism();
  session_.StartGss(std::make_unique<GssLayer>(
      mechanism.NewConversation(settings.gssapi_service, settings.gssapi_keytab),
      absl::MakeConstSpan(levels.data(), count)));
  if (shard_.verifier().Refuses(session_.client().address)) {
    return RefuseGss(
        AuthVerdict::kThrottled, EndedBy::kLimit,
        "its source has failed to authenticate too often, so the token was not looked at");
  }
  FeedGss();
}

// --- 2. What the client says

void Opening::FeedGss() {
  GssLayer& layer = *session_.gss();
  layer.Append(absl::MakeConstSpan(held_bytes_.data(), held_size_));
  held_size_ = 0;
  while (true) {
    const GssLayer::Step step = layer.Next();
    if (layer.protects() && session_.state() == SessionState::kAuthentication) {
      session_.AdvanceTo(SessionState::kRequest, absl::InfiniteFuture());
    }
    switch (step) {
      case GssLayer::Step::kMore:
        if (!HoldToken()) return OnTokenCrowdedOut();
        Reply();
        return Receive(/*wait_first=*/true);
      case GssLayer::Step::kAccept: return AskWhetherAccepted();
      case GssLayer::Step::kBroken:
        return RefuseGss(AuthVerdict::kAccepted, EndedBy::kClient, layer.why());
      case GssLayer::Step::kMessage: break;
    }
    size_t consumed = 0;
    const Handshake::Step said = handshake_.Feed(layer.message(), &consumed);
    layer.ConsumeMessage(consumed);
    if (said != Handshake::Step::kMore) return TakeStep(said);
  }
}

// What a stranger has said of a token has a bound, with all others'; false where it is crowded out.
bool Opening::HoldToken() {
  if (!session_.gss()->established())
    return shard_.token_room().Hold(token_place_, session_.gss()->held());
  shard_.token_room().Release(token_place_);
  return true;
}

void Opening::OnTokenCrowdedOut() {
  shard_.counters().gss_tokens_crowded_out.Add(1);
  RefuseGss(
      AuthVerdict::kBusy, EndedBy::kLimit,
      "unfinished GSSAPI tokens hold too much, and this one the most; the client may try again");
}

// --- 3. The workers

void Opening::AskWhetherAccepted() {
  Reply();
  shard_.token_room().Release(token_place_);
  GssLayer& layer = *session_.gss();
  GssAcceptor::Receiver& receiver = *this;
  if (!shard_.gss_acceptor()->Accept(layer.LendConversation(), layer.token(), receiver)) {
    return RefuseGss(AuthVerdict::kBusy, EndedBy::kLimit,
                     "too many GSSAPI tokens wait to be accepted; the client may try again");
  }
  WatchClient();
}

void Opening::OnAccepted(std::unique_ptr<GssConversation> conversation,
                         const GssAccepted& accepted) {
  std::string_view refused;
  if (accepted.progress == GssAccepted::Progress::kEstablished) {
    const std::optional<std::string_view> user =
        shard_.snapshot().auth().gssapi_users.UserOf(conversation->principal());
    if (user.has_value()) {
      shard_.counters().auth_accepted.Add(1);
      session_.NoteUser(*user, SessionAuth::kGssapi);
    } else {
      refused = "GSSAPI: the client's principal is no user by auth.gssapi_users";
    }
  }
  GssLayer& layer = *session_.gss();
  layer.OnAccepted(std::move(conversation), accepted, refused);
  if (!layer.why().empty()) return RefuseGss(AuthVerdict::kRejected, EndedBy::kPolicy, layer.why());
  FeedGss();
}

// --- 4. The refusal

// `verdict` kAccepted: nobody said no to who the client is; it broke the protocol.
void Opening::RefuseGss(AuthVerdict verdict, EndedBy by, std::string_view why) {
  if (session_.traced()) session_.Trace(TraceStep::Kind::kCredentials, verdict);
  Counters& counters = shard_.counters();
  switch (verdict) {
    case AuthVerdict::kAccepted: counters.handshakes_failed.Add(1); break;
    case AuthVerdict::kThrottled: counters.auth_throttled.Add(1); break;
    case AuthVerdict::kRejected:
      counters.auth_failed.Add(1);
      shard_.verifier().NoteFailure(session_.client().address);
      break;
    default: counters.auth_unchecked.Add(1); break;
  }
  handshake_.RejectCredentials();
  session_.gss()->Abort();
  session_.NoteRequest(handshake_, /*complete=*/false);
  session_.NoteAuthFailure(verdict);
  session_.NoteEnd(by, why, 0);
  DeliverFailure();
}

}  // namespace sluice

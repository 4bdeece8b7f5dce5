// An opening, in the order of a CONNECT's life:
//   1. Receive / OnBytes: bytes of the client go to the handshake, which says what they mean.
//      Credentials: opening_auth.cc.
//   2. Decide: the policy is asked on the name, or on the address. Where it wants to know who the
//      client is: opening_ident.cc, and again.
//   3. OnResolved: each address of the name is decided too; the forbidden ones are left out:
//      opening_names.cc.
//   4. Serve: by command. BIND and UDP ASSOCIATE: opening_bind.cc, opening_udp.cc. Dial / OnDialed:
//      the first address that answers; OnDialFailed: the most telling error.
//   5. Reply / OnReplySent and SendEarlyData / OnEarlyDataSent: the success reply to the client,
//      what it said early to the target.
//   6. Refuse / DeliverFailure / OnFailureDrained: or the failure reply, delivered before the
//      close.

#include "relay/opening.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/wipe.h"
#include "glog/logging.h"
#include "policy/snapshot.h"
#include "relay/egress_error.h"
#include "relay/reply_code.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {
Opening::Opening(Shard& shard, Session& session, const Handshake::Options& options)
    : shard_(shard), session_(session), handshake_(options), dialer_(shard.loop(), *this) {
  receive_.Bind<&Opening::OnBytes>(this);
  watch_.Bind<&Opening::OnClientGone>(this);
  reply_.Bind<&Opening::OnReplySent>(this);
  early_.Bind<&Opening::OnEarlyDataSent>(this);
  waiter_.Bind<&Opening::ResumeReceive>(this);
  answer_timer_.Bind<&Opening::OnHeldBack>(this);
  token_place_.Bind<&Opening::OnTokenCrowdedOut>(this);
}

Opening::~Opening() {
  // What a client said may be a password, also where nobody asked for one.
  Wipe(held_bytes_.data(), held_size_);
  if (bind_ != nullptr) {
    shard_.TakeBackBind(bind_);
    session_.GiveSecondPlace();
  }
  if (ident_ != nullptr) shard_.TakeBackIdentQuery(ident_);
}

void Opening::Start() { Receive(/*wait_first=*/false); }

// --- 1. The handshake

void Opening::Receive(bool wait_first) {
  if (receive_.in_flight()) return;  // OnClientGone looks whether the client has more to say
  shard_.kernel().Receive(receive_, session_.client_fd(), limits::kHandshakeReceiveBytes,
                          wait_first);
}

void Opening::OnBytes(Op&, const Completion& completion) {
  if (completion.result == -ENOBUFS && !stopped_) {
    shard_.counters().receives_starved.Add(1);
    shard_.loop().buffer_waiters().Wait(waiter_);
    return;
  }
  waiter_.Served();
  const bool in_handshake = !stopped_ && WaitsForBytes();
  if (completion.buffer >= 0) {
    uint8_t* received = shard_.kernel().BufferBytes(completion.buffer);
    // Copied out at once: what a client sends early must not hold a shared buffer while its target
    // is dialled.
    if (in_handshake && completion.result > 0) {
      held_size_ = static_cast<uint32_t>(completion.result);
      std::memcpy(held_bytes_.data(), received, held_size_);
    }
    // A shared buffer may lie unused for long, and a client may send a password also where it is
    // not asked for one.
    if (completion.result > 0) Wipe(received, static_cast<size_t>(completion.result));
    shard_.kernel().ReturnBuffer(completion.buffer);
  }
  if (stopped_) return TellIfQuiet();
  if (!in_handshake) return OnFailureDrained(completion);
  if (completion.result < 0) {
    return session_.Abort(EndedBy::kClient, "the connection failed before the request was complete",
                          -completion.result);
  }
  if (completion.result == 0) return OnFin();
  if (session_.gss() != nullptr) return FeedGss();
  session_.state() == SessionState::kAuthentication ? WatchClient() : FeedHandshake();
}

bool Opening::WaitsForBytes() const {
  const SessionState state = session_.state();
  return state == SessionState::kHandshake || state == SessionState::kAuthentication ||
         state == SessionState::kRequest;
}

void Opening::OnFin() {
  // Its check is under way: it is told the verdict, which it may have closed for.
  if (session_.state() == SessionState::kAuthentication && session_.gss() == nullptr &&
      !shard_.verifier().InLine(*this)) {
    fin_ = true;
    return WatchClient();
  }
  session_.Close(EndedBy::kClient, "the client closed before its request was complete");
}

// What the handshake does not consume stays held, for its next message or as the client's early
// data.
void Opening::FeedHandshake() {
  size_t consumed = 0;
  const Handshake::Step step =
      handshake_.Feed(absl::MakeConstSpan(held_bytes_.data(), held_size_), &consumed);
  held_size_ -= static_cast<uint32_t>(consumed);
  std::memmove(held_bytes_.data(), held_bytes_.data() + consumed, held_size_);
  Wipe(held_bytes_.data() + held_size_, consumed);
  TakeStep(step);
}

void Opening::TakeStep(Handshake::Step step) {
  switch (step) {
    case Handshake::Step::kMore: Reply(); return Receive(/*wait_first=*/true);
    case Handshake::Step::kDecide:
      Reply();
      session_.NoteRequest(handshake_, /*complete=*/true);
      return Decide();
    case Handshake::Step::kAuthenticate:
      return handshake_.method() == kMethodGssapi ? StartGss() : Authenticate();
    case Handshake::Step::kRefuse:
      session_.NoteRequest(handshake_, /*complete=*/false);
      session_.NoteEnd(EndedBy::kClient, handshake_.why(), 0);
      shard_.counters().handshakes_failed.Add(1);
      if (handshake_.rep() != Rep::kSucceeded) session_.NoteReply(handshake_.rep());
      return DeliverFailure();
    case Handshake::Step::kClose:
      session_.NoteEnd(EndedBy::kClient, handshake_.why(), 0);
      shard_.counters().handshakes_failed.Add(1);
      return DeliverFailure();
  }
}

// --- 2. The decision

PolicyRequest Opening::ToPolicyRequest() const {
  const SocksRequest& request = handshake_.request();
  PolicyRequest asked;
  asked.client = session_.client();
  asked.client_interface = session_.interface();
  asked.user = session_.user();
  asked.proof = ProofOf(session_.auth(), session_.user());
  asked.command = static_cast<PolicyCommand>(static_cast<int>(request.command) - 1);
  // What UDP ASSOCIATE has there is no destination: every datagram's own is decided.
  if (request.command == Command::kUdpAssociate) {
    asked.address_known = true;
    return asked;
  }
  asked.name = request.name;
  asked.address_known = request.name.empty();
  asked.address = request.address;
  asked.port = request.port;
  return asked;
}

// Whatever is decided for this client, is decided here.
Decision Opening::AskPolicy(const PolicyRequest& asked) {
  const Decision decision = shard_.Decide(asked);
  if (session_.traced()) {
    const Endpoint at = asked.address_known ? Endpoint{asked.address, asked.port} : Endpoint{};
    session_.Trace(TraceStep::Kind::kDecision, decision.verdict,
                   shard_.snapshot().RuleName(decision.rule), at);
  }
  return decision;
}

void Opening::Decide() {
  const Snapshot& snapshot = shard_.snapshot();
  const Decision decision = AskPolicy(ToPolicyRequest());
  decided_by_ = snapshot.generation();
  session_.NoteRule(snapshot.RuleName(decision.rule));
  if (decision.verdict == Verdict::kDeny) {
    return Refuse(Rep::kNotAllowed, EndedBy::kPolicy,
                  decision.special_use ? "a special-use destination that no rule names"
                                       : "denied by the rules");
  }
  if (BarsSocks4(decision)) return Refuse(Rep::kNotAllowed, EndedBy::kPolicy, kSocks4Barred);
  // Which rule it will be is not known before a name is resolved.
  if (NeedsIdent(decision.verdict == Verdict::kResolve ? kNoRule : decision.rule))
    return Identify();
  const SocksRequest& request = handshake_.request();
  // Nothing is to be resolved: what an association carries is decided datagram by datagram.
  if (request.command == Command::kUdpAssociate) return Associate();
  // One deadline for resolving and dialling: what the client waits for is the connection.
  const absl::Time deadline = shard_.loop().now() + snapshot.timeouts().connect;
  session_.AdvanceTo(SessionState::kResolution, deadline);
  candidates_count_ = 0;
  if (decision.verdict == Verdict::kAllow) {
    AddCandidate(request.address, decision.rule);
    return Serve();
  }
  const NameAccount account{session_.source(), snapshot.limits().names};
  if (const NameAnswer* answer = shard_.resolver().Resolve(request.name, account, *this))
    OnResolved(*answer);
}

// --- 4. By command

void Opening::Serve() {
  if (handshake_.request().command == Command::kBind) return AwaitPeer();
  Dial();
}

void Opening::Dial() {
  shard_.counters().requests_allowed.Add(1);
  session_.AdvanceTo(SessionState::kConnection, absl::InfiniteFuture());
  std::array<Address, limits::kDialAddressesMax> addresses;
  dialer_.Start(CandidateAddresses(&addresses), handshake_.request().port, MoreToCome());
}

// Other rules may have come since: those of now say whether and how it leaves.
const Egress* Opening::EgressTo(const Address& target) {
  const Snapshot& snapshot = shard_.snapshot();
  Candidate& candidate = CandidateAt(target);
  if (candidate.generation != snapshot.generation()) {
    PolicyRequest asked = ToPolicyRequest();
    if (AskPolicy(asked).verdict == Verdict::kDeny) return nullptr;
    asked.address_known = true;
    asked.address = target;
    const Decision decision = AskPolicy(asked);
    if (decision.verdict == Verdict::kDeny || BarsSocks4(decision) || NeedsIdent(decision.rule))
      return nullptr;
    candidate.rule = decision.rule;
    candidate.generation = snapshot.generation();
    candidate.rule_name.Set(snapshot.RuleName(decision.rule));
  }
  return &snapshot.Grant(candidate.rule).egress;
}

// Addresses come to this host, and BINDs listen, also while a target is dialled.
bool Opening::LeadsToItselfByNow(const Endpoint& target) {
  PolicyRequest asked = ToPolicyRequest();
  asked.address_known = true;
  asked.address = target.address;
  return shard_.LeadsToItself(asked) && AskPolicy(asked).verdict != Verdict::kAllow;
}

void Opening::OnAttempt(const Endpoint& target) {
  if (session_.traced()) session_.Trace(TraceStep::Kind::kDial, 0, {}, target);
}

void Opening::OnAttemptFailed(const Endpoint& target, int error) {
  if (session_.traced()) session_.Trace(TraceStep::Kind::kDialFailed, 0, {}, target, error);
}

void Opening::OnDialed(int fd, const Endpoint& target) {
  Kernel& kernel = shard_.kernel();
  if (LeadsToItselfByNow(target)) {
    kernel.CloseWithReset(fd);
    session_.NoteTried(target);
    return Refuse(Rep::kNotAllowed, EndedBy::kPolicy,
                  "the target has become the gateway itself, and no rule names it");
  }
  if (EgressTo(target.address) == nullptr) {
    kernel.CloseWithReset(fd);
    session_.NoteTried(target);
    return Refuse(Rep::kNotAllowed, EndedBy::kPolicy,
                  "denied by the rules, which changed while it was connected");
  }
  Endpoint bound;
  kernel.LocalEndpoint(fd, &bound);  // where it fails the reply says 0.0.0.0:0, which clients take
  shard_.counters().connects_succeeded.Add(1);
  static_cast<Resolver::Waiter*>(this)->Unlink();
  session_.TakeTarget(fd, target, bound);
  session_.NoteRule(CandidateAt(target.address).rule_name.view());
  if (watch_.in_flight()) kernel.Cancel(watch_);
  session_.AdvanceTo(SessionState::kReplyDelivery,
                     shard_.loop().now() + shard_.snapshot().timeouts().connect);
  session_.NoteReply(Rep::kSucceeded);
  handshake_.Succeed(bound);
  Reply();
  SendEarlyData();
}

void Opening::OnDialFailed(int error, const Endpoint& target) {
  shard_.counters().connects_failed.Add(1);
  if (error == 0) {
    return Refuse(Rep::kNotAllowed, EndedBy::kPolicy,
                  "denied by rules that came while the target was dialled");
  }
  session_.NoteTried(target);
  session_.NoteRule(CandidateAt(target.address).rule_name.view());
  if (IsOfGateway(error))
    return RefuseForWantOf(dialer_.missing(), "no connection could be made here", error);
  Refuse(RepOfConnectError(error), EndedBy::kTarget, "the target could not be connected to", error);
}

void Opening::OnDialerQuiet() {
  if (stopped_) return TellIfQuiet();
  DoneIfOpen();
}

void Opening::OnTooSlow() {
  if (session_.state() == SessionState::kAuthentication) return OnNoVerdict();
  if (session_.state() == SessionState::kPeer) return OnNoPeer();
  if (ident_ != nullptr && !ident_failure_) return OnNoIdent();
  const bool resolving = session_.state() == SessionState::kResolution;
  if (!resolving) {
    shard_.counters().connects_failed.Add(1);
    session_.NoteTried(dialer_.last_tried());
    session_.NoteRule(CandidateAt(dialer_.last_tried().address).rule_name.view());
  }
  // What an address has said already tells more than that another one says nothing.
  const int error = dialer_.error() != 0 ? dialer_.error() : ETIMEDOUT;
  Refuse(resolving ? Rep::kHostUnreachable : RepOfConnectError(error), EndedBy::kTimeout,
         resolving ? "the name was not resolved within the connect time-out"
                   : "no connection within the connect time-out",
         error);
}

void Opening::WatchClient() {
  watched_ = true;
  if (watch_.in_flight()) return;
  // A reset or an error counts. A FIN does only of a client whose request is still to come: any
  // other may have said all it wants to say.
  const bool owes = session_.state() == SessionState::kAuthentication &&
                    session_.gss() == nullptr && held_size_ == 0 && !fin_;
  shard_.kernel().Poll(watch_, session_.client_fd(), owes ? kPollPeerClosed : 0);
}

void Opening::OnClientGone(Op&, const Completion& completion) {
  if (stopped_) return TellIfQuiet();
  const bool waits = session_.state() == SessionState::kAuthentication ||
                     session_.state() == SessionState::kResolution ||
                     session_.state() == SessionState::kConnection;
  const int32_t reset = static_cast<int32_t>(kPollError | kPollHangUp);
  if (waits && completion.result > 0 && (completion.result & reset) != 0)
    return session_.Abort(EndedBy::kClient, "the client left before it was answered");
  // A FIN: whether the request stands before it shows when it is read.
  if (session_.state() == SessionState::kAuthentication && completion.result > 0)
    return Receive(/*wait_first=*/false);
  DoneIfOpen();
}

// --- 5. The reply

// Sends what the handshake has to say, one send at a time so that replies stay in order.
void Opening::Reply() {
  if (reply_.in_flight() || !HasOutput()) return;
  iovec part;
  if (GssLayer* layer = session_.gss()) {
    // What the handshake says is wrapped once the level is agreed; before that it has nothing to
    // say.
    if (layer->protects() && !handshake_.output().empty()) layer->Say(handshake_.output());
    gss_reply_ = layer->TakeOutput();
    part = iovec{gss_reply_.data(), gss_reply_.size()};
  } else {
    const absl::Span<const uint8_t> output = handshake_.output();
    CHECK_LE(output.size(), reply_bytes_.size());
    std::copy(output.begin(), output.end(), reply_bytes_.begin());
    part = iovec{reply_bytes_.data(), output.size()};
  }
  reply_size_ = static_cast<uint32_t>(part.iov_len);
  handshake_.TakeOutput();
  shard_.kernel().Send(reply_, session_.client_fd(), absl::MakeConstSpan(&part, 1));
}

bool Opening::HasOutput() const {
  return !handshake_.output().empty() ||
         (session_.gss() != nullptr && session_.gss()->has_output());
}

void Opening::OnReplySent(Op&, const Completion& completion) {
  if (stopped_) return TellIfQuiet();
  if (completion.result < static_cast<int32_t>(reply_size_)) {
    return session_.Abort(EndedBy::kClient, "the connection failed before the reply was delivered",
                          completion.result < 0 ? -completion.result : ECONNRESET);
  }
  if (HasOutput()) return Reply();
  if (session_.state() == SessionState::kReplyDelivery) {
    down_open_ = true;
    session_.OpenDown();
    if (session_.gss() != nullptr && !up_open_) {
      up_open_ = true;
      session_.OpenUp(0);
    }
    DoneIfOpen();
  } else if (session_.state() == SessionState::kFailureDelivery) {
    DrainClient();
  }
}

void Opening::SendEarlyData() {
  // Under GSSAPI the layer holds it, and what is wrong with it must not overtake the reply:
  // OnReplySent goes on.
  if (session_.gss() != nullptr) return;
  if (held_size_ == 0) {
    up_open_ = true;
    return session_.OpenUp(0);
  }
  const iovec part{held_bytes_.data(), held_size_};
  shard_.kernel().Send(early_, session_.target_fd(), absl::MakeConstSpan(&part, 1));
}

void Opening::OnEarlyDataSent(Op&, const Completion& completion) {
  if (completion.result > 0) session_.NoteEarlyBytes(static_cast<uint64_t>(completion.result));
  if (stopped_) return TellIfQuiet();
  if (completion.result < static_cast<int32_t>(held_size_)) {
    return session_.Abort(EndedBy::kTarget,
                          "the connection failed before the client's first bytes were sent",
                          completion.result < 0 ? -completion.result : ECONNRESET);
  }
  up_open_ = true;
  session_.OpenUp(held_size_);
  DoneIfOpen();
}

void Opening::DoneIfOpen() {
  if (up_open_ && down_open_ && quiet()) session_.OnOpeningQuiet();
}

// --- 6. The failure

void Opening::Refuse(Rep rep, EndedBy by, std::string_view why, int error) {
  if (by == EndedBy::kPolicy) shard_.counters().requests_denied.Add(1);
  session_.NoteEnd(by, why, error);
  session_.NoteReply(rep);
  handshake_.Fail(rep);
  DeliverFailure();
}

void Opening::RefuseForWantOf(const MissingEgress& missing, std::string_view why, int error) {
  if (error == ENODEV && !missing.interface().empty()) {
    session_.NoteMissing(missing.interface());
    why = "the rule's egress names an interface that is not there";
  } else if (error == EADDRNOTAVAIL && !missing.address().is_unspecified()) {
    session_.NoteMissing(missing.address());
    why = "the rule's egress names an address that this host does not have";
  }
  Refuse(RepOfConnectError(error), EndedBy::kGateway, why, error);
}

void Opening::DeliverFailure() {
  StopWaiting();
  session_.AdvanceTo(SessionState::kFailureDelivery, shard_.loop().now() + limits::kFailureLinger);
  Reply();
  if (!reply_.in_flight()) DrainClient();
}

// FIN after the reply. What a refused client still sends is read and dropped until it closes:
// closing over unread bytes would send a RST that can destroy the reply on its way.
void Opening::DrainClient() {
  shard_.kernel().ShutdownWrite(session_.client_fd());
  Receive(/*wait_first=*/false);
}

void Opening::OnFailureDrained(const Completion& completion) {
  if (completion.result > 0) drained_ += static_cast<uint32_t>(completion.result);
  if (completion.result <= 0 || drained_ > limits::kFailureDrainBytes) {
    return session_.Close(EndedBy::kGateway, "the failure was delivered");
  }
  Receive(/*wait_first=*/!completion.socket_nonempty);
}

// --- Ending

void Opening::StopWaiting() {
  waiter_.Unlink();
  static_cast<Resolver::Waiter*>(this)->Unlink();
  shard_.verifier().Forget(*this);
  shard_.token_room().Release(token_place_);
  if (session_.gss() != nullptr) shard_.gss_acceptor()->Forget(*this);
  shard_.loop().timers().Cancel(answer_timer_);
  dialer_.Stop();
  if (bind_ != nullptr) bind_->Stop();
  if (ident_ != nullptr) ident_->Stop();
  if (watch_.in_flight()) shard_.kernel().Cancel(watch_);
}

void Opening::Stop() {
  stopped_ = true;
  StopWaiting();
  for (Op* op : {&receive_, &reply_, &early_}) {
    if (op->in_flight()) shard_.kernel().Cancel(*op);
  }
}

bool Opening::quiet() const {
  return !receive_.in_flight() && !watch_.in_flight() && !reply_.in_flight() &&
         !early_.in_flight() && dialer_.quiet() && (bind_ == nullptr || bind_->quiet()) &&
         (ident_ == nullptr || ident_->quiet());
}

void Opening::OnCrowdedOut() {
  session_.Abort(EndedBy::kLimit,
                 "no place was left, and its source had the most unfinished handshakes");
}

void Opening::TellIfQuiet() {
  if (quiet()) session_.OnOpeningQuiet();
}

}  // namespace sluice

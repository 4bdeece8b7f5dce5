// A session, in the order of its life:
//   1. Start: an Opening is lent and the handshake deadline set.
//   2. Note…: the Opening tells what the log line will say. AdvanceTo: what is waited for now, and
//      until when.
//   3. TakeTarget, OpenDown, OpenUp: the target's connection is there, the tunnel starts.
//   4. OnTunnelClosed, OnTunnelBroken, OnDeadline: what ends it. Peers that vanish, or take nothing
//      any more: WatchPeers, LookAtSinks.
//   5. Close: one reason; wait until no operation is in flight; then sockets, log line, counters
//      and slot in FinishIfQuiet.
// What is told of it (log line, histograms, its rule's counts, its trace): session_account.cc.

#include "relay/session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "glog/logging.h"
#include "policy/snapshot.h"
#include "relay/opening.h"
#include "relay/shard.h"

namespace sluice {
namespace {

// Nobody has said so: it was asked, and there was no answer, or somebody on the way knew of none.
bool IsSilence(int error) {
  return error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN;
}

// Sessions that have nothing to do look at their peers in turns that they share, or thousands of
// them would wake an idle shard each at its own time.
constexpr absl::Duration kLookGrain = absl::Milliseconds(100);
absl::Time NextLook(const Timeouts& timeouts, absl::Time now) {
  absl::Duration shorter = timeouts.stalled;
  if (timeouts.unacknowledged > absl::ZeroDuration())
    shorter = std::min(shorter, timeouts.unacknowledged);
  const absl::Time due = now + std::clamp(shorter / 8, limits::kPeerLookMin, limits::kPeerLookMax);
  return absl::UnixEpoch() + absl::Ceil(due - absl::UnixEpoch(), kLookGrain);
}

}  // namespace

Session::Session(Shard& shard, const Admission::Client& client, uint64_t id)
    : shard_(shard),
      source_(client.source),
      started_(shard.loop().now()),
      id_(id),
      client_fd_(client.fd),
      client_(client.at) {
  deadline_timer_.Bind<&Session::OnDeadline>(this);
}

Session::~Session() { shard_.loop().timers().Cancel(deadline_timer_); }

InterfaceName Session::interface() const {
  InterfaceName name;
  if (client_.address.needs_interface()) shard_.kernel().BoundInterface(client_fd_, &name);
  return name;
}

// --- 1. Start

void Session::Start() {
  const Snapshot& snapshot = shard_.snapshot();
  const std::vector<AuthMethod>& served = snapshot.auth().methods;
  std::array<uint8_t, limits::kMethodsMax> methods;
  size_t count = 0;
  for (const AuthMethod method : served) {
    if (method == AuthMethod::kGssapi && shard_.gss_acceptor() == nullptr) continue;
    if (count < methods.size()) methods[count++] = static_cast<uint8_t>(method);
  }
  opening_ = shard_.LendOpening(
      *this, Handshake::Options{.socks4 = snapshot.service().socks4,
                                .methods = absl::MakeConstSpan(methods.data(), count)});
  if (source_ != nullptr) shard_.crowds().Join(*opening_, *source_);
  deadline_ = started_ + snapshot.timeouts().handshake;
  shard_.loop().timers().Set(deadline_timer_, deadline_);
  opening_->stopwatch().state_since = started_;
  if (TraceDesk* desk = shard_.trace_desk(); desk != nullptr) [[unlikely]] {
    traced_ = desk->Begin(id_, client_, started_);
    if (traced_) Trace(TraceStep::Kind::kAccepted, 0, {}, client_);
  }
  opening_->Start();
}

// --- 2. What is known, and what is waited for

void Session::SetState(SessionState state) {
  CHECK_GE(static_cast<int>(state), static_cast<int>(state_))
      << "a session's states only move forward";
  if (opening_ != nullptr && state != state_) MeasureStep(state);
  if (state_ <= SessionState::kRequest && state > SessionState::kRequest) LeaveCrowd();
  if (traced_ && state != state_ && state != SessionState::kQuiescence)
    Trace(TraceStep::Kind::kWaits, state);
  state_ = state;
}

// Its handshake is finished, one way or the other.
void Session::LeaveCrowd() {
  if (source_ == nullptr) return;
  shard_.crowds().Leave(*opening_);
  source_->Give(Holding::kHandshakes);
}

void Session::AdvanceTo(SessionState state, absl::Time deadline) {
  const bool waits_for_others =
      state == SessionState::kResolution || state == SessionState::kConnection;
  SetState(state);
  if (state == SessionState::kConnection) return;  // shares the deadline of the resolution
  // The handshake has one deadline, which stands still where the gateway is waited for: see
  // Opening::Authenticate.
  if (state == SessionState::kAuthentication || state == SessionState::kRequest) return;
  deadline_ = deadline;
  // A client that leaves while others are waited for is worth noticing, but not worth an operation
  // when they answer at once, as nearly all do.
  shard_.loop().timers().Set(
      deadline_timer_, waits_for_others
                           ? std::min(deadline, shard_.loop().now() + limits::kClientWatchDelay)
                           : deadline);
}

absl::Duration Session::SetDeadline(absl::Time deadline) {
  const absl::Duration left = deadline_ - shard_.loop().now();
  deadline_ = deadline;
  shard_.loop().timers().Set(deadline_timer_, deadline_);
  return left;
}

void Session::NoteUser(std::string_view user, SessionAuth auth) {
  labels_.SetUser(user, shard_.long_labels());
  auth_ = auth;
  if (traced_) Trace(TraceStep::Kind::kUser, auth, user);
}

void Session::NoteRequest(const Handshake& handshake, bool complete) {
  const SocksRequest& request = handshake.request();
  version_ = handshake.version();
  command_ = request.command;
  requested_known_ = complete || request.port != 0 || !request.name.empty();
  requested_ = Endpoint{request.address, request.port};
  if (auth_ == SessionAuth::kUnknown) NoteUser(handshake.user_id(), SessionAuthOf(handshake));
  labels_.SetName(request.name, shard_.long_labels());
  if (traced_ && requested_known_)
    Trace(TraceStep::Kind::kRequest, command_, request.name, requested_);
}

void Session::NoteRule(std::string_view rule) {
  RuleCounts& counts = shard_.rule_counts();
  if (rule_ != RuleCounts::kNone && counts.NameOf(rule_) == rule) return;
  counts.Leave(rule_);
  rule_ = counts.Enter(rule);
}

void Session::NoteTried(const Endpoint& target) {
  target_ = target;
  dialled_ = true;
}

void Session::NoteMissing(std::string_view interface) {
  labels_.SetMissing(interface, shard_.long_labels());
}

void Session::NoteReply(Rep rep) {
  reply_ = rep;
  if (traced_) {
    Trace(TraceStep::Kind::kReply, rep);
    KeepTraceOrNot();
  }
  // Of a BIND's two, the first.
  if (std::exchange(replied_, true)) return;
  const absl::Time now = shard_.loop().now();
  shard_.rule_counts().Hit(rule_, now);
  if (opening_->stopwatch().requested_at <= now)
    shard_.histograms().setup.Observe(now - opening_->stopwatch().requested_at);
}

void Session::NoteEnd(EndedBy by, std::string_view why, int error) {
  if (ended_by_ != EndedBy::kNobody) return;
  ended_by_ = by;
  ended_in_ = state_;
  why_ = why;
  error_ = error;
}

// --- 3. The tunnel

void Session::TakeTarget(int fd, const Endpoint& target, const Endpoint& egress) {
  target_fd_ = fd;
  NoteTried(target);
  if (traced_) Trace(TraceStep::Kind::kConnected, 0, {}, target);
  egress_ = egress;
  TunnelOwner& owner = *this;
  if (gss_ == nullptr) {
    carrier_.emplace<Tunnel>(shard_.plumbing(), owner);
  } else {
    carrier_.emplace<std::unique_ptr<GssTunnel>>(
        std::make_unique<GssTunnel>(shard_.plumbing(), owner, *gss_));
  }
}

AnyTunnel* Session::tunnel() {
  if (auto* under_gss = std::get_if<std::unique_ptr<GssTunnel>>(&carrier_)) return under_gss->get();
  return std::get_if<Tunnel>(&carrier_);
}

void Session::OpenDown() {
  if (traced_) Trace(TraceStep::Kind::kReplyTaken, 0);
  if (association() != nullptr) return association()->Start();
  tunnel()->OpenDown(client_fd_, target_fd_);
}

void Session::OpenUp(uint64_t bytes) {
  NoteEarlyBytes(bytes);
  tunnel()->OpenUp(client_fd_, target_fd_);
}

void Session::NoteEarlyBytes(uint64_t bytes) {
  shard_.counters().bytes_up.Add(bytes - std::exchange(early_bytes_, bytes));
}

void Session::OnOpeningQuiet() {
  shard_.TakeBackOpening(opening_);
  opening_ = nullptr;
  if (state_ == SessionState::kQuiescence) return FinishIfQuiet();
  EnterRelay();
}

std::string_view Session::TakeSecondPlace(Holding what, int most) {
  const bool bind = what == Holding::kBinds;
  if (source_ != nullptr && !source_->TakeWithPlace(what, most, shard_.places().free())) {
    return bind ? "its source has as many BINDs as it may"
                : "its source has as many UDP associations as it may";
  }
  if (!shard_.places().Take()) {
    if (source_ != nullptr) source_->Give(what);
    return bind ? "no place is left for a BIND that waits"
                : "no place is left for a UDP association";
  }
  second_place_ = what;
  return {};
}

void Session::GiveSecondPlace() {
  if (source_ != nullptr) source_->Give(second_place_);
  shard_.places().Give();
}

UdpAssociation& Session::MakeAssociation() {
  return carrier_.emplace<UdpAssociation>(shard_.udp(), static_cast<UdpAssociation::Owner&>(*this));
}

void Session::DropAssociation() {
  carrier_.emplace<std::monostate>();
  shard_.udp().Dismiss();
  GiveSecondPlace();
}

// Also called again at the first FIN: the half-closed time-out counts from there.
void Session::EnterRelay() {
  if (association() != nullptr) {
    SetState(SessionState::kAssociation);
  } else {
    SetState(tunnel()->half_closed() ? SessionState::kHalfClosed : SessionState::kRelay);
  }
  relay_since_ = shard_.loop().now();
  OnIdleDeadline();
}

// --- 4. What ends a tunnel

void Session::OnDeadline() {
  const absl::Time now = shard_.loop().now();
  switch (state_) {
    case SessionState::kAuthentication:
      if (gss_ == nullptr) return opening_->OnTooSlow();
      [[fallthrough]];
    case SessionState::kHandshake:
    case SessionState::kRequest:
      return Close(EndedBy::kTimeout, "no complete request within the handshake time-out");
    case SessionState::kIdentification:
    case SessionState::kPeer: return opening_->OnTooSlow();
    case SessionState::kResolution:
    case SessionState::kConnection:
      if (now >= deadline_) return opening_->OnTooSlow();
      opening_->WatchClient();
      shard_.loop().timers().Set(deadline_timer_, deadline_);
      return;
    case SessionState::kReplyDelivery:
      return Close(EndedBy::kTimeout, "the reply was not taken within the connect time-out");
    case SessionState::kAssociation:
    case SessionState::kRelay:
    case SessionState::kHalfClosed: return OnIdleDeadline();
    case SessionState::kFailureDelivery:
      return Close(EndedBy::kGateway, "the failure was delivered");
    case SessionState::kQuiescence: return;
  }
}

// Bytes only note when they moved; the timer finds out here whether that was long enough ago, so
// that traffic never touches it.
void Session::OnIdleDeadline() {
  const absl::Time now = shard_.loop().now();
  const absl::Time due = IdleDeadline();
  SettleWithRule();
  if (now < due) {
    absl::Time next = due;
    if (now < relay_since_ + limits::kPeerWatchDelay) {
      next = std::min(next, relay_since_ + limits::kPeerWatchDelay);
    } else {
      WatchPeers();
      if (tunnel() != nullptr) {
        if (!LookAtSinks()) return;
        next = std::min(next, NextLook(shard_.snapshot().timeouts(), now));
      }
    }
    return shard_.loop().timers().Set(deadline_timer_, next);
  }
  if (state_ == SessionState::kAssociation)
    return Close(EndedBy::kTimeout, "no datagram within the idle time-out of UDP");
  Close(EndedBy::kTimeout, state_ == SessionState::kHalfClosed
                               ? "nothing moved within the half-closed time-out"
                               : "nothing moved within the idle time-out");
}

void Session::WatchPeers() {
  if (watched_) return;
  watched_ = true;
  const Timeouts& timeouts = shard_.snapshot().timeouts();
  const Keepalive keepalive{timeouts.keepalive, timeouts.keepalive_interval,
                            timeouts.keepalive_probes};
  for (const int fd : {client_fd_, target_fd_}) {
    if (fd >= 0) shard_.kernel().SetKeepalive(fd, keepalive);
  }
}

// False where that was its end. Costs a system call for each side where something has moved
// lately, or waits.
bool Session::LookAtSinks() {
  const Timeouts& timeouts = shard_.snapshot().timeouts();
  const absl::Time now = shard_.loop().now();
  // Also what the opening has sent: the reply, early data.
  const absl::Time moved_at = std::max(tunnel()->moved_at(), relay_since_);
  // One look after the last move is enough: what still waits then is looked at until it does not.
  const bool moved = moved_at + limits::kPeerLookMax + 2 * kLookGrain >= now;
  if (!moved && !client_sink_.waiting() && !target_sink_.waiting()) return true;
  SinkWatch::Patience patience{timeouts.stalled, timeouts.unacknowledged};
  if (timeouts.unacknowledged > absl::ZeroDuration() && timeouts.keepalive > absl::ZeroDuration()) {
    // While bytes wait Linux sends no keepalive; those sent before count.
    patience.silence =
        std::max(timeouts.unacknowledged,
                 timeouts.keepalive + timeouts.keepalive_interval * timeouts.keepalive_probes);
  }
  for (const EndedBy side : {EndedBy::kClient, EndedBy::kTarget}) {
    const bool client = side == EndedBy::kClient;
    const Uptake uptake = shard_.kernel().UptakeOf(client ? client_fd_ : target_fd_);
    switch ((client ? client_sink_ : target_sink_).Look(uptake, now, patience)) {
      case SinkWatch::Finding::kFlows: continue;
      case SinkWatch::Finding::kGone: AbortBroken(side, ETIMEDOUT); return false;
      case SinkWatch::Finding::kStalled:
        Abort(EndedBy::kTimeout, client ? "the client took nothing within the stalled time-out"
                                        : "the target took nothing within the stalled time-out");
        return false;
    }
  }
  return true;
}

absl::Time Session::IdleDeadline() {
  const Timeouts& timeouts = shard_.snapshot().timeouts();
  if (association() != nullptr)
    return std::max(association()->moved_at(), relay_since_) + timeouts.udp_idle;
  const absl::Time moved = std::max(tunnel()->moved_at(), relay_since_);
  return moved + (state_ == SessionState::kHalfClosed ? timeouts.half_closed : timeouts.idle);
}

void Session::OnTunnelHalfClosed(EndedBy by) {
  if (traced_) Trace(TraceStep::Kind::kHalfClosed, by);
  // While the opening still delivers one direction, OnOpeningQuiet does the rest.
  if (opening_ == nullptr) EnterRelay();
}

void Session::OnTunnelClosed(EndedBy by) { Close(by, "closed"); }

void Session::OnTunnelBroken(EndedBy by, int error) {
  if (gss_ != nullptr && error == EBADMSG) {
    return Abort(
        by, !gss_->why().empty() ? gss_->why() : "the connection ended within a GSSAPI message");
  }
  AbortBroken(by, error);
}

void Session::AbortBroken(EndedBy by, int error) {
  const bool client = by == EndedBy::kClient;
  if (IsSilence(error)) {
    return Abort(EndedBy::kTimeout,
                 client ? "the client no longer answers" : "the target no longer answers", error);
  }
  Abort(by, client ? "reset by the client" : "reset by the target", error);
}

void Session::OnTunnelQuiet() { FinishIfQuiet(); }

void Session::OnControlEnded(EndedBy by, std::string_view why, int error) {
  if (IsSilence(error)) return AbortBroken(by, error);
  error != 0 ? Abort(by, why, error) : Close(by, why);
}

void Session::OnAssociationQuiet() { FinishIfQuiet(); }

// --- 5. The end

void Session::Abort(EndedBy by, std::string_view why, int error) {
  abort_ = true;
  Close(by, why, error);
}

void Session::Close(EndedBy by, std::string_view why, int error) {
  if (state_ == SessionState::kQuiescence) return;
  NoteEnd(by, why, error);
  SetState(SessionState::kQuiescence);
  shard_.loop().timers().Cancel(deadline_timer_);
  if (opening_ != nullptr) opening_->Stop();
  if (tunnel() != nullptr) tunnel()->Stop();
  if (association() != nullptr) association()->Stop();
  FinishIfQuiet();
}

bool Session::CarrierQuiet() {
  if (association() != nullptr) return association()->quiet();
  return tunnel() == nullptr || tunnel()->quiet();
}

void Session::FinishIfQuiet() {
  if (!CarrierQuiet() || (opening_ != nullptr && !opening_->quiet())) return;
  if (opening_ != nullptr) shard_.TakeBackOpening(opening_);
  Kernel& kernel = shard_.kernel();
  for (const int fd : {client_fd_, target_fd_}) {
    if (fd < 0) continue;
    abort_ ? kernel.CloseWithReset(fd) : kernel.Close(fd);
  }
  WriteRecord();
  if (association() != nullptr) DropAssociation();
  shard_.Retire(*this);  // frees this session
}

}  // namespace sluice

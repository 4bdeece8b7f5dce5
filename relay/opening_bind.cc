// The part of an opening that serves BIND, in the order of its life:
//   1. AwaitPeer / ListenForPeer: a listener on the side of the application server; then the first
//      reply, which tells where it is.
//   2. OnPeerAsks: everybody who connects is asked for: the address, and the rules once more. Only
//      SOCKS4 ends at the first wrong one.
//   3. OnPeer: the second reply, and the tunnel. OnClientLeft, OnNoPeer: the failure instead.

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "policy/snapshot.h"
#include "relay/any_port.h"
#include "relay/egress_error.h"
#include "relay/opening.h"
#include "relay/reply_code.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {
namespace {

// Ports below it are for services of the host; a client takes one only where socks.bind_ports names
// it.
constexpr uint16_t kUnprivilegedPortMin = 1024;

}  // namespace

// --- 1. Listening

void Opening::AwaitPeer() {
  if (const std::string_view why =
          session_.TakeSecondPlace(Holding::kBinds, shard_.snapshot().limits().binds);
      !why.empty()) {
    return Refuse(Rep::kGeneralFailure, EndedBy::kLimit, why);
  }
  bind_ = shard_.LendBind(*this);
  if (bind_ == nullptr) {
    session_.GiveSecondPlace();
    return Refuse(Rep::kGeneralFailure, EndedBy::kLimit, "as many BINDs wait as a shard may have");
  }
  if (!IsForAnyPeer()) {
    std::array<Address, limits::kDialAddressesMax> peers;
    bind_->Expect(CandidateAddresses(&peers));
  }
  if (const int error = ListenForPeer(); error < 0) {
    // The other family may have one that can be listened towards.
    if (MoreToCome()) return shard_.TakeBackBind(std::exchange(bind_, nullptr));
    shard_.counters().binds_failed.Add(1);
    return RefuseForWantOf(bind_missing_, "no address and port to listen on towards the peer",
                           -error);
  }
  static_cast<Resolver::Waiter*>(this)->Unlink();
  const Snapshot& snapshot = shard_.snapshot();
  shard_.counters().requests_allowed.Add(1);
  session_.NoteEgress(bind_->at());
  session_.AdvanceTo(SessionState::kPeer, shard_.loop().now() + snapshot.timeouts().bind);
  if (watch_.in_flight()) shard_.kernel().Cancel(watch_);
  bind_->Await(session_.client_fd());
  Endpoint told = bind_->at();
  for (const Address& address : snapshot.service().advertised) {
    if (address.is_v4() == told.address.is_v4()) told.address = address;
  }
  session_.NoteReply(Rep::kSucceeded);
  handshake_.Succeed(told);
  Reply();
}

// Zeros mean any peer, and only a rule that grants it has allowed them.
bool Opening::IsForAnyPeer() const {
  return candidates_count_ == 1 && candidates_[0].address.is_unspecified();
}

// 0 or -errno: of the first peer for which it can be done, or why it cannot be for the last. The
// others are told the same place by the client, so they come there as well.
int Opening::ListenForPeer() {
  int error = -EAFNOSUPPORT;
  for (const Candidate& peer : candidates()) {
    // The reply of SOCKS4 has no room for an IPv6 address.
    if (handshake_.version() != Version::kSocks5 && !peer.address.is_v4()) continue;
    error = ListenTowards(peer);
    if (error == 0) {
      session_.NoteRule(peer.rule_name.view());
      break;
    }
  }
  return error;
}

int Opening::ListenTowards(const Candidate& peer) {
  const Egress& egress = shard_.snapshot().Grant(peer.rule).egress;
  const bool v4 = peer.address.is_v4();
  const std::string_view interface = CommonInterface(v4);
  if (!egress.addresses.empty()) {
    int error = -EADDRNOTAVAIL;
    for (const Address& address : egress.addresses) {
      if (address.is_v4() != v4) continue;
      error = ListenAt(address, interface);
      bind_missing_.Note(-error, address, interface);
      if (!NextAddressMayDo(-error)) break;
    }
    return error;
  }
  Address source;
  if (peer.address.is_unspecified()) {
    // There is no route to nobody. Where the client reaches the gateway its peers may, too.
    Endpoint local;
    if (const int error = shard_.kernel().LocalEndpoint(session_.client_fd(), &local); error < 0)
      return error;
    source = local.address;
    if (source.is_v4() != v4) return -EADDRNOTAVAIL;
    // A link-local client means its own link.
    if (interface.empty()) return ListenAt(source, session_.interface().view());
  } else if (const int error = shard_.kernel().RouteSource(peer.address, egress.interface, &source);
             error < 0) {
    bind_missing_.Note(-error, {}, egress.interface);
    return error;
  }
  const int error = ListenAt(source, interface);
  bind_missing_.Note(error == -ENODEV ? ENODEV : 0, {}, interface);
  return error;
}

// Peers come by the interface that their rules name. Where those of a family do not agree, by any:
// one socket cannot listen on some.
std::string_view Opening::CommonInterface(bool v4) const {
  const std::string* common = nullptr;
  for (const Candidate& peer : candidates()) {
    if (peer.address.is_v4() != v4) continue;
    const std::string& interface = shard_.snapshot().Grant(peer.rule).egress.interface;
    if (common != nullptr && *common != interface) return {};
    common = &interface;
  }
  return common != nullptr ? std::string_view(*common) : std::string_view();
}

// Who expects any peer often tells the port beforehand, as clients of active FTP do: then it is
// listened on where it may be and is free. Where a peer is named the port is the one of its server.
int Opening::ListenAt(const Address& address, std::string_view interface) {
  const std::optional<PortRange>& ports = shard_.snapshot().service().bind_ports;
  const uint16_t wanted = handshake_.request().port;
  const bool may = ports ? ports->Contains(wanted) : wanted >= kUnprivilegedPortMin;
  if (IsForAnyPeer() && may &&
      bind_->Listen(address, interface, PortRange{wanted, wanted}, wanted) == 0)
    return 0;
  const PortRange range = ports.value_or(PortRange{0, 0});
  return bind_->Listen(address, interface, range, AnyPortOf(range, shard_.prng()));
}

// --- 2. Who connects

Bind::Answer Opening::OnPeerAsks(const Endpoint& peer) {
  const Snapshot& snapshot = shard_.snapshot();
  PolicyRequest asked = ToPolicyRequest();
  asked.address_known = true;
  // the port stays the one that was asked for: a peer chooses its own freely
  asked.address = peer.address;
  const Decision decision = AskPolicy(asked);
  const bool expected = bind_->expects_any() ? snapshot.Grant(decision.rule).bind_any_peer
                                             : bind_->Expects(peer.address);
  if (expected && decision.verdict == Verdict::kAllow && !NeedsIdent(decision.rule) &&
      !BarsSocks4(decision)) {
    session_.NoteRule(snapshot.RuleName(decision.rule));
    return Bind::Answer::kTake;
  }
  shard_.counters().bind_peers_refused.Add(1);
  if (handshake_.version() == Version::kSocks5) return Bind::Answer::kRefuse;
  // "If they don't match, it should reply to the client with 91 and close both connections."
  shard_.counters().binds_failed.Add(1);
  session_.NoteTried(peer);
  if (expected) {
    Refuse(Rep::kNotAllowed, EndedBy::kPolicy, "denied by the rules, for the peer that connected");
  } else {
    Refuse(Rep::kNotAllowed, EndedBy::kTarget,
           "another host connected than the one that was asked for");
  }
  return Bind::Answer::kEnd;
}

// --- 3. The outcome

void Opening::OnPeer(int fd, const Endpoint& peer) {
  shard_.counters().binds_succeeded.Add(1);
  session_.TakeTarget(fd, peer, bind_->at());
  session_.AdvanceTo(SessionState::kReplyDelivery,
                     shard_.loop().now() + shard_.snapshot().timeouts().connect);
  handshake_.Succeed(peer);
  Reply();
  SendEarlyData();
}

// A client that ends its side says nothing more to a peer, and from one that is gone it cannot be
// told: its port is not held for it.
void Opening::OnClientLeft(bool reset) {
  shard_.counters().binds_failed.Add(1);
  if (reset) return session_.Abort(EndedBy::kClient, "the client left before its peer connected");
  Refuse(Rep::kGeneralFailure, EndedBy::kClient, "the client left before its peer connected");
}

void Opening::OnNoPeer() {
  shard_.counters().binds_failed.Add(1);
  Refuse(Rep::kTtlExpired, EndedBy::kTimeout, "nobody connected within the bind time-out");
}

void Opening::OnBindQuiet() {
  if (stopped_) return TellIfQuiet();
  DoneIfOpen();
}

}  // namespace sluice

// The part of an opening that serves BIND, in the order of its life:
//   1. AwaitPeer / ListenForPeer: a listener on the side of the application server; then the first
//      reply, which tells where it is.
//   2. OnPeerAsks: everybody who connects is asked for: the address, and the rules once more. Only
//      SOCKS4 ends at the first wrong one.
//   3. OnPeer: the second reply, and the tunnel. OnClientLeft, OnNoPeer: the failure instead.

#include <algorithm>
#include <cerrno>

#include "policy/snapshot.h"
#include "relay/any_port.h"
#include "relay/opening.h"
#include "relay/reply_code.h"
#include "relay/session.h"
#include "relay/shard.h"

namespace sluice {

// --- 1. Listening

void Opening::AwaitPeer(absl::Span<const Address> addresses, const RuleGrant& grant) {
  // Zeros mean any peer, and only a rule that grants it has allowed them.
  const bool any_peer = addresses.size() == 1 && addresses[0].is_unspecified();
  bind_ = shard_.LendBind(*this);
  if (bind_ == nullptr)
    return Refuse(Rep::kGeneralFailure, EndedBy::kLimit, "as many BINDs wait as may");
  if (!any_peer) bind_->Expect(addresses);
  if (const int error = ListenForPeer(addresses, grant.egress); error < 0) {
    shard_.counters().binds_failed.Add(1);
    return Refuse(RepOfConnectError(-error), EndedBy::kGateway,
                  "no address and port to listen on towards the peer", -error);
  }
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

// 0 or -errno: of the first peer for which it can be done, or why it cannot be for the last.
int Opening::ListenForPeer(absl::Span<const Address> peers, const Egress& egress) {
  int error = -EAFNOSUPPORT;
  for (const Address& peer : peers) {
    // The reply of SOCKS4 has no room for an IPv6 address.
    if (handshake_.version() != Version::kSocks5 && !peer.is_v4()) continue;
    error = ListenTowards(peer, egress);
    if (error == 0) break;
  }
  return error;
}

int Opening::ListenTowards(const Address& peer, const Egress& egress) {
  if (!egress.addresses.empty()) {
    for (const Address& address : egress.addresses) {
      if (address.is_v4() != peer.is_v4()) continue;
      if (const int error = ListenAt(address, egress.interface); error != -EADDRNOTAVAIL)
        return error;
    }
    return -EADDRNOTAVAIL;
  }
  Address source;
  if (peer.is_unspecified()) {
    // There is no route to nobody. Where the client reaches the gateway its peers may, too.
    Endpoint local;
    if (const int error = shard_.kernel().LocalEndpoint(session_.client_fd(), &local); error < 0)
      return error;
    source = local.address;
    if (source.is_v4() != peer.is_v4()) return -EADDRNOTAVAIL;
  } else if (const int error = shard_.kernel().RouteSource(peer, egress.interface, &source);
             error < 0) {
    return error;
  }
  return ListenAt(source, egress.interface);
}

int Opening::ListenAt(const Address& address, std::string_view interface) {
  const PortRange ports = shard_.snapshot().service().bind_ports.value_or(PortRange{0, 0});
  return bind_->Listen(address, interface, ports, AnyPortOf(ports, shard_.prng()));
}

// --- 2. Who connects

Bind::Answer Opening::OnPeerAsks(const Endpoint& peer) {
  const Snapshot& snapshot = shard_.snapshot();
  PolicyRequest asked = ToPolicyRequest();
  asked.address_known = true;
  // the port stays the one that was asked for: a peer chooses its own freely
  asked.address = peer.address;
  const Decision decision = snapshot.Decide(asked);
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

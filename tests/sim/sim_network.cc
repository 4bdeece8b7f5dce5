// A connection attempt, in order:
//   1. Dial: the socket gets a source address and port; some failures are known at once.
//   2. OnSyn: the other host refuses, ignores, or answers with a socket of its own; an ignored SYN
//      is sent again, later and later.
//   3. OnSynAck: connected, as far as the caller is concerned.
//   4. OnAck: the connection joins the listener's backlog.

#include "tests/sim/sim_network.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice {
namespace {

constexpr int kSynAttemptsMax = 7;  // 1 + 2 + 4 + … seconds: 127 s to ETIMEDOUT, as Linux has it
constexpr size_t kSegmentBytesMax = 64 * 1024;

bool IsLoopback(const Address& address) {
  return ClassifySpecialUse(address) == SpecialUse::kLoopback;
}

Address Loopback(bool v4) {
  if (v4) return Address::FromV4({127, 0, 0, 1});
  return Address::FromV6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

Address Unspecified(bool v4) { return v4 ? Address::FromV4({0, 0, 0, 0}) : Address(); }

}  // namespace

SimSocket& SimListener::Take() {
  SimSocket* socket = waiting_.front();
  waiting_.pop_front();
  return *socket;
}

bool SimHost::Has(const Address& address) const {
  return IsLoopback(address) ||
         std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

const Address* SimHost::SourceFor(const Address& to, std::string_view interface) const {
  static const Address kLoopbackV4 = Loopback(true);
  static const Address kLoopbackV6 = Loopback(false);
  const bool by_loopback = interface == "lo";
  if (IsLoopback(to)) {
    if (!interface.empty() && !by_loopback) return nullptr;
    return to.is_v4() ? &kLoopbackV4 : &kLoopbackV6;
  }
  if (by_loopback) return nullptr;
  const auto found = interfaces_.find(interface);
  if (!interface.empty() && found == interfaces_.end()) return nullptr;
  for (const Address& address : interface.empty() ? addresses_ : found->second) {
    if (address.is_v4() == to.is_v4()) return &address;
  }
  return nullptr;
}

std::string SimHost::InterfaceOf(const Address& address) const {
  for (const auto& [name, addresses] : interfaces_) {
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) return name;
  }
  return "";
}

void SimHost::AddAddress(const Address& address) {
  addresses_.push_back(address);
  ++address_changes_;
}

void SimHost::RemoveAddress(const Address& address) {
  std::erase(addresses_, address);
  ++address_changes_;
}

int SimHost::CanListen(const Endpoint& at, bool exclusive, bool may_be_absent) const {
  if (!may_be_absent && !at.address.is_unspecified() && !Has(at.address)) return -EADDRNOTAVAIL;
  if (at.port == 0) return exhausted_.contains(at.address) ? -EADDRINUSE : 0;
  for (const auto& [place, group] : listeners_) {
    const bool meet = place.port == at.port && place.address.is_v4() == at.address.is_v4() &&
                      (place.address == at.address || place.address.is_unspecified() ||
                       at.address.is_unspecified());
    if (!meet || group.empty()) continue;
    if (exclusive || group.front()->exclusive()) return -EADDRINUSE;
  }
  return 0;
}

SimNetwork::SimNetwork(uint64_t seed, const SimFaults& faults) : faults_(faults), dice_(seed) {}

SimNetwork::~SimNetwork() = default;

SimHost& SimNetwork::AddHost(std::vector<Address> addresses) {
  hosts_.push_back(std::make_unique<SimHost>(std::move(addresses)));
  return *hosts_.back();
}

SimSocket& SimNetwork::NewSocket(SimHost& host) {
  sockets_.push_back(std::make_unique<SimSocket>(*this, host, static_cast<int>(sockets_.size())));
  return *sockets_.back();
}

SimListener* SimNetwork::Listen(SimHost& host, const Endpoint& at, int backlog, bool exclusive) {
  Endpoint bound = at;
  while (bound.port == 0) {
    const Endpoint tried{at.address, NextPort()};
    if (host.CanListen(tried, exclusive, /*may_be_absent=*/true) == 0) bound = tried;
  }
  listeners_.push_back(std::make_unique<SimListener>(host, bound, backlog, exclusive));
  host.listeners_[bound].push_back(listeners_.back().get());
  return listeners_.back().get();
}

void SimNetwork::CloseListener(SimListener& listener) {
  listener.closed_ = true;
  listener.watcher_ = nullptr;
  std::vector<SimListener*>& group = listener.host_.listeners_[listener.at_];
  group.erase(std::remove(group.begin(), group.end(), &listener), group.end());
  while (listener.has_waiting()) listener.Take().CloseWithReset();
}

void SimNetwork::CalmDown() {
  Trace("faults end", 0);
  SimFaults calm;
  calm.latency_min = faults_.latency_min;
  calm.latency_max = faults_.latency_max;
  calm.socket_buffer_min = faults_.socket_buffer_min;
  calm.socket_buffer_max = faults_.socket_buffer_max;
  faults_ = calm;
}

size_t SimNetwork::SocketBuffer() {
  return dice_.Skewed(faults_.socket_buffer_min, faults_.socket_buffer_max);
}

size_t SimNetwork::SegmentBytes(size_t bytes_max) {
  if (dice_.Chance(faults_.small_segment))
    return dice_.Between(1, std::min<size_t>(bytes_max, 100));
  return std::min(bytes_max, dice_.Between(kSegmentBytesMax / 8, kSegmentBytesMax));
}

void SimNetwork::AfterLatency(std::function<void()> what) {
  clock_.After(dice_.Between(faults_.latency_min, faults_.latency_max), std::move(what));
}

uint16_t SimNetwork::NextPort() { return static_cast<uint16_t>(20'000 + ports_used_++ % 40'000); }

// --- Connecting

void SimNetwork::Dial(SimSocket& socket, const Endpoint& to) {
  socket.remote_ = to;
  // Linux takes the unspecified address for this host.
  if (to.address.is_unspecified()) socket.remote_.address = Loopback(to.address.is_v4());
  Trace("dial", socket.id(), to.port);
  if (dial_observer_) dial_observer_(socket.host_, socket, to);
  const Address& address = socket.remote_.address;
  const Address* source = socket.host_.SourceFor(address, socket.interface_);
  if (source != nullptr && !socket.local_.address.is_unspecified()) source = &socket.local_.address;
  const auto route = routes_.find(address);
  if (source == nullptr ||
      (route != routes_.end() && route->second == SimRoute::kNetworkUnreachable)) {
    return socket.Fail(ENETUNREACH);
  }
  if (socket.host_.exhausted_.contains(*source)) return socket.Fail(EADDRNOTAVAIL);
  socket.local_ = Endpoint{*source, socket.local_.port != 0 ? socket.local_.port : NextPort()};
  AfterLatency([this, &socket] { OnSyn(socket, 1); });
}

SimHost* SimNetwork::HostOf(const SimHost& from, const Address& address) {
  for (const auto& host : hosts_) {
    if (IsLoopback(address) ? host.get() == &from : host->Has(address)) return host.get();
  }
  return nullptr;
}

SimListener* SimNetwork::FindListener(SimHost& host, const Endpoint& to) {
  for (const Address& address : {to.address, Unspecified(to.address.is_v4())}) {
    const auto group = host.listeners_.find(Endpoint{address, to.port});
    if (group == host.listeners_.end() || group->second.empty()) continue;
    return dice_.Pick(group->second.data(), group->second.size());
  }
  return nullptr;
}

void SimNetwork::OnSyn(SimSocket& socket, int attempt) {
  if (!socket.connecting()) return;
  const auto route = routes_.find(socket.remote_.address);
  const bool silent = route != routes_.end() && route->second == SimRoute::kSilent;
  if (silent || dice_.Chance(faults_.connect_ignored)) return RetrySyn(socket, attempt);
  auto fail = [this, &socket](int error) {
    AfterLatency([&socket, error] {
      if (socket.connecting()) socket.Fail(error);
    });
  };
  SimHost* host = HostOf(socket.host_, socket.remote_.address);
  if (host == nullptr || route != routes_.end()) return fail(EHOSTUNREACH);
  SimListener* listener = FindListener(*host, socket.remote_);
  if (listener == nullptr) return fail(ECONNREFUSED);
  if (static_cast<int>(listener->waiting_.size()) + listener->arriving_ > listener->backlog_) {
    return RetrySyn(socket, attempt);
  }
  ++listener->arriving_;
  SimSocket& peer = NewSocket(*host);
  peer.local_ = socket.remote_;
  peer.remote_ = socket.local_;
  if (peer.local_.address.needs_interface())
    peer.interface_ = host->InterfaceOf(peer.local_.address);
  peer.peer_ = &socket;
  peer.state_ = SimSocket::State::kConnected;
  socket.peer_ = &peer;
  AfterLatency([this, &socket, &peer, listener] { OnSynAck(socket, peer, *listener); });
}

void SimNetwork::RetrySyn(SimSocket& socket, int attempt) {
  Trace("syn ignored", socket.id(), attempt);
  clock_.After(absl::Seconds(int64_t{1} << (attempt - 1)), [this, &socket, attempt] {
    if (!socket.connecting()) return;
    if (attempt == kSynAttemptsMax) return socket.Fail(ETIMEDOUT);
    OnSyn(socket, attempt + 1);
  });
}

void SimNetwork::OnSynAck(SimSocket& socket, SimSocket& peer, SimListener& listener) {
  if (!socket.connecting()) {
    --listener.arriving_;
    peer.Close();
    return;
  }
  Trace("connected", socket.id(), peer.id());
  socket.state_ = SimSocket::State::kConnected;
  socket.Changed();
  MaybeCut(socket);
  AfterLatency([this, &peer, &listener] { OnAck(peer, listener); });
}

void SimNetwork::OnAck(SimSocket& peer, SimListener& listener) {
  --listener.arriving_;
  if (listener.closed_) return peer.CloseWithReset();
  Trace("waits for accept", peer.id());
  listener.waiting_.push_back(&peer);
  if (listener.watcher_ != nullptr) listener.watcher_->OnListenerChange(listener);
}

void SimNetwork::MaybeCut(SimSocket& socket) {
  if (!dice_.Chance(faults_.connection_cut)) return;
  clock_.After(dice_.Between(absl::ZeroDuration(), faults_.cut_within), [this, &socket] {
    if (faults_.connection_cut == 0) return;
    Trace("cut", socket.id(), socket.peer_->id());
    socket.was_cut_ = socket.peer_->was_cut_ = true;
    socket.OnReset();
    socket.peer_->OnReset();
  });
}

}  // namespace sluice

// A datagram, in order:
//   1. SimDatagramSocket::SendTo: what Linux refuses at once.
//   2. SimNetwork::Carry: the network loses it, doubles it or makes it late.
//   3. SimNetwork::OnDatagramArrival: the socket that is bound there, if there is one.
//   4. SimDatagramSocket::Arrive: it waits to be received, where there is room.

#include "tests/sim/sim_datagram.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "tests/sim/sim_network.h"

namespace sluice {
namespace {

constexpr size_t kDatagramBytesMax = 65'507;
constexpr size_t kRoomMin = 64 * 1024;  // of a receiver, for some datagrams at a time
// what Linux's own bookkeeping of a datagram takes from the socket's room
constexpr size_t kChargedEach = 512;

// A datagram that comes late comes after this many latencies more.
constexpr int kLateLatencies = 20;

bool IsBroadcastV4(const Address& address) {
  return address.is_v4() && address.v4() == 0xffff'ffff;
}

}  // namespace

int SimDatagramSocket::SendTo(const Endpoint& to, std::vector<uint8_t> bytes) {
  if (to.port == 0 || to.address.is_v4() != at_.address.is_v4()) return -EINVAL;
  if (bytes.size() > kDatagramBytesMax) return -EMSGSIZE;
  if (IsBroadcastV4(to.address)) return -EACCES;
  SimDatagram datagram{at_, to, std::move(bytes)};
  const Address* source = host_.SourceFor(to.address, interface_);
  if (source == nullptr) return -ENETUNREACH;
  if (datagram.from.address.is_unspecified()) datagram.from.address = *source;
  if (network_.dice().Chance(network_.faults().datagram_socket_full)) return -EAGAIN;
  network_.Carry(host_, std::move(datagram));
  return 0;
}

void SimDatagramSocket::Arrive(const SimDatagram& datagram) {
  size_t held = kChargedEach + datagram.bytes.size();
  for (const SimDatagram& waiting : arrived_) held += kChargedEach + waiting.bytes.size();
  // As Linux has it: what begins with room is taken whole.
  if (closed_ || (held > capacity_ && !arrived_.empty())) return;
  arrived_.push_back(datagram);
  if (watcher_ != nullptr) watcher_->OnDatagram(*this);
}

void SimDatagramSocket::Close() {
  closed_ = true;
  watcher_ = nullptr;
  arrived_.clear();
  network_.ReleaseDatagramSocket(*this);
}

// --- The network

SimDatagramSocket* SimNetwork::OpenDatagramSocket(SimHost& host, const Endpoint& at,
                                                  std::string_view interface, int* error) {
  *error = EADDRNOTAVAIL;
  if (!at.address.is_unspecified() && !host.Has(at.address)) return nullptr;
  const Endpoint bound{at.address, at.port != 0 ? at.port : NextPort()};
  *error = EADDRINUSE;
  if (at.port == 0 && host.exhausted_.contains(at.address)) return nullptr;
  for (const auto& [other, socket] : host.datagram_sockets_) {
    const bool overlaps = other.address == bound.address || other.address.is_unspecified() ||
                          bound.address.is_unspecified();
    if (other.port == bound.port && other.address.is_v4() == bound.address.is_v4() && overlaps)
      return nullptr;
  }
  datagram_sockets_.push_back(std::make_unique<SimDatagramSocket>(
      *this, host, bound, interface, std::max(kRoomMin, SocketBuffer())));
  host.datagram_sockets_[bound] = datagram_sockets_.back().get();
  return datagram_sockets_.back().get();
}

void SimNetwork::ReleaseDatagramSocket(SimDatagramSocket& socket) {
  socket.host_.datagram_sockets_.erase(socket.at_);
}

void SimNetwork::Carry(SimHost& from, SimDatagram datagram) {
  Trace("datagram", datagram.from.port, datagram.to.port);
  if (datagram_observer_) datagram_observer_(from, datagram);
  const auto route = routes_.find(datagram.to.address);
  if (route != routes_.end() || dice_.Chance(faults_.datagram_lost)) return;
  auto shared = std::make_shared<const SimDatagram>(std::move(datagram));
  const int copies = dice_.Chance(faults_.datagram_doubled) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const absl::Duration more = dice_.Chance(faults_.datagram_late)
                                    ? kLateLatencies * faults_.latency_max
                                    : absl::ZeroDuration();
    clock_.After(dice_.Between(faults_.latency_min, faults_.latency_max) + more,
                 [this, &from, shared] { OnDatagramArrival(from, *shared); });
  }
}

void SimNetwork::OnDatagramArrival(SimHost& from, const SimDatagram& datagram) {
  SimHost* host = HostOf(from, datagram.to.address);
  if (host == nullptr) return;
  const Address any = datagram.to.address.is_v4() ? Address::FromV4({0, 0, 0, 0}) : Address();
  for (const Address& address : {datagram.to.address, any}) {
    const auto found = host->datagram_sockets_.find(Endpoint{address, datagram.to.port});
    if (found != host->datagram_sockets_.end()) return found->second->Arrive(datagram);
  }
}

}  // namespace sluice

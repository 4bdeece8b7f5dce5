#include "relay/udp/udp_sockets.h"

#include <algorithm>
#include <cerrno>

#include "absl/hash/hash.h"
#include "relay/egress_error.h"

namespace sluice {

namespace {

constexpr size_t kOwn = 2;  // for which the association has a place

}  // namespace

UdpSockets::UdpSockets(Kernel& kernel, Places& places, Owner& owner)
    : kernel_(kernel), places_(places), owner_(owner) {
  for (Socket& socket : sockets_) socket.ready.Bind<&UdpSockets::OnReady>(this);
}

UdpSockets::~UdpSockets() {
  for (size_t i = 0; i < count_; ++i) kernel_.Close(sockets_[i].fd);
  for (size_t i = kOwn; i < count_; i += 2) places_.Give();
}

int UdpSockets::Towards(const Address& target, const Egress& egress) {
  const bool v4 = target.is_v4();
  const size_t hash = absl::HashOf(egress.addresses, egress.interface);
  for (size_t i = 0; i < count_; ++i) {
    if (sockets_[i].v4 == v4 && sockets_[i].egress == hash) return sockets_[i].fd;
  }
  if (count_ == sockets_.size()) return -ENOSR;
  const bool needs_place = count_ >= kOwn && count_ % 2 == 0;
  if (needs_place && !places_.TakeSpare()) return -ENOSR;
  const int fd = Open(target, egress);
  if (fd < 0) {
    if (needs_place) places_.Give();
    return fd;
  }
  Socket& socket = sockets_[count_++];
  socket.fd = fd;
  socket.v4 = v4;
  socket.egress = hash;
  kernel_.AwaitDatagrams(socket.ready, fd);
  return fd;
}

int UdpSockets::Open(const Address& target, const Egress& egress) {
  if (egress.addresses.empty()) {
    const Address any = target.is_v4() ? Address::FromV4({0, 0, 0, 0}) : Address();
    return kernel_.OpenDatagramSocket(Endpoint{any, 0}, egress.interface);
  }
  int fd = -EADDRNOTAVAIL;
  for (const Address& address : egress.addresses) {
    if (address.is_v4() != target.is_v4()) continue;
    fd = kernel_.OpenDatagramSocket(Endpoint{address, 0}, egress.interface);
    if (!NextAddressMayDo(-fd)) break;
  }
  return fd;
}

void UdpSockets::OnReady(Op& ready, const Completion&) {
  if (stopped_) {
    if (quiet()) owner_.OnSocketsQuiet();
    return;
  }
  const auto socket = std::find_if(sockets_.begin(), sockets_.end(),
                                   [&](const Socket& s) { return &s.ready == &ready; });
  owner_.OnAnswers(socket->fd);
  kernel_.AwaitDatagrams(ready, socket->fd);
}

void UdpSockets::Stop() {
  stopped_ = true;
  for (Socket& socket : sockets_) {
    if (socket.ready.in_flight()) kernel_.Cancel(socket.ready);
  }
}

bool UdpSockets::quiet() const {
  return std::none_of(sockets_.begin(), sockets_.end(),
                      [](const Socket& socket) { return socket.ready.in_flight(); });
}

}  // namespace sluice

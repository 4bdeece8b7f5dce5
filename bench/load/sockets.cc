#include "bench/load/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::load {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to somaxconn

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress ToSocketAddress(const Endpoint& endpoint) {
  SocketAddress out;
  const auto& bytes = endpoint.address.bytes();
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data() + 12, 4);
    out.bytes = sizeof(v4);
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), 16);
    out.bytes = sizeof(v6);
  }
  return out;
}

int Closed(int fd) {
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// Beyond what a user may have (net.core.rmem_max) only with the privilege for it; less loses
// datagrams, which is counted.
void EnlargeBuffers(int fd) {
  constexpr int kBytes = 4 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kBytes, sizeof(kBytes)) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kBytes, sizeof(kBytes));
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kBytes, sizeof(kBytes)) != 0)
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kBytes, sizeof(kBytes));
}

using Call = int (*)(int, const sockaddr*, socklen_t);

// `call`: bind or connect.
int DatagramSocket(Call call, const Endpoint& endpoint, bool trains) {
  SocketAddress address = ToSocketAddress(endpoint);
  const int fd = socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  EnlargeBuffers(fd);
  const int on = 1;
  if (trains && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) != 0) return Closed(fd);
  return call(fd, address.get(), address.bytes) == 0 ? fd : Closed(fd);
}

}  // namespace

int DatagramSocketAt(const Endpoint& at, bool trains) { return DatagramSocket(bind, at, trains); }

int DatagramSocketTo(const Endpoint& to, bool trains) {
  return DatagramSocket(connect, to, trains);
}

int ConnectSocket(const Endpoint& to) {
  SocketAddress address = ToSocketAddress(to);
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, address.get(), address.bytes) == 0 || errno == EINPROGRESS) return fd;
  return Closed(fd);
}

int ListenSocket(const Endpoint& at) {
  SocketAddress address = ToSocketAddress(at);
  const int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const bool listening = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                         setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
                         bind(fd, address.get(), address.bytes) == 0 && listen(fd, kBacklog) == 0;
  return listening ? fd : Closed(fd);
}

Endpoint LocalEndpoint(int fd) {
  SocketAddress address;
  address.bytes = sizeof(address.storage);
  if (getsockname(fd, address.get(), &address.bytes) != 0) return {};
  if (address.storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    std::array<uint8_t, 4> octets;
    std::memcpy(octets.data(), &v4.sin_addr, octets.size());
    return {Address::FromV4(octets), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
  std::array<uint8_t, 16> octets;
  std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
  return {Address::FromV6(octets), ntohs(v6.sin6_port)};
}

}  // namespace sluice::load

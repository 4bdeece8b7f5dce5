// What UringKernel does at once, by a system call that never waits.

#include <fcntl.h>
#include <linux/tcp.h>  // whose tcp_info has more than that of <netinet/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "core/sockaddr.h"
#include "core/uring_kernel.h"

namespace sluice {
namespace {

// Descriptor or -errno.
int NewSocket(const Address& family, int type) {
  const int fd =
      socket(family.is_v4() ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

bool Set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

bool SwitchOn(int fd, int level, int option) { return Set(fd, level, option, 1); }

bool LimitUnsent(int fd, size_t bytes) {
  return Set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(bytes));
}

bool SwitchOnFreeBind(int fd, const Address& family) {
  return family.is_v4() ? SwitchOn(fd, IPPROTO_IP, IP_FREEBIND)
                        : SwitchOn(fd, IPPROTO_IPV6, IPV6_FREEBIND);
}

bool BindTo(int fd, const Endpoint& at) {
  sockaddr_storage address;
  const socklen_t size = ToSockaddr(at, &address);
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

bool BindToInterface(int fd, std::string_view interface) {
  if (interface.empty()) return true;
  if (interface.size() >= IFNAMSIZ) {  // Linux would cut it, and take another one
    errno = ENODEV;
    return false;
  }
  return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.data(),
                    static_cast<socklen_t>(interface.size())) == 0;
}

bool ListenAt(int fd, const Endpoint& at, int backlog) {
  // What it accepts inherits both, at no cost.
  if (!SwitchOn(fd, IPPROTO_TCP, TCP_NODELAY) || !LimitUnsent(fd, limits::kUnsentBytesMax))
    return false;
  if (!at.address.is_v4() && !SwitchOn(fd, IPPROTO_IPV6, IPV6_V6ONLY)) return false;
  return BindTo(fd, at) && listen(fd, backlog) == 0;
}

// The descriptor if `good`, else it is closed and -errno.
int Keep(int fd, bool good) {
  if (good) return fd;
  const int error = errno;
  close(fd);
  return -error;
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

int AskName(NameCall call, int fd, Endpoint* endpoint) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (call(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -errno;
  *endpoint = FromSockaddr(address);
  return 0;
}

}  // namespace

int UringKernel::Listen(const Endpoint& at, int backlog, const ListenTerms& terms) {
  const int fd = NewSocket(at.address, SOCK_STREAM);
  if (fd < 0) return fd;
  // Linux lets every socket of one user join (SO_REUSEPORT), also one of a second gateway that was
  // started by mistake. So who does not mean to join begins to listen alone, and shares then: of
  // two sockets with nothing but SO_REUSEADDR one can listen.
  const auto share = [fd] { return SwitchOn(fd, SOL_SOCKET, SO_REUSEPORT); };
  return Keep(fd, SwitchOn(fd, SOL_SOCKET, SO_REUSEADDR) && (!terms.joins || share()) &&
                      (!terms.may_be_absent || SwitchOnFreeBind(fd, at.address)) &&
                      BindToInterface(fd, terms.interface) && ListenAt(fd, at, backlog) &&
                      (terms.joins || share()));
}

int UringKernel::ListenOnce(const Endpoint& at, std::string_view interface) {
  const int fd = NewSocket(at.address, SOCK_STREAM);
  if (fd < 0) return fd;
  // SO_REUSEADDR only passes over connections of an earlier BIND at that port: of two sockets that
  // have it, one can listen.
  return Keep(fd, SwitchOn(fd, SOL_SOCKET, SO_REUSEADDR) && BindToInterface(fd, interface) &&
                      ListenAt(fd, at, limits::kBindBacklog));
}

int UringKernel::OpenSocket(const Address& to, const SocketSource& from) {
  const bool any = from.address.is_unspecified();
  if (!any && from.address.is_v4() != to.is_v4()) return -EADDRNOTAVAIL;
  const int fd = NewSocket(to, SOCK_STREAM);
  if (fd < 0) return fd;
  SwitchOn(fd, IPPROTO_TCP, TCP_NODELAY);
  LimitUnsent(fd, limits::kUnsentBytesMax);
  if (!BindToInterface(fd, from.interface)) return Keep(fd, false);
  if (any && from.port == 0) return fd;
  const Address unspecified = to.is_v4() ? Address::FromV4({0, 0, 0, 0}) : Address();
  const Endpoint at{any ? unspecified : from.address, from.port};
  return Keep(
      fd, (at.port != 0 || SwitchOn(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT)) && BindTo(fd, at));
}

int UringKernel::OpenDatagramSocket(const Endpoint& at, std::string_view interface) {
  // Unconnected, and without IP_RECVERR: so Linux keeps no ICMP error for it (udp_err in
  // net/ipv4/udp.c).
  const int fd = NewSocket(at.address, SOCK_DGRAM);
  if (fd < 0) return fd;
  // Where Linux cannot put datagrams together they come one by one.
  SwitchOn(fd, SOL_UDP, UDP_GRO);
  return Keep(fd, (at.address.is_v4() || SwitchOn(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                      BindToInterface(fd, interface) && BindTo(fd, at));
}

int UringKernel::RouteSource(const Address& to, std::string_view interface, Address* source) {
  const int fd = NewSocket(to, SOCK_DGRAM);
  if (fd < 0) return fd;
  sockaddr_storage address;
  // the port does not matter; 0 is refused for IPv6
  const socklen_t size = ToSockaddr(Endpoint{to, 9}, &address);
  const bool routed = BindToInterface(fd, interface) &&
                      connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
  if (!routed) return Keep(fd, false);
  Endpoint local;
  const int result = LocalEndpoint(fd, &local);
  close(fd);
  if (result == 0) *source = local.address;
  return result;
}

int UringKernel::BoundInterface(int fd, InterfaceName* name) {
  char text[IFNAMSIZ] = {};
  socklen_t size = sizeof(text);
  if (getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, text, &size) != 0) return -errno;
  *name = InterfaceName(std::string_view(text, strnlen(text, sizeof(text))));
  return 0;
}

int UringKernel::LocalEndpoint(int fd, Endpoint* endpoint) {
  return AskName(getsockname, fd, endpoint);
}

int UringKernel::PeerEndpoint(int fd, Endpoint* endpoint) {
  return AskName(getpeername, fd, endpoint);
}

int UringKernel::SetKeepalive(int fd, const Keepalive& keepalive) {
  const bool on = keepalive.after > absl::ZeroDuration();
  const auto seconds = [](absl::Duration time) {
    return static_cast<int>(absl::ToInt64Seconds(time));
  };
  const bool set = (!on || (Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(keepalive.after)) &&
                            Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds(keepalive.interval)) &&
                            Set(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive.probes))) &&
                   Set(fd, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
  return set ? 0 : -errno;
}

void UringKernel::SetUnsentMax(int fd, size_t bytes) { LimitUnsent(fd, bytes); }

Uptake UringKernel::UptakeOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  // Probes of a window without room count here as well. An acknowledgement makes both zero.
  const bool asked_again = info.tcpi_retransmits > 0 || info.tcpi_probes > 0;
  return Uptake{
      .acknowledged = static_cast<uint32_t>(info.tcpi_bytes_acked),
      .waiting = info.tcpi_unacked > 0 || info.tcpi_notsent_bytes > 0,
      .unanswered =
          asked_again ? absl::Milliseconds(info.tcpi_last_ack_recv) : absl::ZeroDuration(),
  };
}

int UringKernel::TakeError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : 0;
}

int UringKernel::ShutdownWrite(int fd) { return shutdown(fd, SHUT_WR) == 0 ? 0 : -errno; }

void UringKernel::Close(int fd) { close(fd); }

void UringKernel::CloseWithReset(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  close(fd);
}

// --- splice(2)

int UringKernel::OpenPipe(int capacity, SplicePipe* pipe) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return -errno;
  // Refused beyond fs.pipe-max-size and fs.pipe-user-pages-soft: a smaller pipe is slower, not
  // wrong.
  const int least = fcntl(ends[1], F_GETPIPE_SZ);
  while (capacity > least && fcntl(ends[1], F_SETPIPE_SZ, capacity) < 0) capacity /= 2;
  *pipe =
      SplicePipe{.read_fd = ends[0], .write_fd = ends[1], .capacity = fcntl(ends[1], F_GETPIPE_SZ)};
  return 0;
}

void UringKernel::ClosePipe(const SplicePipe& pipe) {
  close(pipe.read_fd);
  close(pipe.write_fd);
}

int64_t UringKernel::SpliceIn(int fd, const SplicePipe& pipe, size_t bytes_max) {
  const ssize_t moved =
      splice(fd, nullptr, pipe.write_fd, nullptr, bytes_max, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  return moved < 0 ? -errno : moved;
}

int64_t UringKernel::SpliceOut(const SplicePipe& pipe, int fd, size_t bytes) {
  const ssize_t moved =
      splice(pipe.read_fd, nullptr, fd, nullptr, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  return moved < 0 ? -errno : moved;
}

}  // namespace sluice

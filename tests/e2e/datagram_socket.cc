#include "tests/e2e/datagram_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sockaddr.h"
#include "glog/logging.h"

namespace sluice {

DatagramSocket::DatagramSocket(const Endpoint& at) {
  sockaddr_storage address;
  const socklen_t size = ToSockaddr(at, &address);
  fd_ = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  PCHECK(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0) << at.ToString();
}

DatagramSocket::~DatagramSocket() { close(fd_); }

void DatagramSocket::Send(const Endpoint& to, std::string_view bytes) {
  sockaddr_storage address;
  const socklen_t size = ToSockaddr(to, &address);
  sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address), size);
}

bool DatagramSocket::Receive(std::string* bytes, Endpoint* from, int patience_ms) {
  pollfd wait{fd_, POLLIN, 0};
  if (poll(&wait, 1, patience_ms) <= 0) return false;
  bytes->resize(65'536);
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  const ssize_t got =
      recvfrom(fd_, bytes->data(), bytes->size(), 0, reinterpret_cast<sockaddr*>(&address), &size);
  if (got < 0) return false;
  bytes->resize(static_cast<size_t>(got));
  *from = FromSockaddr(address);
  return true;
}

}  // namespace sluice

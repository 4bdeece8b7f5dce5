#ifndef SLUICE_CORE_URING_DATAGRAMS_H_
#define SLUICE_CORE_URING_DATAGRAMS_H_

// UringDatagrams: the datagrams of one UringKernel. What recvmmsg(2) fills, one batch that all
// sockets of the kernel share because whoever receives is done with it before anybody receives
// again; and sends that Linux cuts into datagrams (UDP_SEGMENT). Readiness is the ring's; why these
// two are system calls: docs/decisions/0012.
//
// Memory: address space for kDatagramRunsMax runs of 64 KB, of which only what datagrams have
// reached is ever touched.
// One thread, the kernel's.

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "core/address.h"
#include "core/kernel.h"

namespace sluice {

class UringDatagrams {
 public:
  UringDatagrams() = default;
  ~UringDatagrams();
  UringDatagrams(const UringDatagrams&) = delete;
  UringDatagrams& operator=(const UringDatagrams&) = delete;

  // Kernel::ReceiveDatagrams and Kernel::SendDatagrams.
  int Receive(int fd, absl::Span<const DatagramRun>* runs);
  int Send(int fd, const Endpoint& to, absl::Span<const iovec> parts, size_t datagram_bytes);

 private:
  // No datagram, and nothing that Linux puts together, is longer.
  static constexpr size_t kRunBytes = 65'536;
  // Not 64 KB: the beginnings of all runs would share one set of every cache.
  static constexpr size_t kRunStride = kRunBytes + 5 * 64;

  // Room for the one control message that either direction has.
  union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
  };

  void Reserve();
  DatagramRun RunOf(int place) const;
  int SendOneByOne(int fd, msghdr& message, size_t datagram_bytes);

  uint8_t* memory_ = nullptr;
  int filled_ = Kernel::kDatagramRunsMax;  // headers that the last receive has written to
  std::array<mmsghdr, Kernel::kDatagramRunsMax> headers_;
  std::array<iovec, Kernel::kDatagramRunsMax> parts_;
  std::array<sockaddr_storage, Kernel::kDatagramRunsMax> sources_;
  std::array<Control, Kernel::kDatagramRunsMax> controls_;
  std::array<DatagramRun, Kernel::kDatagramRunsMax> runs_;
};

}  // namespace sluice

#endif  // SLUICE_CORE_URING_DATAGRAMS_H_

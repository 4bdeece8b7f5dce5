#include "core/uring_datagrams.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/sockaddr.h"
#include "core/uring_kernel.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// What a device, a path or an older Linux answers that cannot cut a send into datagrams. Larger
// than the path allows is among it: such a datagram can still go alone, in fragments.
bool MayGoOneByOne(int error) {
  return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP;
}

size_t BytesOf(absl::Span<const iovec> parts) {
  size_t bytes = 0;
  for (const iovec& part : parts) bytes += part.iov_len;
  return bytes;
}

// Takes the next `bytes` of `parts`, whose first part may have been begun. Returns how many parts
// these are.
size_t CutOff(absl::Span<const iovec> parts, size_t bytes, size_t* part, size_t* begun,
              iovec* out) {
  size_t count = 0;
  while (bytes > 0 && *part < parts.size()) {
    const iovec& from = parts[*part];
    const size_t taken = std::min(bytes, from.iov_len - *begun);
    if (taken > 0) out[count++] = iovec{static_cast<uint8_t*>(from.iov_base) + *begun, taken};
    bytes -= taken;
    *begun += taken;
    if (*begun < from.iov_len) break;
    ++*part;
    *begun = 0;
  }
  return count;
}

}  // namespace

UringDatagrams::~UringDatagrams() {
  if (memory_ != nullptr) munmap(memory_, kRunStride * Kernel::kDatagramRunsMax);
}

// --- Receiving

void UringDatagrams::Reserve() {
  void* memory = mmap(nullptr, kRunStride * Kernel::kDatagramRunsMax, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PCHECK(memory != MAP_FAILED) << "no address space for a batch of datagrams";
  memory_ = static_cast<uint8_t*>(memory);
  for (size_t i = 0; i < headers_.size(); ++i) {
    parts_[i] = iovec{memory_ + i * kRunStride, kRunBytes};
    headers_[i] = mmsghdr{};
    msghdr& header = headers_[i].msg_hdr;
    header.msg_name = &sources_[i];
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_control = &controls_[i];
  }
}

int UringDatagrams::Receive(int fd, absl::Span<const DatagramRun>* runs) {
  if (memory_ == nullptr) Reserve();
  // What the last receive has changed.
  for (int i = 0; i < filled_; ++i) {
    headers_[static_cast<size_t>(i)].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    headers_[static_cast<size_t>(i)].msg_hdr.msg_controllen = sizeof(Control);
  }
  const int count = recvmmsg(fd, headers_.data(), headers_.size(), MSG_DONTWAIT, nullptr);
  filled_ = std::max(count, 0);
  if (count < 0) return -errno;
  for (int i = 0; i < count; ++i) runs_[static_cast<size_t>(i)] = RunOf(i);
  *runs = absl::MakeConstSpan(runs_.data(), static_cast<size_t>(count));
  return count;
}

DatagramRun UringDatagrams::RunOf(int place) const {
  const auto i = static_cast<size_t>(place);
  const size_t bytes = headers_[i].msg_len;
  DatagramRun run{FromSockaddr(sources_[i]), absl::MakeConstSpan(memory_ + i * kRunStride, bytes),
                  bytes};
  if (headers_[i].msg_hdr.msg_controllen < sizeof(cmsghdr)) return run;
  const cmsghdr& control = controls_[i].header;
  if (control.cmsg_level != SOL_UDP || control.cmsg_type != UDP_GRO) return run;
  int segment = 0;
  std::memcpy(&segment, CMSG_DATA(&control), sizeof(segment));
  if (segment > 0) run.datagram_bytes = std::min(static_cast<size_t>(segment), bytes);
  return run;
}

// --- Sending

int UringDatagrams::Send(int fd, const Endpoint& to, absl::Span<const iovec> parts,
                         size_t datagram_bytes) {
  const size_t bytes = BytesOf(parts);
  CHECK(parts.size() <= Kernel::kDatagramPartsMax &&
        bytes <= datagram_bytes * Kernel::kDatagramsPerSendMax)
      << "a send of " << bytes << " bytes in " << parts.size() << " parts, as datagrams of "
      << datagram_bytes;
  sockaddr_storage address;
  msghdr message{};
  message.msg_namelen = ToSockaddr(to, &address);
  message.msg_name = &address;
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  if (bytes <= datagram_bytes)
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 1;
  Control control{};
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE(sizeof(uint16_t));
  control.header.cmsg_level = SOL_UDP;
  control.header.cmsg_type = UDP_SEGMENT;
  control.header.cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto segment = static_cast<uint16_t>(datagram_bytes);
  std::memcpy(CMSG_DATA(&control.header), &segment, sizeof(segment));
  if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    return static_cast<int>((bytes + datagram_bytes - 1) / datagram_bytes);
  }
  if (!MayGoOneByOne(errno)) return -errno;
  message.msg_control = nullptr;
  message.msg_controllen = 0;
  return SendOneByOne(fd, message, datagram_bytes);
}

int UringDatagrams::SendOneByOne(int fd, msghdr& message, size_t datagram_bytes) {
  const absl::Span<const iovec> parts(message.msg_iov, message.msg_iovlen);
  std::array<iovec, Kernel::kDatagramPartsMax> cut;
  size_t part = 0;
  size_t begun = 0;
  int sent = 0;
  while (true) {
    message.msg_iov = cut.data();
    message.msg_iovlen = CutOff(parts, datagram_bytes, &part, &begun, cut.data());
    if (message.msg_iovlen == 0) return sent;
    if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return sent > 0 ? sent : -errno;
    ++sent;
  }
}

// --- UringKernel

int UringKernel::ReceiveDatagrams(int fd, absl::Span<const DatagramRun>* runs) {
  return datagrams_.Receive(fd, runs);
}

int UringKernel::SendDatagrams(int fd, const Endpoint& to, absl::Span<const iovec> parts,
                               size_t datagram_bytes) {
  return datagrams_.Send(fd, to, parts, datagram_bytes);
}

}  // namespace sluice

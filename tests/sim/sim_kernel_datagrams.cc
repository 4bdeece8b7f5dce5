// The part of SimKernel that is about datagrams.

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

int SimKernel::OpenDatagramSocket(const Endpoint& at, std::string_view interface) {
  if (dice_.Chance(network_.faults().socket_refused)) return dice_.Chance(0.5) ? -EMFILE : -ENOBUFS;
  if (!process_.HasRoom(1)) return -EMFILE;
  if (!interface.empty() && !process_.host().HasInterface(interface)) return -ENODEV;
  if (at.address.needs_interface() && interface.empty()) return -EINVAL;
  if (at.port != 0 && dice_.Chance(network_.faults().port_taken)) return -EADDRINUSE;
  int error = 0;
  SimDatagramSocket* socket = network_.OpenDatagramSocket(process_.host(), at, interface, &error);
  if (socket == nullptr) return -error;
  const int fd = process_.Add(SimDescriptor{
      .kind = SimDescriptor::Kind::kDatagramSocket, .owner = this, .datagram_socket = socket});
  fds_[socket] = fd;
  socket->set_watcher(this);
  return fd;
}

// --- Readiness

void SimKernel::AwaitDatagrams(Op& op, int fd) {
  Start(SimOperation::Kind::kAwaitDatagrams, op, fd, SimDescriptor::Kind::kDatagramSocket);
}

void SimKernel::TryAwaitDatagrams(SimOperation& operation, SimDatagramSocket& socket) {
  if (socket.readable()) Complete(operation, Completion{.result = static_cast<int32_t>(kPollIn)});
}

void SimKernel::OnDatagram(SimDatagramSocket& socket) {
  if (const auto found = fds_.find(&socket); found != fds_.end()) MarkChanged(found->second);
}

// --- Receiving

int SimKernel::ReceiveDatagrams(int fd, absl::Span<const DatagramRun>* runs) {
  // What the last call gave is gone, so that a sanitizer sees who still reads it.
  runs_.clear();
  run_bytes_.clear();
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kDatagramSocket, "ReceiveDatagrams");
  if (descriptor == nullptr) return -EBADF;
  std::deque<SimDatagram>& arrived = descriptor->datagram_socket->arrived();
  if (arrived.empty()) return -EAGAIN;
  while (!arrived.empty() && run_bytes_.size() < static_cast<size_t>(kDatagramRunsMax)) {
    DatagramRun run;
    run.from = arrived.front().from;
    std::vector<uint8_t> bytes = std::move(arrived.front().bytes);
    arrived.pop_front();
    run.datagram_bytes = bytes.size();
    size_t count = 1;
    // A shorter one ends a run, and so does a full buffer.
    while (!arrived.empty() && bytes.size() == count * run.datagram_bytes &&
           count < kDatagramsPerSendMax && dice_.Chance(network_.faults().datagrams_together)) {
      const SimDatagram& next = arrived.front();
      if (next.from != run.from || next.bytes.empty() || next.bytes.size() > run.datagram_bytes ||
          bytes.size() + next.bytes.size() > kDatagramBytesMax) {
        break;
      }
      bytes.insert(bytes.end(), next.bytes.begin(), next.bytes.end());
      arrived.pop_front();
      ++count;
    }
    datagrams_received_ += count;
    run_bytes_.push_back(std::move(bytes));
    runs_.push_back(run);
  }
  for (size_t i = 0; i < runs_.size(); ++i) runs_[i].bytes = run_bytes_[i];
  network_.Trace("receive datagrams", fd, static_cast<int64_t>(runs_.size()));
  *runs = runs_;
  return static_cast<int>(runs_.size());
}

// --- Sending

int SimKernel::SendDatagrams(int fd, const Endpoint& to, absl::Span<const iovec> parts,
                             size_t datagram_bytes) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kDatagramSocket, "SendDatagrams");
  if (descriptor == nullptr) return -EBADF;
  std::vector<uint8_t> bytes;
  for (const iovec& part : parts) {
    const auto* begin = static_cast<const uint8_t*>(part.iov_base);
    bytes.insert(bytes.end(), begin, begin + part.iov_len);
  }
  if (parts.size() > kDatagramPartsMax || bytes.size() > datagram_bytes * kDatagramsPerSendMax) {
    judge_.Accuse(absl::StrCat("a send of ", bytes.size(), " bytes in ", parts.size(),
                               " parts, as datagrams of ", datagram_bytes));
    return -EINVAL;
  }
  if (bytes.size() > datagram_bytes && bytes.size() > kDatagramBytesMax) {
    judge_.Accuse(absl::StrCat("a send of several datagrams with ", bytes.size(), " bytes"));
  }
  int sent = 0;
  size_t at = 0;
  do {
    const size_t end = std::min(bytes.size(), at + datagram_bytes);
    const int error = descriptor->datagram_socket->SendTo(
        to, std::vector<uint8_t>(bytes.begin() + static_cast<ptrdiff_t>(at),
                                 bytes.begin() + static_cast<ptrdiff_t>(end)));
    if (error < 0) return sent > 0 ? sent : error;
    ++sent;
    at = end;
  } while (at < bytes.size());
  return sent;
}

}  // namespace sluice

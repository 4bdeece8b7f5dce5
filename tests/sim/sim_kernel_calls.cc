// The part of SimKernel that answers at once: sockets, pipes and splice.

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {

// --- Descriptors

SimDescriptor* SimKernel::Use(int fd, SimDescriptor::Kind kind, const char* call) {
  SimDescriptor* descriptor = process_.Find(fd);
  if (descriptor == nullptr) {
    judge_.Accuse(absl::StrCat(call, " on descriptor ", fd, ", which is not open"));
    return nullptr;
  }
  if (descriptor->kind != kind) {
    judge_.Accuse(absl::StrCat(call, " on descriptor ", fd, ", which is of another kind"));
    return nullptr;
  }
  return descriptor;
}

bool SimKernel::BeginClose(int fd, SimDescriptor::Kind kind, const char* call) {
  SimDescriptor* descriptor = Use(fd, kind, call);
  if (descriptor == nullptr) return false;
  if (!descriptor->operations.empty()) {
    judge_.Accuse(absl::StrCat(call, " of descriptor ", fd, " with an operation in flight on it"));
    return false;
  }
  return true;
}

int SimKernel::AddSocket(SimSocket& socket) {
  const int fd = process_.Add(
      SimDescriptor{.kind = SimDescriptor::Kind::kSocket, .owner = this, .socket = &socket});
  if (fd < 0) return fd;
  fds_[&socket] = fd;
  socket.set_watcher(this);
  socket.set_unsent_max(limits::kUnsentBytesMax);
  return fd;
}

// --- Sockets

int SimKernel::AddListener(SimListener& listener) {
  const int fd = process_.Add(
      SimDescriptor{.kind = SimDescriptor::Kind::kListener, .owner = this, .listener = &listener});
  fds_[&listener] = fd;
  listener.set_watcher(this);
  return fd;
}

int SimKernel::Listen(const Endpoint& at, int backlog, const ListenTerms& terms) {
  if (!process_.HasRoom(1)) return -EMFILE;
  if (!terms.interface.empty() && !process_.host().HasInterface(terms.interface)) return -ENODEV;
  if (at.address.needs_interface() && terms.interface.empty()) return -EINVAL;
  if (const int error =
          process_.host().CanListen(at, /*exclusive=*/!terms.joins, terms.may_be_absent);
      error != 0)
    return error;
  return AddListener(*network_.Listen(process_.host(), at, backlog));
}

int SimKernel::ListenOnce(const Endpoint& at, std::string_view interface) {
  if (dice_.Chance(network_.faults().socket_refused)) return dice_.Chance(0.5) ? -EMFILE : -ENOBUFS;
  if (!process_.HasRoom(1)) return -EMFILE;
  if (!interface.empty() && !process_.host().HasInterface(interface)) return -ENODEV;
  if (at.address.needs_interface() && interface.empty()) return -EINVAL;
  if (at.port != 0 && dice_.Chance(network_.faults().port_taken)) return -EADDRINUSE;
  if (const int error = process_.host().CanListen(at, /*exclusive=*/true); error != 0) return error;
  return AddListener(
      *network_.Listen(process_.host(), at, limits::kBindBacklog, /*exclusive=*/true));
}

int SimKernel::OpenSocket(const Address& to, const SocketSource& from) {
  if (dice_.Chance(network_.faults().socket_refused)) return dice_.Chance(0.5) ? -EMFILE : -ENOBUFS;
  if (!process_.HasRoom(1)) return -EMFILE;
  const SimHost& host = process_.host();
  if (!from.interface.empty() && !host.HasInterface(from.interface)) return -ENODEV;
  const bool any = from.address.is_unspecified();
  if (!any && (from.address.is_v4() != to.is_v4() || !host.Has(from.address)))
    return -EADDRNOTAVAIL;
  SimSocket& socket = network_.NewSocket(process_.host());
  socket.StartFrom(Endpoint{any ? Address() : from.address, from.port}, from.interface);
  return AddSocket(socket);
}

int SimKernel::RouteSource(const Address& to, std::string_view interface, Address* source) {
  if (!process_.HasRoom(1)) return -EMFILE;
  if (!interface.empty() && !process_.host().HasInterface(interface)) return -ENODEV;
  if (to.needs_interface() && interface.empty()) return -EINVAL;
  const Address* found = process_.host().SourceFor(to, interface);
  if (found == nullptr) return -ENETUNREACH;
  *source = *found;
  return 0;
}

int SimKernel::BoundInterface(int fd, InterfaceName* name) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "BoundInterface");
  if (descriptor == nullptr) return -EBADF;
  *name = InterfaceName(descriptor->socket->interface());
  return 0;
}

int SimKernel::LocalEndpoint(int fd, Endpoint* endpoint) {
  if (SimDescriptor* descriptor = process_.Find(fd);
      descriptor != nullptr && descriptor->listener != nullptr) {
    *endpoint = descriptor->listener->at();
    return 0;
  }
  if (SimDescriptor* descriptor = process_.Find(fd);
      descriptor != nullptr && descriptor->datagram_socket != nullptr) {
    *endpoint = descriptor->datagram_socket->at();
    return 0;
  }
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "LocalEndpoint");
  return descriptor != nullptr ? descriptor->socket->LocalEndpoint(endpoint) : -EBADF;
}

int SimKernel::PeerEndpoint(int fd, Endpoint* endpoint) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "PeerEndpoint");
  return descriptor != nullptr ? descriptor->socket->PeerEndpoint(endpoint) : -EBADF;
}

int SimKernel::SetKeepalive(int fd, const Keepalive& keepalive) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "SetKeepalive");
  if (descriptor == nullptr) return -EBADF;
  if (const absl::Duration whole = absl::Trunc(keepalive.after, absl::Seconds(1));
      whole != keepalive.after) {
    judge_.Accuse("SetKeepalive after a part of a second, which Linux does not know");
  }
  descriptor->socket->SetKeepalive(keepalive);
  return 0;
}

void SimKernel::SetUnsentMax(int fd, size_t bytes) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "SetUnsentMax");
  if (descriptor != nullptr) descriptor->socket->set_unsent_max(bytes);
}

Uptake SimKernel::UptakeOf(int fd) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "UptakeOf");
  return descriptor != nullptr ? descriptor->socket->uptake() : Uptake();
}

int SimKernel::TakeError(int fd) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "TakeError");
  return descriptor != nullptr ? descriptor->socket->TakeError() : 0;
}

int SimKernel::ShutdownWrite(int fd) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "ShutdownWrite");
  return descriptor != nullptr ? descriptor->socket->ShutdownWrite() : -EBADF;
}

void SimKernel::Close(int fd) {
  SimDescriptor* descriptor = process_.Find(fd);
  const bool is_pipe = descriptor == nullptr || descriptor->kind == SimDescriptor::Kind::kPipeEnd;
  if (!BeginClose(fd, is_pipe ? SimDescriptor::Kind::kSocket : descriptor->kind, "Close")) return;
  if (descriptor->listener != nullptr) {
    descriptor->owner->fds_.erase(descriptor->listener);
    network_.CloseListener(*descriptor->listener);
  } else if (descriptor->datagram_socket != nullptr) {
    descriptor->owner->fds_.erase(descriptor->datagram_socket);
    descriptor->datagram_socket->Close();
  } else {
    descriptor->owner->fds_.erase(descriptor->socket);
    descriptor->socket->Close();
  }
  process_.Remove(fd);
}

void SimKernel::CloseWithReset(int fd) {
  if (!BeginClose(fd, SimDescriptor::Kind::kSocket, "CloseWithReset")) return;
  SimDescriptor& descriptor = *process_.Find(fd);
  descriptor.owner->fds_.erase(descriptor.socket);
  descriptor.socket->CloseWithReset();
  process_.Remove(fd);
}

// --- Pipes

int SimKernel::OpenPipe(int capacity, SplicePipe* pipe) {
  if (!process_.HasRoom(2) || dice_.Chance(network_.faults().pipe_refused)) return -EMFILE;
  auto made = std::make_shared<SimPipe>();
  made->capacity =
      std::min(capacity, dice_.Chance(network_.faults().pipe_small) ? 4096 : pipe_bytes_max_);
  made->slots_max = std::max<size_t>(1, static_cast<size_t>(made->capacity) / 4096);
  SimDescriptor end{.kind = SimDescriptor::Kind::kPipeEnd, .owner = this, .pipe = made};
  pipe->read_fd = process_.Add(end);
  end.pipe_write_end = true;
  pipe->write_fd = process_.Add(std::move(end));
  pipe->capacity = made->capacity;
  return 0;
}

void SimKernel::ClosePipe(const SplicePipe& pipe) {
  for (const int fd : {pipe.read_fd, pipe.write_fd}) {
    if (BeginClose(fd, SimDescriptor::Kind::kPipeEnd, "ClosePipe")) process_.Remove(fd);
  }
}

SimPipe* SimKernel::UsePipe(const SplicePipe& pipe, const char* call) {
  SimDescriptor* read = Use(pipe.read_fd, SimDescriptor::Kind::kPipeEnd, call);
  SimDescriptor* write = Use(pipe.write_fd, SimDescriptor::Kind::kPipeEnd, call);
  if (read == nullptr || write == nullptr) return nullptr;
  if (read->pipe != write->pipe || read->pipe_write_end || !write->pipe_write_end) {
    judge_.Accuse(absl::StrCat(call, ": descriptors ", pipe.read_fd, " and ", pipe.write_fd,
                               " are not a pipe's ends"));
    return nullptr;
  }
  return read->pipe.get();
}

int64_t SimKernel::SpliceIn(int fd, const SplicePipe& to, size_t bytes_max) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "SpliceIn");
  SimPipe* pipe = UsePipe(to, "SpliceIn");
  if (descriptor == nullptr || pipe == nullptr) return -EBADF;
  if (bytes_max == 0)
    judge_.Accuse("SpliceIn of no bytes, whose answer cannot be told from the end");
  SimSocket& socket = *descriptor->socket;
  // before the socket is looked at, as in Linux
  if (pipe->slots.size() >= pipe->slots_max) return -EAGAIN;
  size_t limit = bytes_max;
  if (dice_.Chance(network_.faults().short_splice)) limit = dice_.Skewed(1, limit);
  // A slot holds what one fragment of the socket's memory had.
  const size_t fragment = dice_.Between(1, 4096);
  uint8_t bytes[4096];
  size_t moved = 0;
  while (moved < limit && pipe->slots.size() < pipe->slots_max) {
    if (moved > 0 && socket.bytes_readable() == 0) break;
    const int64_t got = socket.Read(bytes, std::min(fragment, limit - moved));
    if (got <= 0) return got;
    pipe->bytes.Append(bytes, static_cast<size_t>(got));
    pipe->slots.push_back(static_cast<size_t>(got));
    moved += static_cast<size_t>(got);
  }
  network_.Trace("splice in", fd, static_cast<int64_t>(moved));
  return static_cast<int64_t>(moved);
}

int64_t SimKernel::SpliceOut(const SplicePipe& from, int fd, size_t bytes) {
  SimDescriptor* descriptor = Use(fd, SimDescriptor::Kind::kSocket, "SpliceOut");
  SimPipe* pipe = UsePipe(from, "SpliceOut");
  if (descriptor == nullptr || pipe == nullptr) return -EBADF;
  if (pipe->bytes.empty()) return -EAGAIN;
  size_t limit = std::min(bytes, pipe->bytes.size());
  if (dice_.Chance(network_.faults().short_splice)) limit = dice_.Skewed(1, limit);
  const int64_t put = descriptor->socket->Write(pipe->bytes.data(), limit);
  if (put <= 0) return put;
  pipe->bytes.Consume(static_cast<size_t>(put));
  for (auto left = static_cast<size_t>(put); left > 0;) {
    const size_t taken = std::min(left, pipe->slots.front());
    pipe->slots.front() -= taken;
    left -= taken;
    if (pipe->slots.front() == 0) pipe->slots.pop_front();
  }
  network_.Trace("splice out", fd, put);
  return put;
}

}  // namespace sluice

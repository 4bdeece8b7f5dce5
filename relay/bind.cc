// A bind's life:
//   1. Listen: the first free port of the range.
//   2. Await: one connection at a time is accepted, so that none is taken beyond the right one. The
//      client is watched beside it.
//   3. OnAccept: the owner says whether it is the one. A wrong one is reset and the next accepted.
//   4. Settle: when it is over the listener goes as soon as nothing is in flight on it, and with it
//      all who still wait there.

#include "relay/bind.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/limits.h"
#include "glog/logging.h"

namespace sluice {

Bind::Bind(Loop& loop, OwnPorts& own_ports, Owner& owner)
    : loop_(loop), own_ports_(own_ports), owner_(owner) {
  accept_.Bind<&Bind::OnAccept>(this);
  watch_.Bind<&Bind::OnClientEvent>(this);
  pause_.Bind<&Bind::AcceptNext>(this);
}

Bind::~Bind() {
  CHECK(quiet()) << "a bind was destroyed with an operation in flight";
  loop_.timers().Cancel(pause_);
  CloseListener();
}

// --- 1. Listening

int Bind::Listen(const Address& address, std::string_view interface, PortRange ports,
                 uint16_t first) {
  Kernel& kernel = loop_.kernel();
  const int count = ports.last - ports.first + 1;
  int error = -EADDRINUSE;
  uint16_t port = first;
  for (int i = 0; i < count && i < limits::kBindPortTriesMax && error == -EADDRINUSE; ++i) {
    const int fd = kernel.ListenOnce(Endpoint{address, port}, interface);
    port = port == ports.last ? ports.first : static_cast<uint16_t>(port + 1);
    if (fd < 0) {
      error = fd;
      continue;
    }
    listener_fd_ = fd;
    const int result = kernel.LocalEndpoint(fd, &at_);
    port_ = OwnPort(own_ports_, at_.port);
    return result;
  }
  return error;
}

// --- 2. Waiting

void Bind::Expect(absl::Span<const Address> peers) {
  expected_count_ = static_cast<uint8_t>(std::min(peers.size(), expected_.size()));
  std::copy_n(peers.begin(), expected_count_, expected_.begin());
}

bool Bind::Expects(const Address& peer) const {
  const auto end = expected_.begin() + expected_count_;
  return expects_any() || std::find(expected_.begin(), end, peer) != end;
}

void Bind::Await(int client_fd) {
  // Bytes stay in the socket: they are the start of the tunnel. Only the end counts, also behind
  // unread bytes.
  loop_.kernel().Poll(watch_, client_fd, kPollPeerClosed);
  AcceptNext();
}

void Bind::AcceptNext() { loop_.kernel().AcceptOne(accept_, listener_fd_); }

// --- 3. Who connected

void Bind::OnAccept(Op&, const Completion& completion) {
  if (done_) {
    if (completion.result >= 0) loop_.kernel().CloseWithReset(completion.result);
    CloseListener();
    return Settle();
  }
  if (completion.result >= 0) {
    if (OnConnection(completion.result)) return;
    return AcceptNext();
  }
  // Descriptors or memory ran out, where trying again at once would spin.
  loop_.timers().Set(pause_, loop_.now() + limits::kAcceptPause);
}

// Whether the wait is over.
bool Bind::OnConnection(int fd) {
  Kernel& kernel = loop_.kernel();
  Endpoint peer;
  // One that was reset before it was accepted is nobody.
  const Answer answer =
      kernel.PeerEndpoint(fd, &peer) == 0 ? owner_.OnPeerAsks(peer) : Answer::kRefuse;
  if (answer != Answer::kTake) {
    kernel.CloseWithReset(fd);
    return answer == Answer::kEnd;
  }
  Stop();
  owner_.OnPeer(fd, peer);
  return true;
}

void Bind::OnClientEvent(Op&, const Completion& completion) {
  if (done_) return Settle();
  // Nobody but Stop cancels the poll, so there is an event.
  CHECK_GT(completion.result, 0);
  Stop();
  owner_.OnClientLeft(
      /*reset=*/(static_cast<uint32_t>(completion.result) & (kPollError | kPollHangUp)) != 0);
}

// --- 4. The end

void Bind::Stop() {
  if (done_) return;
  done_ = true;
  loop_.timers().Cancel(pause_);
  for (Op* op : {&accept_, &watch_}) {
    if (op->in_flight()) loop_.kernel().Cancel(*op);
  }
  if (!accept_.in_flight()) CloseListener();
}

void Bind::CloseListener() {
  if (listener_fd_ < 0) return;
  loop_.kernel().Close(std::exchange(listener_fd_, -1));
  port_ = OwnPort();
}

void Bind::Settle() {
  if (quiet()) owner_.OnBindQuiet();
}

}  // namespace sluice

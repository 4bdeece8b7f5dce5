// An association, in order:
//   1. Open: the socket for the client's datagrams, whose address is in the reply.
//   2. Start: from the reply on, the client's connection is watched and its datagrams are awaited.
//   3. OnControl: what comes on the connection means nothing, its end is the association's.
//   4. OnClientReady / RelayUp: a batch from the client. Wrong senders, fragments and what is
//      malformed are dropped; the first valid datagram settles the client's port. Each header says
//      where the rest goes, if the rules say so too. Runs to one target go as one send, without
//      their headers. What goes to a name that is looked up is held until OnLookedUp.
//   5. OnAnswers / RelayDown: a batch from targets. Whom the client has not sent to is dropped;
//      the others go as one send per run, each datagram behind a header that says where it came
//      from.

#include "relay/udp/udp_association.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "policy/snapshot.h"
#include "relay/any_port.h"
#include "relay/gss/gss_layer.h"
#include "relay/udp/datagram_send.h"

namespace sluice {
namespace {

uint64_t DatagramsOf(const DatagramRun& run) {
  return run.bytes.empty() ? 1 : (run.bytes.size() + run.datagram_bytes - 1) / run.datagram_bytes;
}

template <typename Visit>
void ForEachDatagram(const DatagramRun& run, Visit visit) {
  size_t at = 0;
  do {
    visit(run.bytes.subspan(at, run.datagram_bytes));
    at += run.datagram_bytes;
  } while (at < run.bytes.size());
}

}  // namespace

// Of the last valid header of a batch: what begins with the same bytes goes the same way.
struct UdpAssociation::Whereto {
  absl::Span<const uint8_t> header;
  int fd = -1;  // < 0: nowhere
  Endpoint to;
  Counter* why = nullptr;  // where it is nowhere
};

UdpAssociation::UdpAssociation(UdpGround& ground, Owner& owner)
    : ground_(ground),
      owner_(owner),
      destinations_(ground, owner, static_cast<UdpDestinations::Owner&>(*this)) {
  control_.Bind<&UdpAssociation::OnControl>(this);
  control_waiter_.Bind<&UdpAssociation::ResumeControl>(this);
  client_.Bind<&UdpAssociation::OnClientReady>(this);
}

UdpAssociation::~UdpAssociation() {
  if (client_fd_ >= 0) ground_.kernel().Close(client_fd_);
  if (sockets_ != nullptr) ground_.TakeBackSockets(sockets_);
}

// --- 1. Opening

int UdpAssociation::Open(int control_fd, const ServiceSettings& service) {
  control_fd_ = control_fd;
  Endpoint local;
  if (const int error = ground_.kernel().LocalEndpoint(control_fd, &local); error < 0) return error;
  client_fd_ = OpenAt(local.address, owner_.interface().view(), service);
  if (client_fd_ < 0) return client_fd_;
  if (const int error = ground_.kernel().LocalEndpoint(client_fd_, &bound_); error < 0)
    return error;
  for (const Address& advertised : service.advertised) {
    if (advertised.is_v4() == bound_.address.is_v4()) bound_.address = advertised;
  }
  return 0;
}

int UdpAssociation::OpenAt(const Address& address, std::string_view interface,
                           const ServiceSettings& service) {
  Kernel& kernel = ground_.kernel();
  if (!service.udp_ports || service.udp_ports->is_all())
    return kernel.OpenDatagramSocket(Endpoint{address, 0}, interface);
  const PortRange& ports = *service.udp_ports;
  const int count = ports.last - ports.first + 1;
  int offset = AnyPortOf(ports, ground_.prng()) - ports.first;
  int fd = -EADDRINUSE;
  for (int i = 0; i < std::min(count, limits::kUdpPortTriesMax) && fd == -EADDRINUSE; ++i) {
    fd = kernel.OpenDatagramSocket(Endpoint{address, static_cast<uint16_t>(ports.first + offset)},
                                   interface);
    offset = (offset + 1) % count;
  }
  return fd;
}

// --- 2. Starting

void UdpAssociation::Start() {
  AwaitControl();
  ground_.kernel().AwaitDatagrams(client_, client_fd_);
}

// --- 3. The client's connection

void UdpAssociation::AwaitControl() {
  ground_.kernel().Receive(control_, control_fd_, ground_.kernel().buffer_size(),
                           /*wait_first=*/true);
}

void UdpAssociation::OnControl(Op&, const Completion& completion) {
  if (completion.buffer >= 0) ground_.kernel().ReturnBuffer(completion.buffer);
  if (stopped_) return TellIfQuiet();
  if (completion.result == -ENOBUFS) {
    ground_.counters().receives_starved.Add(1);
    return ground_.loop().buffer_waiters().Wait(control_waiter_);
  }
  if (completion.result == 0) return owner_.OnControlEnded(EndedBy::kClient, "closed", 0);
  if (completion.result < 0)
    return owner_.OnControlEnded(EndedBy::kClient, "reset by the client", -completion.result);
  control_bytes_ += static_cast<uint32_t>(completion.result);
  if (control_bytes_ > limits::kAssociationControlBytesMax) {
    return owner_.OnControlEnded(
        EndedBy::kLimit, "the client sends on the connection that only controls its association",
        0);
  }
  AwaitControl();
}

absl::Span<const DatagramRun> UdpAssociation::Receive(int fd) {
  absl::Span<const DatagramRun> runs;
  if (ground_.kernel().ReceiveDatagrams(fd, &runs) <= 0) return {};
  ground_.kernel().GatherDatagrams(runs.size());
  return runs;
}

// --- 4. Up

void UdpAssociation::OnClientReady(Op&, const Completion&) {
  if (stopped_) return TellIfQuiet();
  if (const absl::Span<const DatagramRun> runs = Receive(client_fd_); !runs.empty()) RelayUp(runs);
  ground_.kernel().AwaitDatagrams(client_, client_fd_);
}

// A NAT on the way forgets a client that says nothing, and then gives it another port. It is
// followed only where the old one has been silent, so that nobody else behind the same address can
// take an association that is used.
bool UdpAssociation::MayBeClient(const Endpoint& from) const {
  if (from.address != owner_.client().address) return false;
  if (client_port_ == 0 || from.port == client_port_) return true;
  return !port_is_fixed_ && ground_.loop().now() - heard_at_ >= limits::kUdpClientSilence;
}

void UdpAssociation::RelayUp(absl::Span<const DatagramRun> runs) {
  DatagramSend send(ground_.kernel());
  Whereto whereto;
  const bool wrapped = owner_.gss() != nullptr;
  for (const DatagramRun& run : runs) {
    if (!MayBeClient(run.from)) {
      Drop(ground_.counters().datagrams_dropped_sender, DatagramsOf(run));
      continue;
    }
    if (run.from.port == client_port_) heard_at_ = ground_.loop().now();
    ForEachDatagram(run, [&](absl::Span<const uint8_t> datagram) {
      wrapped ? RelayWrappedUp(datagram, run.from.port)
              : RelayOneUp(datagram, run.from.port, whereto, send);
    });
  }
  send.Flush();
  Count(Direction::kUp, send, send.data_bytes());
}

// Under GSSAPI each datagram is unwrapped into the session's own memory, and goes out before the
// next.
void UdpAssociation::RelayWrappedUp(absl::Span<const uint8_t> datagram, uint16_t from_port) {
  const absl::Span<const uint8_t> unwrapped = owner_.gss()->UnwrapDatagram(datagram);
  if (unwrapped.empty()) return Drop(ground_.counters().datagrams_dropped_malformed, 1);
  DatagramSend send(ground_.kernel());
  Whereto whereto;
  RelayOneUp(unwrapped, from_port, whereto, send);
  send.Flush();
  Count(Direction::kUp, send, send.data_bytes());
}

void UdpAssociation::RelayOneUp(absl::Span<const uint8_t> datagram, uint16_t from_port,
                                Whereto& whereto, DatagramSend& send) {
  const absl::Span<const uint8_t> known = whereto.header;
  const bool same = !known.empty() && datagram.size() >= known.size() &&
                    std::memcmp(datagram.data(), known.data(), known.size()) == 0;
  if (!same && !FindWhereto(datagram, from_port, whereto)) return;
  if (whereto.fd < 0) return Drop(*whereto.why, 1);
  send.Add(whereto.fd, whereto.to, {}, datagram.subspan(whereto.header.size()));
}

// False where there is nothing left to do with it now: it has no valid header, or waits for a name.
bool UdpAssociation::FindWhereto(absl::Span<const uint8_t> datagram, uint16_t from_port,
                                 Whereto& whereto) {
  Counters& counters = ground_.counters();
  const std::optional<UdpHeader> header = UdpHeader::Parse(datagram);
  if (!header || header->frag != 0) {
    Drop(header ? counters.datagrams_dropped_fragment : counters.datagrams_dropped_malformed, 1);
    return false;
  }
  if (from_port != client_port_) {
    client_port_ = from_port;
    heard_at_ = ground_.loop().now();
  }
  whereto.header = datagram.first(header->size);
  whereto.fd = -1;
  UdpTarget* target = nullptr;
  switch (destinations_.Find(*header, &target)) {
    case UdpDestinations::Answer::kGo:
      whereto.to = target->endpoint;
      whereto.fd = SocketTo(*header, *target);
      whereto.why = &counters.datagrams_dropped_egress;
      break;
    case UdpDestinations::Answer::kDenied: whereto.why = &counters.datagrams_dropped_denied; break;
    case UdpDestinations::Answer::kResolving:
      whereto.header = {};  // the next one has to wait as well
      if (!destinations_.Hold(*header, datagram)) Drop(counters.datagrams_dropped_unresolved, 1);
      return false;
    case UdpDestinations::Answer::kUnresolved:
      whereto.why = &counters.datagrams_dropped_unresolved;
      break;
  }
  return true;
}

void UdpAssociation::OnLookedUp(const HeldDatagrams& held) {
  DatagramSend send(ground_.kernel());
  Whereto whereto;
  for (const std::vector<uint8_t>& datagram : held.datagrams())
    RelayOneUp(datagram, client_port_, whereto, send);
  send.Flush();
  Count(Direction::kUp, send, send.data_bytes());
}

// Descriptor or -errno. The rule that lets them go says by which egress.
int UdpAssociation::SocketTo(const UdpHeader& header, UdpTarget& target) {
  if (target.fd >= 0) return target.fd;
  if (sockets_ == nullptr) sockets_ = ground_.LendSockets(static_cast<UdpSockets::Owner&>(*this));
  const Endpoint& to = target.endpoint;
  target.fd = sockets_->Towards(to.address, destinations_.EgressOf(header, to));
  return target.fd;
}

// --- 5. Down

void UdpAssociation::OnAnswers(int fd) {
  if (const absl::Span<const DatagramRun> runs = Receive(fd); !runs.empty()) RelayDown(runs);
}

void UdpAssociation::RelayDown(absl::Span<const DatagramRun> runs) {
  DatagramSend send(ground_.kernel());
  const Endpoint client{owner_.client().address, client_port_};
  std::array<UdpHeader::Written, Kernel::kDatagramRunsMax> headers;
  absl::Span<const uint8_t> header;
  const bool wrapped = owner_.gss() != nullptr;
  bool admitted = false;
  for (size_t i = 0; i < runs.size(); ++i) {
    const DatagramRun& run = runs[i];
    if (i == 0 || run.from != runs[i - 1].from) {
      admitted = destinations_.Admits(run.from);
      header = absl::MakeConstSpan(headers[i].data(), UdpHeader::Write(run.from, headers[i]));
    }
    if (!admitted) {
      Drop(ground_.counters().datagrams_dropped_unsolicited, DatagramsOf(run));
      continue;
    }
    ForEachDatagram(run, [&](absl::Span<const uint8_t> datagram) {
      wrapped ? RelayWrappedDown(client, header, datagram)
              : send.Add(client_fd_, client, header, datagram);
    });
  }
  send.Flush();
  Count(Direction::kDown, send, send.data_bytes());
}

void UdpAssociation::RelayWrappedDown(const Endpoint& client, absl::Span<const uint8_t> header,
                                      absl::Span<const uint8_t> data) {
  const absl::Span<const uint8_t> frame = owner_.gss()->WrapDatagram(header, data);
  if (frame.empty()) return Drop(ground_.counters().datagrams_dropped_unsent, 1);
  DatagramSend send(ground_.kernel());
  send.Add(client_fd_, client, {}, frame);
  send.Flush();
  Count(Direction::kDown, send, send.sent() * data.size());
}

// --- Counting and ending

void UdpAssociation::Count(Direction direction, const DatagramSend& send, uint64_t data_bytes) {
  const bool up = direction == Direction::kUp;
  Flow& flow = up ? up_ : down_;
  Counters& counters = ground_.counters();
  flow.bytes += data_bytes;
  flow.datagrams += send.sent();
  (up ? counters.bytes_up : counters.bytes_down).Add(data_bytes);
  (up ? counters.datagrams_up : counters.datagrams_down).Add(send.sent());
  if (send.sent() > 0) moved_at_ = ground_.loop().now();
  if (send.dropped() > 0) Drop(counters.datagrams_dropped_unsent, send.dropped());
}

void UdpAssociation::Drop(Counter& reason, uint64_t datagrams) {
  reason.Add(datagrams);
  dropped_ += datagrams;
}

void UdpAssociation::Stop() {
  stopped_ = true;
  control_waiter_.Unlink();
  if (const uint64_t held = destinations_.Stop())
    Drop(ground_.counters().datagrams_dropped_unresolved, held);
  for (Op* op : {&control_, &client_}) {
    if (op->in_flight()) ground_.kernel().Cancel(*op);
  }
  if (sockets_ != nullptr) sockets_->Stop();
}

void UdpAssociation::TellIfQuiet() {
  if (quiet()) owner_.OnAssociationQuiet();
}

}  // namespace sluice

#ifndef SLUICE_CORE_KERNEL_H_
#define SLUICE_CORE_KERNEL_H_

// Kernel: the one door to Linux.
//
// Everything above this header is deterministic given the answers that come through it. Two
// implementations keep the same promises, asked of both by kernel_contract_test: UringKernel
// (io_uring, Linux 6.1 or newer) and SimKernel (tests/sim: a seeded network, clock and faults).
//
// Thread: a Kernel belongs to the thread that calls Turn; Wake() and the calls under "Sockets" may
// come from any thread.
// Errors: negative errno values, as Linux gives them; nothing here logs or throws.
// Descriptors: all non-blocking and close-on-exec. Who opens one closes it. Close a descriptor only
// when no Op is in flight on it: Linux would keep the socket open behind the armed operation, and
// the number could be reused under it.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/address.h"
#include "core/interface_name.h"
#include "core/op.h"

namespace sluice {

// The two ends of a pipe(2) that splice(2) goes through.
struct SplicePipe {
  int read_fd = -1;
  int write_fd = -1;
  int capacity = 0;  // bytes
};

// Where a connection starts from. As constructed, Linux chooses.
struct SocketSource {
  Address address = {};             // unspecified, of either family: any
  std::string_view interface = {};  // its name; empty: any
  uint16_t port = 0;                // 0: any
};

// How a connection in which nothing moves is asked whether its other end is still there.
struct Keepalive {
  absl::Duration after = absl::ZeroDuration();  // of silence; zero: never
  absl::Duration interval = absl::Seconds(10);  // between two questions
  int probes = 3;                               // unanswered, and it ends with -ETIMEDOUT
};

// What the other end of a connection has made of what was sent to it.
struct Uptake {
  // Counts the bytes that it has acknowledged, from any number on: only a change tells something.
  uint32_t acknowledged = 0;
  // There are others.
  bool waiting = false;
  // It was asked, once at least, for what it owes an acknowledgement, and has said nothing for this
  // long. Zero as long as it answers, be it that it has no room. An answer may be on its way.
  absl::Duration unanswered = absl::ZeroDuration();
};

// How a listener stands.
struct ListenTerms {
  std::string_view interface = {};  // takes only what comes in there; empty: whatever comes
  bool joins = false;               // beside those that listen there already and share
  bool may_be_absent = false;       // the address may come to this host later
};

// A datagram that has come, or a run of equal ones from one source that Linux had put together
// (UDP_GRO).
struct DatagramRun {
  Endpoint from;
  absl::Span<const uint8_t> bytes;  // of all datagrams, one after the other
  // Of each datagram but the last, which may be shorter and is not empty. One datagram, of whatever
  // size: bytes.size().
  size_t datagram_bytes = 0;
};

// For Kernel::Poll, with the values of poll(2).
inline constexpr uint32_t kPollIn = 0x001;
inline constexpr uint32_t kPollOut = 0x004;
inline constexpr uint32_t kPollError = 0x008;        // always reported
inline constexpr uint32_t kPollHangUp = 0x010;       // always reported
inline constexpr uint32_t kPollPeerClosed = 0x2000;  // POLLRDHUP

class Kernel {
 public:
  virtual ~Kernel() = default;

  // --- Operations: asked now, handed to Linux in one batch by Turn, answered by Op::Complete
  // inside Turn.

  // Multishot: completes once per connection with its descriptor, and ends (more == false) on
  // Cancel or on an error such as -EMFILE, which leaves the clients in the backlog. The last
  // completion may still carry a descriptor.
  virtual void Accept(Op& op, int listener_fd) = 0;
  // The same for one connection only: where a backlog full of clients would be more than there is
  // room for.
  virtual void AcceptOne(Op& op, int listener_fd) = 0;
  virtual void Connect(Op& op, int fd, const Endpoint& to) = 0;
  // Into a buffer of the pool, chosen only when bytes are there, so that a waiting receive costs no
  // buffer. At most `bytes_max` bytes. -ENOBUFS: the pool is empty. `wait_first`: do not try before
  // the socket is readable (cheaper when no bytes are expected yet).
  virtual void Receive(Op& op, int fd, size_t bytes_max, bool wait_first) = 0;
  // Multishot: waits for bytes, and completes with a buffer of the pool each time that some come.
  // All of them are never more than one buffer holds, so whoever is given them before Cancel is
  // heard can put them together. It ends (more == false) when that is near, on Linux before 6.17
  // with the first bytes, and perhaps at any other time; with 0 at FIN; by Cancel, -ENOBUFS or an
  // error.
  virtual void ReceiveMany(Op& op, int fd) = 0;
  // Sends everything, waiting for room as long as it takes; completes short only when the
  // connection fails or on Cancel. The iovecs are copied; the bytes stay the caller's and unchanged
  // until completion. At most kSendPartsMax parts.
  virtual void Send(Op& op, int fd, absl::Span<const iovec> parts) = 0;
  // Once, level-triggered; result has the events.
  virtual void Poll(Op& op, int fd, uint32_t events) = 0;
  // Once, level-triggered: ReceiveDatagrams would find something. Of a UDP socket, for which it
  // waits in less memory than Poll.
  virtual void AwaitDatagrams(Op& op, int fd) = 0;
  // Once: LeadsHere may answer otherwise than when this was asked.
  virtual void AwaitAddressChange(Op& op) = 0;
  // Asks for the early end of `op`, which still completes exactly once: with -ECANCELED, or with
  // its result if that was first.
  virtual void Cancel(Op& op) = 0;

  // Hands over what was asked, waits until something completes, Wake() is called or `deadline`
  // passes (InfinitePast: does not wait), and calls the Ops' receivers. One system call. Returns
  // true where Wake() had been called.
  virtual bool Turn(absl::Time deadline) = 0;

  // Hints for the next Turn, by the receiver of a completion, once: it has moved so many bytes of a
  // stream, or taken so many datagrams (runs, whatever their length). Both cost less the more there
  // is of them at once, so that Turn may wait a moment longer for more than the first completion,
  // and past its deadline by as much; unless less would come then.
  virtual void GatherStream(uint64_t bytes) = 0;
  virtual void GatherDatagrams(size_t count) = 0;

  // How many turns have so far waited for more than the first completion.
  virtual uint64_t TurnsGathered() const = 0;
  // How much CPU time turns have used so far to look for work instead of sleeping.
  virtual absl::Duration Spun() const = 0;

  // Makes the current or the next Turn return. Any thread.
  virtual void Wake() = 0;

  // --- The clock. Monotonic; read once per Turn, so that one turn sees one time.
  virtual absl::Time Now() const = 0;
  // Calendar time, for the log. Any thread.
  virtual absl::Time WallNow() const = 0;

  // --- The pool of receive buffers, shared by all operations of this kernel.

  static constexpr int kSendPartsMax = 16;
  virtual uint8_t* BufferBytes(int32_t buffer) = 0;
  // Gives a buffer back; it is used again from the next Turn on.
  virtual void ReturnBuffer(int32_t buffer) = 0;
  // Bytes per buffer.
  virtual size_t buffer_size() const = 0;
  // Buffers that a receive could take now.
  virtual int buffers_free() const = 0;

  // --- Sockets: at once, never waiting.

  // A TCP listener with SO_REUSEADDR (IPV6_V6ONLY for IPv6), and TCP_NODELAY, which accepted
  // sockets inherit: descriptor or -errno. -EADDRINUSE where anybody listens there, be it on this
  // address or on all of them; but it shares what it has got (SO_REUSEPORT), and who says `joins`
  // and is of the same user has a part of the connections. -EADDRNOTAVAIL where the address is not
  // this host's, unless it may be absent; -ENODEV where there is no such interface, -EINVAL for a
  // link-local address of IPv6 without one.
  virtual int Listen(const Endpoint& at, int backlog, const ListenTerms& terms) = 0;
  // The same for one BIND: nobody else can listen there, and few connections wait. -EADDRINUSE
  // where somebody does, -EADDRNOTAVAIL where the address is not this host's. With an interface
  // only what comes in there is accepted; -ENODEV where there is none of that name.
  virtual int ListenOnce(const Endpoint& at, std::string_view interface) = 0;
  // A TCP socket for Connect, of the family of `to`, with TCP_NODELAY. A port is taken only by
  // Connect, which knows the other end (so that one local address reaches as many connections per
  // target as there are ports), unless `from` names one: -EADDRINUSE. -EADDRNOTAVAIL where the
  // address of `from` is not this host's or of the other family, -ENODEV where there is no such
  // interface.
  virtual int OpenSocket(const Address& to, const SocketSource& from) = 0;
  // The local address that a connection to `to` would have, through `interface` where one is named:
  // 0 or -errno, -ENETUNREACH without a route. Nothing is sent.
  virtual int RouteSource(const Address& to, std::string_view interface, Address* source) = 0;
  // Whether what is sent to `to` stays on this host: now, and asked anew each time. 1, 0 or -errno.
  // The thread that calls Turn, or any before the first Turn.
  virtual int LeadsHere(const Address& to) = 0;
  // The interface that a socket is bound to: of its own accord a connection with a link-local end,
  // whose address means nothing without. 0 or -errno.
  virtual int BoundInterface(int fd, InterfaceName* name) = 0;
  // getsockname(2), getpeername(2): 0 or -errno.
  virtual int LocalEndpoint(int fd, Endpoint* endpoint) = 0;
  virtual int PeerEndpoint(int fd, Endpoint* endpoint) = 0;
  // Of a connection; 0 or -errno. Both its durations are whole seconds, at most 32,767.
  virtual int SetKeepalive(int fd, const Keepalive& keepalive) = 0;
  // How many bytes of a connection may wait here beside those that are under way: with more there
  // is no room. As opened or accepted,
  // limits::kUnsentBytesMax.
  virtual void SetUnsentMax(int fd, size_t bytes) = 0;
  virtual Uptake UptakeOf(int fd) = 0;
  // What kPollError means, as a positive errno, and forgotten by this; 0: nothing.
  virtual int TakeError(int fd) = 0;
  // FIN after everything sent. shutdown(2), because IORING_OP_SHUTDOWN always goes to a worker
  // thread.
  virtual int ShutdownWrite(int fd) = 0;
  virtual void Close(int fd) = 0;
  // Closes with RST (SO_LINGER 0), so that a reset stays a reset.
  virtual void CloseWithReset(int fd) = 0;

  // --- Datagrams: at once, never waiting, and nothing is queued here.

  static constexpr int kDatagramRunsMax = 32;  // of one receive
  // RFC 768 in IPv4: what one can carry, and one send of several
  static constexpr size_t kDatagramBytesMax = 65'507;
  // UDP_MAX_SEGMENTS of every Linux that has it
  static constexpr size_t kDatagramsPerSendMax = 64;
  static constexpr size_t kDatagramPartsMax = 2 * kDatagramsPerSendMax;

  // A UDP socket bound at `at` and nowhere else: unspecified address: any of its family; port 0:
  // any free one. On `interface` only, where one is named. No broadcast; an ICMP error is nobody's
  // concern, because it says nothing of the next datagram.
  // -EADDRINUSE, -EADDRNOTAVAIL, -ENODEV, -EPERM, or that there is no room for one more.
  virtual int OpenDatagramSocket(const Endpoint& at, std::string_view interface) = 0;
  // What has come, oldest first: how many runs, or -EAGAIN. They are good until the next call, on
  // any socket of this kernel.
  virtual int ReceiveDatagrams(int fd, absl::Span<const DatagramRun>* runs) = 0;
  // The bytes of `parts` as datagrams of `datagram_bytes` each, of which the last may be shorter
  // and, but for the only one, not empty. How many were taken, from the first; or -errno where none
  // was. -EAGAIN: the socket is full. Others tell of the destination.
  virtual int SendDatagrams(int fd, const Endpoint& to, absl::Span<const iovec> parts,
                            size_t datagram_bytes) = 0;

  // --- splice(2), because IORING_OP_SPLICE always goes to a worker thread. At once, never waiting:
  // -EAGAIN.

  virtual int OpenPipe(int capacity, SplicePipe* pipe) = 0;
  virtual void ClosePipe(const SplicePipe& pipe) = 0;
  // Socket to pipe: bytes, 0 at FIN, -EAGAIN where the socket is empty *or* the pipe is full.
  virtual int64_t SpliceIn(int fd, const SplicePipe& pipe, size_t bytes_max) = 0;
  // Pipe to socket. Without SPLICE_F_MORE: it would hold back the last segment for 200 ms when the
  // source turns out to be empty.
  virtual int64_t SpliceOut(const SplicePipe& pipe, int fd, size_t bytes) = 0;
};

}  // namespace sluice

#endif  // SLUICE_CORE_KERNEL_H_

#ifndef SLUICE_CORE_URING_KERNEL_H_
#define SLUICE_CORE_URING_KERNEL_H_

// UringKernel: the Kernel on io_uring, for Linux 6.1 or newer (host_probe says whether this one
// will do). One ring, used by one thread: the one that calls Turn first. Created by any thread;
// destroyed by its own, or by another after that has ended. Only this class and host_probe include
// liburing.
//
// Before the first Turn there is room for Options::submission_entries operations, afterwards for
// any number. The process must ignore SIGPIPE, which splice(2) to a closed connection raises.

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/gathering.h"
#include "core/kernel.h"
#include "core/limits.h"
#include "core/slab.h"
#include "core/spin_odds.h"
#include "core/uring_addresses.h"
#include "core/uring_buffers.h"
#include "core/uring_datagrams.h"

namespace sluice {

class UringKernel final : public Kernel {
 public:
  struct Options {
    unsigned submission_entries = 1024;
    // More than the submissions, because a multishot accept completes many times. What does not fit
    // is kept by Linux and comes later, at a cost.
    unsigned completion_entries = 8192;
    int buffers_hot = limits::kBuffersHot;
    int buffers_max = limits::kBuffersMax;
    size_t buffer_bytes = limits::kBufferBytes;
    // Where Linux can limit a multishot receive. Not: each is a receive that is asked anew.
    bool multishot_receives = true;
    // Of a turn that was asked to Gather; ends early when so much has completed. Zero: never waits
    // for more.
    absl::Duration gather = absl::Microseconds(limits::kGatherMicroseconds);
    unsigned gather_completions = limits::kGatherCompletions;
    // After a turn that brought something, the next one looks for more itself for so long before it
    // sleeps, where that has paid lately (spin_odds.h). Zero: sleeps at once.
    absl::Duration spin = absl::Microseconds(limits::kSpinMicroseconds);
    // While true no turn spins: somebody waits for the CPU. Any thread may set it; outlives the
    // kernel.
    const std::atomic<bool>* cpu_wanted = nullptr;
  };

  // The status is one sentence.
  static absl::StatusOr<std::unique_ptr<UringKernel>> Create(const Options& options);
  ~UringKernel() override;

  void Accept(Op& op, int listener_fd) override;
  void AcceptOne(Op& op, int listener_fd) override;
  void Connect(Op& op, int fd, const Endpoint& to) override;
  void Receive(Op& op, int fd, size_t bytes_max, bool wait_first) override;
  void ReceiveMany(Op& op, int fd) override;
  void Send(Op& op, int fd, absl::Span<const iovec> parts) override;
  void Poll(Op& op, int fd, uint32_t events) override;
  void AwaitDatagrams(Op& op, int fd) override;
  void AwaitAddressChange(Op& op) override;
  void Cancel(Op& op) override;
  void GatherStream(uint64_t bytes) override { gathering_.Stream(bytes); }
  void GatherDatagrams(size_t count) override { gathering_.Datagrams(count); }
  bool Turn(absl::Time deadline) override;
  void Wake() override;
  uint64_t TurnsGathered() const override { return turns_gathered_; }
  absl::Duration Spun() const override { return spun_; }
  absl::Time Now() const override { return now_; }
  // What Now is of, for who shows its times to people: no calendar's. Any thread.
  static absl::Time Clock();
  absl::Time WallNow() const override;

  uint8_t* BufferBytes(int32_t buffer) override { return buffers_.Bytes(buffer); }
  void ReturnBuffer(int32_t buffer) override { buffers_.Return(buffer); }
  size_t buffer_size() const override { return buffers_.bytes_each(); }
  int buffers_free() const override { return buffers_.free(); }

  int Listen(const Endpoint& at, int backlog, const ListenTerms& terms) override;
  int ListenOnce(const Endpoint& at, std::string_view interface) override;
  int OpenSocket(const Address& to, const SocketSource& from) override;
  int RouteSource(const Address& to, std::string_view interface, Address* source) override;
  int LeadsHere(const Address& to) override { return host_addresses_.LeadsHere(to); }
  int BoundInterface(int fd, InterfaceName* name) override;
  int LocalEndpoint(int fd, Endpoint* endpoint) override;
  int PeerEndpoint(int fd, Endpoint* endpoint) override;
  int SetKeepalive(int fd, const Keepalive& keepalive) override;
  void SetUnsentMax(int fd, size_t bytes) override;
  Uptake UptakeOf(int fd) override;
  int TakeError(int fd) override;
  int ShutdownWrite(int fd) override;
  void Close(int fd) override;
  void CloseWithReset(int fd) override;
  int OpenDatagramSocket(const Endpoint& at, std::string_view interface) override;
  int ReceiveDatagrams(int fd, absl::Span<const DatagramRun>* runs) override;
  int SendDatagrams(int fd, const Endpoint& to, absl::Span<const iovec> parts,
                    size_t datagram_bytes) override;
  int OpenPipe(int capacity, SplicePipe* pipe) override;
  void ClosePipe(const SplicePipe& pipe) override;
  int64_t SpliceIn(int fd, const SplicePipe& pipe, size_t bytes_max) override;
  int64_t SpliceOut(const SplicePipe& pipe, int fd, size_t bytes) override;

  // Whether Linux can wait for more than the first completion without waiting for as many as it was
  // told (6.12).
  bool can_gather() const { return (ring_.features & IORING_FEAT_MIN_TIMEOUT) != 0; }

  // Whether ReceiveMany stays armed (6.17).
  bool receives_many() const { return multishot_receives_; }

  // Turns in which more completed than the queue holds. Nothing is lost by it.
  uint64_t overflows() const { return overflows_; }
  // Completions that are lost because Linux had no memory to keep them: their operations never end.
  unsigned completions_lost() const;

 private:
  // An operation that may take several steps: a send, or a poll. See uring_kernel_errands.cc.
  struct Errand {
    Errand(Op& op_in, int fd_in, uint32_t events_in) : op(&op_in), fd(fd_in), events(events_in) {}

    Op* op;
    int fd;
    uint32_t events;     // waited for; a send waits for room
    uint32_t ready = 0;  // those of them that have come
    int32_t sent = 0;
    uint8_t parts_first = 0;  // what is before it has been sent
    uint8_t parts_end = 0;    // 0: a poll
    bool sending = false;     // the step in flight is a send
    bool ending = false;      // its multishot poll was told to end
    bool cancelled = false;
    // Read by Linux until a step completes. Without initial values, to touch no more than is used.
    msghdr message;
    std::array<iovec, kSendPartsMax> parts;
  };
  // As many descriptors as Linux lets a process have, unless told otherwise (fs.nr_open).
  static constexpr size_t kErrandsMax = 1 << 20;

  UringKernel() : errands_(kErrandsMax) {}
  absl::Status Open(const Options& options);

  // The mark of an errand's entries; those of other operations carry the address of their Op.
  static constexpr uint64_t kErrandMark = 1;
  static uint64_t MarkOf(const Errand& errand) {
    return reinterpret_cast<uint64_t>(&errand) | kErrandMark;
  }

  io_uring_sqe* NewEntry();
  // An entry for an operation that carries its address.
  io_uring_sqe* Start(Op& op);
  void CancelEntries(uint64_t mark);

  Errand& NewErrand(Op& op, int fd, uint32_t events);
  void SendRest(Errand& errand);
  void OnSent(Errand& errand, int32_t result);
  void AwaitEvents(Errand& errand);
  void AwaitChange(Errand& errand);
  void OnEvents(Errand& errand, int32_t result, bool more);
  void Finish(Errand& errand, int32_t result);

  void Enable();
  void Enter(absl::Time deadline);
  bool MaySpin() const;
  bool Spin(absl::Time deadline);
  void AfterEnter(int result);
  void Deliver();
  void DeliverOne(const io_uring_cqe& entry);

  void AwaitWake();
  void OnWake(Op& op, const Completion& completion);

  io_uring ring_{};
  bool opened_ = false;
  bool enabled_ = false;
  UringBuffers buffers_;
  UringDatagrams datagrams_;
  UringAddresses host_addresses_;
  Slab<Errand> errands_;
  absl::Time now_;
  uint64_t overflows_ = 0;
  bool multishot_receives_ = false;
  Gathering gathering_;
  unsigned gather_completions_ = 0;
  uint64_t turns_gathered_ = 0;
  absl::Duration spin_;
  SpinOdds spin_odds_;
  const std::atomic<bool>* cpu_wanted_ = nullptr;
  absl::Duration spun_;
  unsigned brought_ = 0;  // completions of the last turn

  // Where connections go, until Linux has read it, which is when it is handed over
  // (IORING_FEAT_SUBMIT_STABLE). As many as submissions, used in turn.
  std::unique_ptr<sockaddr_storage[]> addresses_;
  unsigned addresses_used_ = 0;

  int wake_fd_ = -1;  // an eventfd that the ring reads
  uint64_t wake_count_ = 0;
  Op wake_;
  std::atomic<bool> wake_asked_ = false;
  bool woken_ = false;
};

}  // namespace sluice

#endif  // SLUICE_CORE_URING_KERNEL_H_

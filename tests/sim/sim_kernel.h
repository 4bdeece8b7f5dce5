#ifndef SLUICE_TESTS_SIM_SIM_KERNEL_H_
#define SLUICE_TESTS_SIM_SIM_KERNEL_H_

// SimKernel: the simulated twin of UringKernel. It keeps the promises of kernel.h, and no more than
// these: what Linux may do differently from one time to the next is decided by the network's dice
// and faults. It judges its user as well: an operation started twice, a descriptor used after its
// close or closed under an operation, bytes that change while they are sent, a buffer returned
// twice.
//
// One thread for all kernels of a SimNetwork. Time passes inside Turn where a kernel is alone
// (kInTurn). Several kernels are driven from outside (kOutside): Turn never waits, and the driver
// moves the clock when no kernel is Runnable().

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/gathering.h"
#include "core/kernel.h"
#include "core/limits.h"
#include "tests/sim/sim_buffers.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_process.h"

namespace sluice {

// An operation in the simulated kernel's hands.
struct SimOperation {
  enum class Kind : uint8_t {
    kAccept,
    kConnect,
    kReceive,
    kSend,
    kPoll,
    kAwaitDatagrams,
    kAwaitAddressChange
  };
  Kind kind;
  uint64_t serial = 0;
  Op* op = nullptr;
  int fd = -1;
  bool tried = false;     // the socket was looked at once
  bool once = false;      // accepts one connection only
  bool ended = false;     // its last completion is made, though not delivered
  absl::Time held_until;  // not looked at before
  // What it asks for, by kind.
  Endpoint to;
  size_t bytes_max = 0;  // of what is left to receive
  bool wait_first = false;
  bool many = false;
  uint32_t events = 0;
  int parts_count = 0;
  iovec parts[Kernel::kSendPartsMax];
  size_t bytes = 0;  // of all parts
  size_t sent = 0;
  uint64_t fingerprint = 0;  // of the bytes when it was asked
};

class SimKernel : public Kernel,
                  private SimSocket::Watcher,
                  private SimListener::Watcher,
                  private SimDatagramSocket::Watcher {
 public:
  enum class TimePasses : uint8_t { kInTurn, kOutside };
  struct Options {
    size_t buffer_bytes = 16 * 1024;
    int buffers = 256;
    int buffers_hot = 64;
    int pipe_bytes_max = 1 << 20;
    TimePasses time_passes = TimePasses::kInTurn;
  };

  SimKernel(SimProcess& process, const Options& options);
  ~SimKernel() override;

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
  void GatherStream(uint64_t bytes) override;
  void GatherDatagrams(size_t count) override;
  bool Turn(absl::Time deadline) override;
  uint64_t TurnsGathered() const override { return turns_gathered_; }
  absl::Duration Spun() const override { return spun_; }
  void Wake() override { woken_.store(true); }
  absl::Time Now() const override { return now_; }
  absl::Time WallNow() const override;
  uint8_t* BufferBytes(int32_t buffer) override { return buffers_.Bytes(buffer); }
  void ReturnBuffer(int32_t buffer) override { buffers_.Return(buffer); }
  size_t buffer_size() const override { return buffers_.bytes_each(); }
  int buffers_free() const override { return buffers_.free(); }

  int Listen(const Endpoint& at, int backlog, const ListenTerms& terms) override;
  int ListenOnce(const Endpoint& at, std::string_view interface) override;
  int OpenSocket(const Address& to, const SocketSource& from) override;
  int RouteSource(const Address& to, std::string_view interface, Address* source) override;
  int LeadsHere(const Address& to) override { return process_.host().Has(to) ? 1 : 0; }
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

  // Calls from within a turn, as a receiver of its own. For what else lives on a shard's loop.
  void CallInTurn(std::function<void()> call);

  // For who drives several kernels: a Turn now would find something to do, or must be asked for its
  // deadline.
  bool Runnable();
  // The deadline of the last Turn: when the next one is due although nothing happens.
  absl::Time deadline() const { return deadline_; }
  int operations_in_flight() const { return static_cast<int>(in_flight_.size()); }
  // In its whole life, each of a run.
  uint64_t datagrams_received() const { return datagrams_received_; }
  // What gathering was told of.
  uint64_t bytes_gathered() const { return bytes_gathered_; }
  uint64_t datagrams_gathered() const { return datagrams_gathered_; }
  // Whose completions were delivered, and which were not returned.
  int buffers_taken() const;
  // One line for each thing that should have been given back by now. Descriptors are the process's
  // to tell.
  std::vector<std::string> Leaks() const;

 private:
  struct Asked {
    Op* op;
    uint64_t serial;
    bool cancel;
  };
  struct Made {
    SimOperation* operation;  // nullptr: a call
    Completion completion;
    absl::Time seen_from;
    std::function<void()> call;
  };

  // Asking.
  SimOperation* Start(SimOperation::Kind kind, Op& op, int fd, SimDescriptor::Kind expected);
  SimOperation* Ask(SimOperation::Kind kind, Op& op, int fd);
  void LookAgainAfter(SimOperation& operation, absl::Duration delay);

  // Turning.
  void Submit();
  void WaitFor(absl::Time deadline);
  void GatherFor(absl::Duration time);
  void Attend();
  bool Deliver();
  std::vector<Made> TakeBatch();
  template <typename T>
  void Shuffle(std::vector<T>& list);
  bool HasSomethingToDeliver() const;
  void Retire(SimOperation& operation);

  // Trying; each completes the operation where it can.
  void Try(SimOperation& operation);
  void TryAccept(SimOperation& operation, SimListener& listener);
  void TryConnect(SimOperation& operation, SimSocket& socket);
  void TryReceive(SimOperation& operation, SimSocket& socket);
  void ReceiveOnce(SimOperation& operation, SimSocket& socket);
  void TrySend(SimOperation& operation, SimSocket& socket);
  void TryPoll(SimOperation& operation, SimSocket& socket);
  void TryAwaitDatagrams(SimOperation& operation, SimDatagramSocket& socket);
  void CancelNow(SimOperation& operation);
  void Complete(SimOperation& operation, const Completion& completion);

  // Watching.
  void OnSocketChange(SimSocket& socket) override;
  void OnListenerChange(SimListener& listener) override;
  void OnDatagram(SimDatagramSocket& socket) override;
  void MarkChanged(int fd);

  // Descriptors.
  SimDescriptor* Use(int fd, SimDescriptor::Kind kind, const char* call);
  bool BeginClose(int fd, SimDescriptor::Kind kind, const char* call);
  SimPipe* UsePipe(const SplicePipe& pipe, const char* call);
  int AddSocket(SimSocket& socket);
  int AddListener(SimListener& listener);

  SimProcess& process_;
  SimNetwork& network_;
  SimJudge& judge_;
  Dice& dice_;
  const TimePasses time_passes_;
  const int pipe_bytes_max_;
  SimBuffers buffers_;
  absl::Time now_;
  absl::Time deadline_ = absl::InfinitePast();
  std::atomic<bool> woken_ = false;
  uint64_t serial_ = 0;
  std::vector<Asked> asked_;
  SimOperation* address_news_ = nullptr;  // while it is in flight
  uint64_t address_changes_seen_ = 0;
  std::vector<int> changed_;  // descriptors whose operations are worth another look
  std::vector<std::vector<uint8_t>> run_bytes_;  // of the last ReceiveDatagrams
  std::vector<DatagramRun> runs_;
  uint64_t datagrams_received_ = 0;
  std::vector<Made> made_;  // in the order in which they happened
  Gathering gathering_{absl::Microseconds(limits::kGatherMicroseconds)};
  unsigned brought_ = 0;  // completions of the last turn
  absl::Duration spun_;   // as if a microsecond of each turn; its clock knows nothing of it
  uint64_t turns_gathered_ = 0;
  uint64_t bytes_gathered_ = 0;
  uint64_t datagrams_gathered_ = 0;
  bool settled_ = false;  // the last Turn found nothing to do
  absl::flat_hash_map<const Op*, std::unique_ptr<SimOperation>> in_flight_;  // never iterated
  absl::flat_hash_map<const void*, int> fds_;  // of a socket of any kind; never iterated
  // for events that may come after the kernel's end
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_KERNEL_H_

#ifndef SLUICE_CORE_URING_KERNEL_H_
#define SLUICE_CORE_URING_KERNEL_H_

// UringKernel: the Kernel on io_uring, for Linux 6.1 or newer (host_probe says whether this one will
// do). One ring, used by one thread: the one that calls Turn first. Created by any thread; destroyed
// by its own, or by another after that has ended. Only this class and host_probe include liburing.
//
// Before the first Turn there is room for Options::submission_entries operations, afterwards for any
// number. The process must ignore SIGPIPE, which splice(2) to a closed connection raises.

#include <liburing.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/kernel.h"
#include "core/limits.h"
#include "core/uring_buffers.h"

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
  };

  // The status is one sentence.
  static absl::StatusOr<std::unique_ptr<UringKernel>> Create(const Options& options);
  ~UringKernel() override;

  void Accept(Op& op, int listener_fd) override;
  void AcceptOne(Op& op, int listener_fd) override;
  void Connect(Op& op, int fd, const Endpoint& to) override;
  void Receive(Op& op, int fd, size_t bytes_max, bool wait_first) override;
  void Send(Op& op, int fd, absl::Span<const iovec> parts) override;
  void Poll(Op& op, int fd, uint32_t events) override;
  void Cancel(Op& op) override;
  bool Turn(absl::Time deadline) override;
  void Wake() override;
  absl::Time Now() const override { return now_; }
  absl::Time WallNow() const override;

  uint8_t* BufferBytes(int32_t buffer) override { return buffers_.Bytes(buffer); }
  void ReturnBuffer(int32_t buffer) override { buffers_.Return(buffer); }
  size_t buffer_size() const override { return buffers_.bytes_each(); }
  int buffers_free() const override { return buffers_.free(); }

  int Listen(const Endpoint& at, int backlog) override;
  int OpenSocket(const Address& to) override;
  int LocalEndpoint(int fd, Endpoint* endpoint) override;
  int PeerEndpoint(int fd, Endpoint* endpoint) override;
  int ShutdownWrite(int fd) override;
  void Close(int fd) override;
  void CloseWithReset(int fd) override;
  int OpenPipe(int capacity, SplicePipe* pipe) override;
  void ClosePipe(const SplicePipe& pipe) override;
  int64_t SpliceIn(int fd, const SplicePipe& pipe, size_t bytes_max) override;
  int64_t SpliceOut(const SplicePipe& pipe, int fd, size_t bytes) override;

  // Turns in which more completed than the queue holds. Nothing is lost by it.
  uint64_t overflows() const { return overflows_; }
  // Completions that are lost because Linux had no memory to keep them: their operations never end.
  unsigned completions_lost() const;

 private:
  // What a submission points to until Linux has read it, which is when it is handed over
  // (IORING_FEAT_SUBMIT_STABLE).
  struct Envelope {
    sockaddr_storage address;
    msghdr message;
    std::array<iovec, kSendPartsMax> parts;
  };

  UringKernel() = default;
  absl::Status Open(const Options& options);

  io_uring_sqe* NewEntry();
  Envelope& NewEnvelope();
  void HandOver(io_uring_sqe* entry, Op& op);

  void Enable();
  void Enter(absl::Time deadline);
  void AfterEnter(int result);
  void Deliver();

  void AwaitWake();
  void OnWake(Op& op, const Completion& completion);

  io_uring ring_{};
  bool opened_ = false;
  bool enabled_ = false;
  UringBuffers buffers_;
  absl::Time now_;
  uint64_t overflows_ = 0;

  // As many as submissions, and used in turn: none is used again before its submission was read.
  std::unique_ptr<Envelope[]> envelopes_;
  unsigned envelopes_used_ = 0;

  int wake_fd_ = -1;  // an eventfd that the ring reads
  uint64_t wake_count_ = 0;
  Op wake_;
  std::atomic<bool> wake_asked_ = false;
  bool woken_ = false;
};

}  // namespace sluice

#endif  // SLUICE_CORE_URING_KERNEL_H_

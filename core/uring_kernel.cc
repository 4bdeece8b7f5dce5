// In the order of a turn:
//   1. Accept … Cancel: an operation becomes an entry of the submission queue, which carries the
//      Op. Sends and polls may take several such steps (uring_kernel_errands.cc).
//   2. Enter: one system call hands over the entries and waits for the first completion (after
//      streams or datagrams for more, gathering.h), the deadline or the read of the eventfd behind
//      Wake. Buffers that came back are in the pool by then. After a turn that brought something it
//      looks for more itself for about what sleeping costs, where that has paid lately
//      (spin_odds.h).
//   3. Deliver: each completion goes to its Op, which may ask for more: step 1 of the next turn.
// The calls that never wait are in uring_kernel_calls.cc.

#include "core/uring_kernel.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/sockaddr.h"
#include "core/uring_limited_receives.h"
#include "core/uring_refusal.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// A cancellation's own completion is nobody's: what it cancels completes by itself.
constexpr uint64_t kNobody = 0;

// A turn that waits so long may as well end and begin again; any number of seconds is a timespec.
constexpr absl::Duration kWaitMax = absl::Hours(24 * 365);

// CLOCK_MONOTONIC as a Time, whose calendar meaning is not to be looked at.
absl::Time MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::TimeFromTimespec(now);
}

// Tells the processor that this is a loop that waits.
void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

absl::StatusOr<std::unique_ptr<UringKernel>> UringKernel::Create(const Options& options) {
  std::unique_ptr<UringKernel> kernel(new UringKernel);
  if (absl::Status status = kernel->Open(options); !status.ok()) return status;
  return kernel;
}

absl::Status UringKernel::Open(const Options& options) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
  // So that Spin sees in memory that there is work.
  if (options.spin > absl::ZeroDuration()) params.flags |= IORING_SETUP_TASKRUN_FLAG;
  params.cq_entries = options.completion_entries;
  const int error = io_uring_queue_init_params(options.submission_entries, &ring_, &params);
  if (error < 0) return RefuseRing(-error);
  opened_ = true;
  // A ring that is not enabled yet is refused with EBADFD. Any other refusal is a filter's, and
  // would come again with every turn.
  if (const int entered = io_uring_enter(static_cast<unsigned>(ring_.ring_fd), 0, 0, 0, nullptr);
      entered < 0 && entered != -EBADFD) {
    return RefuseRing(-entered);
  }
  multishot_receives_ = options.multishot_receives && CanLimitMultishotReceives();
  gathering_ = Gathering(can_gather() ? options.gather : absl::ZeroDuration());
  gather_completions_ = options.gather_completions;
  spin_ = options.spin;
  cpu_wanted_ = options.cpu_wanted;
  io_uring_ring_dontfork(&ring_);
  // Nothing here is meant to go to a worker thread; if something does, it shall not take over.
  unsigned workers[2] = {1, 1};
  io_uring_register_iowq_max_workers(&ring_, workers);
#if !IO_URING_CHECK_VERSION(2, 10)
  // An idle shard does not wait for a disk, and should not look so (Linux 6.15).
  io_uring_set_iowait(&ring_, false);
#endif
  if (absl::Status status =
          buffers_.Open(ring_, options.buffers_hot, options.buffers_max, options.buffer_bytes);
      !status.ok()) {
    return status;
  }
  // Blocking, so that the ring's read waits; the ring never lets the thread block in it.
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (wake_fd_ < 0) {
    return absl::UnavailableError(absl::StrCat("cannot make an eventfd: ", strerrordesc_np(errno)));
  }
  if (absl::Status status = host_addresses_.Open(); !status.ok()) return status;
  wake_.Bind<&UringKernel::OnWake>(this);
  addresses_ = std::make_unique_for_overwrite<sockaddr_storage[]>(params.sq_entries);
  now_ = MonotonicNow();
  return absl::OkStatus();
}

UringKernel::~UringKernel() {
  // The ring goes first, because Linux may fill buffers until then.
  if (opened_) io_uring_queue_exit(&ring_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

unsigned UringKernel::completions_lost() const { return *ring_.cq.koverflow; }

// --- Asking

io_uring_sqe* UringKernel::NewEntry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    CHECK(enabled_) << "more operations before the first turn than the submission queue holds";
    AfterEnter(io_uring_submit(&ring_));
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

io_uring_sqe* UringKernel::Start(Op& op) {
  CHECK(!op.in_flight()) << "an operation was started while it is in flight";
  op.Start();
  return NewEntry();
}

void UringKernel::Accept(Op& op, int listener_fd) {
  io_uring_sqe* entry = Start(op);
  io_uring_prep_multishot_accept(entry, listener_fd, nullptr, nullptr,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
  io_uring_sqe_set_data(entry, &op);
}

void UringKernel::AcceptOne(Op& op, int listener_fd) {
  io_uring_sqe* entry = Start(op);
  io_uring_prep_accept(entry, listener_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  io_uring_sqe_set_data(entry, &op);
}

void UringKernel::Connect(Op& op, int fd, const Endpoint& to) {
  io_uring_sqe* entry = Start(op);
  sockaddr_storage& address = addresses_[addresses_used_++ % ring_.sq.ring_entries];
  const socklen_t size = ToSockaddr(to, &address);
  io_uring_prep_connect(entry, fd, reinterpret_cast<const sockaddr*>(&address), size);
  io_uring_sqe_set_data(entry, &op);
}

void UringKernel::Receive(Op& op, int fd, size_t bytes_max, bool wait_first) {
  io_uring_sqe* entry = Start(op);
  io_uring_prep_recv(entry, fd, nullptr, std::min(bytes_max, buffers_.bytes_each()), 0);
  io_uring_sqe_set_flags(entry, IOSQE_BUFFER_SELECT);
  entry->buf_group = UringBuffers::kGroup;
  if (wait_first) entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
  io_uring_sqe_set_data(entry, &op);
}

void UringKernel::ReceiveMany(Op& op, int fd) {
  if (!multishot_receives_) return Receive(op, fd, buffers_.bytes_each(), /*wait_first=*/true);
  io_uring_sqe* entry = Start(op);
  PrepareLimitedReceives(entry, fd, static_cast<unsigned>(buffers_.bytes_each()),
                         UringBuffers::kGroup);
  io_uring_sqe_set_data(entry, &op);
}

void UringKernel::AwaitDatagrams(Op& op, int fd) {
  io_uring_sqe* entry = Start(op);
  io_uring_prep_poll_add(entry, fd, kPollIn);
  io_uring_sqe_set_data(entry, &op);
}

void UringKernel::AwaitAddressChange(Op& op) {
  host_addresses_.ForgetNews();
  AwaitDatagrams(op, host_addresses_.news_fd());
}

void UringKernel::Cancel(Op& op) {
  if (!op.in_flight()) return;
  if (op.place() == 0) return CancelEntries(reinterpret_cast<uint64_t>(&op));
  Errand& errand = errands_.At(op.place() - 1);
  errand.cancelled = true;
  CancelEntries(MarkOf(errand));
}

void UringKernel::CancelEntries(uint64_t mark) {
  // Finds nothing where the operation has completed meanwhile. It cannot hit a later operation with
  // the same mark, because entries are carried out in their order.
  io_uring_sqe* entry = NewEntry();
  io_uring_prep_cancel64(entry, mark, 0);
  io_uring_sqe_set_flags(entry, IOSQE_CQE_SKIP_SUCCESS);
  io_uring_sqe_set_data64(entry, kNobody);
}

// --- A turn

bool UringKernel::Turn(absl::Time deadline) {
  if (!enabled_) Enable();
  buffers_.Restock();
  Enter(deadline);
  now_ = MonotonicNow();
  Deliver();
  return std::exchange(woken_, false);
}

void UringKernel::Enable() {
  // The thread that enables the ring becomes the only one that may use it.
  const int error = io_uring_enable_rings(&ring_);
  CHECK_EQ(error, 0) << "cannot enable the ring: " << strerrordesc_np(-error);
  // Saves a look-up per turn; where it fails, nothing but that is lost.
  io_uring_register_ring_fd(&ring_);
  enabled_ = true;
  AwaitWake();
}

void UringKernel::Enter(absl::Time deadline) {
  const absl::Duration gather = gathering_.Take(brought_, now_);
  if (gather == absl::ZeroDuration() && MaySpin() && Spin(deadline)) return;
  if (deadline == absl::InfiniteFuture() && gather == absl::ZeroDuration()) {
    return AfterEnter(io_uring_submit_and_wait(&ring_, 1));
  }
  // now_ is a turn's work behind.
  const absl::Duration wait =
      deadline == absl::InfinitePast() ? absl::ZeroDuration() : deadline - MonotonicNow();
  if (wait <= absl::ZeroDuration()) return AfterEnter(io_uring_submit_and_get_events(&ring_));
  // The time to gather is part of a call with a time limit only.
  const timespec limit = absl::ToTimespec(std::min(wait, kWaitMax));
  __kernel_timespec timeout{limit.tv_sec, limit.tv_nsec};
  io_uring_cqe* first = nullptr;
  if (gather == absl::ZeroDuration())
    return AfterEnter(io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr));
  ++turns_gathered_;
  // Returns with gather_completions_; else when that time is over, with what there is; else with
  // the first that comes.
  AfterEnter(io_uring_submit_and_wait_min_timeout(
      &ring_, &first, gather_completions_, &timeout,
      static_cast<unsigned>(absl::ToInt64Microseconds(gather)), nullptr));
}

// An idle thread sleeps, and so does one whose CPU others wait for.
bool UringKernel::MaySpin() const {
  return brought_ > 0 && spin_ > absl::ZeroDuration() &&
         (cpu_wanted_ == nullptr || !cpu_wanted_->load(std::memory_order_relaxed));
}

// True where there are completions. What was asked is handed over first, in one call with the work
// that waits for one.
bool UringKernel::Spin(absl::Time deadline) {
  // Completions are only ever made in a call of this thread (IORING_SETUP_DEFER_TASKRUN): until
  // then Linux says so.
  const auto work_waits = [this] {
    return (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !=
           0;
  };
  if (io_uring_sq_ready(&ring_) > 0 || work_waits())
    AfterEnter(io_uring_submit_and_get_events(&ring_));
  if (io_uring_cq_ready(&ring_) > 0) return true;
  absl::Time now = MonotonicNow();
  const absl::Time until = std::min(deadline, now + spin_);
  if (now >= until || !spin_odds_.ShouldSpin()) return false;
  // Again where there was work that has completed nothing.
  while (io_uring_cq_ready(&ring_) == 0 && now < until) {
    const absl::Time began = now;
    while (!work_waits() && (now = MonotonicNow()) < until) Pause();
    spun_ += now - began;
    if (!work_waits()) break;
    AfterEnter(io_uring_get_events(&ring_));
    now = MonotonicNow();
  }
  const bool found = io_uring_cq_ready(&ring_) > 0;
  spin_odds_.Spun(found);
  return found;
}

void UringKernel::AfterEnter(int result) {
  // What remains after these is handed over next time; anything else is our own error. ETIME and
  // EINTR end a wait. EAGAIN and EBUSY: no memory, or completions have to be delivered first.
  // EBADR: see completions_lost().
  CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
        result == -EBUSY || result == -EBADR)
      << "io_uring_enter: " << strerrordesc_np(-result);
  if (io_uring_sq_ready(&ring_) == 0) addresses_used_ = 0;
  if (io_uring_cq_has_overflow(&ring_)) ++overflows_;
}

void UringKernel::Deliver() {
  // Only what is there now, so that receivers that ask for more cannot keep the turn from ending.
  unsigned left = io_uring_cq_ready(&ring_);
  brought_ = left;
  unsigned head;
  io_uring_cqe* entry;
  io_uring_for_each_cqe(&ring_, head, entry) {
    if (left-- == 0) break;
    const io_uring_cqe completed = *entry;
    // The place is free before the receiver runs: it may fill the submission queue, which makes
    // room by completing.
    io_uring_cq_advance(&ring_, 1);
    DeliverOne(completed);
  }
}

void UringKernel::DeliverOne(const io_uring_cqe& entry) {
  if (entry.user_data == kNobody) return;
  Completion completion;
  completion.result = entry.res;
  completion.more = (entry.flags & IORING_CQE_F_MORE) != 0;
  if ((entry.user_data & kErrandMark) != 0) {
    auto& errand = *reinterpret_cast<Errand*>(entry.user_data & ~kErrandMark);
    if (errand.sending) return OnSent(errand, completion.result);
    return OnEvents(errand, completion.result, completion.more);
  }
  completion.socket_nonempty = (entry.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
  if ((entry.flags & IORING_CQE_F_BUFFER) != 0) {
    completion.buffer = static_cast<int32_t>(entry.flags >> IORING_CQE_BUFFER_SHIFT);
    buffers_.Lend(completion.buffer);
  }
  reinterpret_cast<Op*>(entry.user_data)->Complete(completion);
}

// --- Waking

void UringKernel::Wake() {
  // One write until the ring has read it is enough.
  if (wake_asked_.exchange(true, std::memory_order_acq_rel)) return;
  const uint64_t one = 1;
  PCHECK(write(wake_fd_, &one, sizeof(one)) == sizeof(one)) << "cannot wake a shard";
}

void UringKernel::AwaitWake() {
  io_uring_sqe* entry = Start(wake_);
  io_uring_prep_read(entry, wake_fd_, &wake_count_, sizeof(wake_count_), 0);
  io_uring_sqe_set_data(entry, &wake_);
}

void UringKernel::OnWake(Op&, const Completion&) {
  // Reads what the last Wake wrote before it, so that who was not let through by wake_asked_ is
  // seen.
  wake_asked_.exchange(false, std::memory_order_acq_rel);
  woken_ = true;
  AwaitWake();
}

absl::Time UringKernel::WallNow() const { return absl::Now(); }
absl::Time UringKernel::Clock() { return MonotonicNow(); }

}  // namespace sluice

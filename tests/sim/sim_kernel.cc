// A turn:
//   1. Submit: what was asked since the last turn is tried once, or cancelled, in the order of
//      asking.
//   2. WaitFor (kInTurn): time passes until an operation completes, Wake was called or the deadline
//      is there.
//   3. Attend: operations on descriptors that changed are tried again, in any order.
//   4. Deliver: completions that may be seen now go to their Ops, perhaps not all. They keep the
//      order in which they happened, as Linux's completion queue does: who learns of a reset by one
//      operation learns of its echo in another one later.

#include "tests/sim/sim_kernel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/limits.h"

namespace sluice {
namespace {

const char* Name(SimOperation::Kind kind) {
  switch (kind) {
    case SimOperation::Kind::kAccept: return "accept";
    case SimOperation::Kind::kConnect: return "connect";
    case SimOperation::Kind::kReceive: return "receive";
    case SimOperation::Kind::kSend: return "send";
    case SimOperation::Kind::kPoll: return "poll";
    case SimOperation::Kind::kAwaitDatagrams: return "await datagrams";
    case SimOperation::Kind::kAwaitAddressChange: return "await an address change";
  }
  return "?";
}

uint64_t Fingerprint(const SimOperation& operation) {
  uint64_t hash = operation.bytes;
  for (int i = 0; i < operation.parts_count; ++i) {
    const auto* bytes = static_cast<const uint8_t*>(operation.parts[i].iov_base);
    size_t left = operation.parts[i].iov_len;
    while (left > 0) {
      uint64_t word = 0;
      const size_t taken = std::min(left, sizeof word);
      std::memcpy(&word, bytes, taken);
      hash = (hash ^ word) * 0x9fb21c651e98df25;
      hash ^= hash >> 29;
      bytes += taken;
      left -= taken;
    }
  }
  return hash;
}

}  // namespace

SimKernel::SimKernel(SimProcess& process, const Options& options)
    : process_(process),
      network_(process.network()),
      judge_(network_.judge()),
      dice_(network_.dice()),
      time_passes_(options.time_passes),
      pipe_bytes_max_(options.pipe_bytes_max),
      buffers_(judge_, options.buffer_bytes, options.buffers, options.buffers_hot),
      now_(network_.now()) {}

SimKernel::~SimKernel() {
  for (const auto& [object, fd] : fds_) {
    SimDescriptor* descriptor = process_.Find(fd);
    if (descriptor == nullptr) continue;
    if (descriptor->socket != nullptr) descriptor->socket->set_watcher(nullptr);
    if (descriptor->listener != nullptr) descriptor->listener->set_watcher(nullptr);
    if (descriptor->datagram_socket != nullptr) descriptor->datagram_socket->set_watcher(nullptr);
    descriptor->operations.clear();
  }
}

absl::Time SimKernel::WallNow() const {
  return absl::FromUnixSeconds(1'700'000'000) + (network_.now() - absl::FromUnixSeconds(1'000'000));
}

// --- Asking

SimOperation* SimKernel::Start(SimOperation::Kind kind, Op& op, int fd,
                               SimDescriptor::Kind expected) {
  SimDescriptor* descriptor = Use(fd, expected, Name(kind));
  if (descriptor == nullptr) return nullptr;
  if (descriptor->owner != this) {
    judge_.Accuse(absl::StrCat(Name(kind), " on descriptor ", fd, " of another kernel"));
    return nullptr;
  }
  SimOperation* operation = Ask(kind, op, fd);
  if (operation != nullptr) descriptor->operations.push_back(operation);
  return operation;
}

SimOperation* SimKernel::Ask(SimOperation::Kind kind, Op& op, int fd) {
  if (op.in_flight() || in_flight_.contains(&op)) {
    judge_.Accuse(absl::StrCat(Name(kind), " on descriptor ", fd, ": the Op is in flight already"));
    return nullptr;
  }
  op.Start();
  auto operation = std::make_unique<SimOperation>();
  operation->kind = kind;
  operation->serial = ++serial_;
  operation->op = &op;
  operation->fd = fd;
  operation->held_until = absl::InfiniteFuture();  // until it is submitted
  asked_.push_back(Asked{&op, operation->serial, /*cancel=*/false});
  SimOperation* started = operation.get();
  in_flight_[&op] = std::move(operation);
  return started;
}

void SimKernel::Accept(Op& op, int listener_fd) {
  Start(SimOperation::Kind::kAccept, op, listener_fd, SimDescriptor::Kind::kListener);
}

void SimKernel::AcceptOne(Op& op, int listener_fd) {
  SimOperation* operation =
      Start(SimOperation::Kind::kAccept, op, listener_fd, SimDescriptor::Kind::kListener);
  if (operation != nullptr) operation->once = true;
}

void SimKernel::Connect(Op& op, int fd, const Endpoint& to) {
  SimOperation* operation =
      Start(SimOperation::Kind::kConnect, op, fd, SimDescriptor::Kind::kSocket);
  if (operation != nullptr) operation->to = to;
}

void SimKernel::Receive(Op& op, int fd, size_t bytes_max, bool wait_first) {
  if (bytes_max == 0) judge_.Accuse("a receive of no bytes");
  SimOperation* operation =
      Start(SimOperation::Kind::kReceive, op, fd, SimDescriptor::Kind::kSocket);
  if (operation == nullptr) return;
  operation->bytes_max = bytes_max;
  operation->wait_first = wait_first;
}

void SimKernel::ReceiveMany(Op& op, int fd) {
  SimOperation* operation =
      Start(SimOperation::Kind::kReceive, op, fd, SimDescriptor::Kind::kSocket);
  if (operation == nullptr) return;
  operation->bytes_max = buffers_.bytes_each();
  operation->wait_first = true;
  operation->many = true;
}

void SimKernel::Send(Op& op, int fd, absl::Span<const iovec> parts) {
  if (parts.empty() || parts.size() > static_cast<size_t>(kSendPartsMax)) {
    judge_.Accuse(absl::StrCat("a send of ", parts.size(), " parts"));
    return;
  }
  SimOperation* operation = Start(SimOperation::Kind::kSend, op, fd, SimDescriptor::Kind::kSocket);
  if (operation == nullptr) return;
  operation->parts_count = static_cast<int>(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    operation->parts[i] = parts[i];
    operation->bytes += parts[i].iov_len;
  }
  if (operation->bytes == 0) judge_.Accuse("a send of no bytes");
  operation->fingerprint = Fingerprint(*operation);
}

void SimKernel::Poll(Op& op, int fd, uint32_t events) {
  SimOperation* operation = Start(SimOperation::Kind::kPoll, op, fd, SimDescriptor::Kind::kSocket);
  if (operation != nullptr) operation->events = events;
}

void SimKernel::AwaitAddressChange(Op& op) {
  if (address_news_ != nullptr) return judge_.Accuse("two ask for a change of addresses");
  address_news_ = Ask(SimOperation::Kind::kAwaitAddressChange, op, /*fd=*/-1);
  address_changes_seen_ = process_.host().address_changes();
}

void SimKernel::Cancel(Op& op) {
  const auto found = in_flight_.find(&op);
  if (found == in_flight_.end()) return;
  asked_.push_back(Asked{&op, found->second->serial, /*cancel=*/true});
}

void SimKernel::LookAgainAfter(SimOperation& operation, absl::Duration delay) {
  operation.held_until = network_.now() + delay;
  network_.clock().After(delay, [this, fd = operation.fd, alive = std::weak_ptr<int>(alive_)] {
    if (!alive.expired()) MarkChanged(fd);
  });
}

// --- Turning

void SimKernel::GatherStream(uint64_t bytes) {
  gathering_.Stream(bytes);
  bytes_gathered_ += bytes;
}

void SimKernel::GatherDatagrams(size_t count) {
  gathering_.Datagrams(count);
  datagrams_gathered_ += count;
}

bool SimKernel::Turn(absl::Time deadline) {
  deadline_ = deadline;
  buffers_.Restock();
  spun_ += absl::Microseconds(1);
  Submit();
  Attend();
  const absl::Duration gather = gathering_.Take(brought_, now_);
  if (gather > absl::ZeroDuration()) ++turns_gathered_;
  if (time_passes_ == TimePasses::kInTurn) {
    WaitFor(deadline);
    if (network_.now() < deadline) GatherFor(gather);
  }
  now_ = network_.now();
  const bool delivered = Deliver();
  const bool woken = woken_.exchange(false);
  settled_ = !delivered && !woken && network_.now() < deadline;
  return woken;
}

bool SimKernel::Runnable() {
  Attend();
  return !settled_ || woken_.load() || !asked_.empty() || HasSomethingToDeliver() ||
         network_.now() >= deadline_;
}

void SimKernel::Submit() {
  std::vector<Asked> asked;
  asked.swap(asked_);
  for (const Asked& request : asked) {
    const auto found = in_flight_.find(request.op);
    if (found == in_flight_.end() || found->second->serial != request.serial) continue;
    SimOperation& operation = *found->second;
    if (operation.ended) continue;
    operation.held_until = network_.now();
    if (request.cancel) {
      CancelNow(operation);
    } else if (dice_.Chance(network_.faults().operation_delay)) {
      LookAgainAfter(operation, dice_.Between(absl::ZeroDuration(), network_.faults().delay_max));
    } else {
      Try(operation);
    }
  }
}

void SimKernel::WaitFor(absl::Time deadline) {
  if (dice_.Chance(network_.faults().early_wake)) return;
  while (!woken_.load() && !HasSomethingToDeliver() && network_.now() < deadline) {
    const absl::Time until = std::min(deadline, network_.clock().Next());
    if (until == absl::InfiniteFuture()) {
      judge_.Accuse("a turn without a deadline waits for ever: nothing is going to happen");
      return;
    }
    network_.clock().AdvanceTo(until);
    Attend();
  }
}

void SimKernel::GatherFor(absl::Duration time) {
  const absl::Time until = network_.now() + time;
  while (network_.now() < until) {
    network_.clock().AdvanceTo(std::min(until, network_.clock().Next()));
    Attend();
  }
}

void SimKernel::Attend() {
  while (!changed_.empty()) {
    std::vector<int> changed;
    changed.swap(changed_);
    Shuffle(changed);
    for (const int fd : changed) {
      SimDescriptor* descriptor = process_.Find(fd);
      if (descriptor == nullptr) continue;
      std::vector<SimOperation*> operations = descriptor->operations;
      Shuffle(operations);
      for (SimOperation* operation : operations) {
        if (network_.now() >= operation->held_until) Try(*operation);
      }
    }
  }
  if (address_news_ != nullptr && network_.now() >= address_news_->held_until) Try(*address_news_);
}

template <typename T>
void SimKernel::Shuffle(std::vector<T>& list) {
  if (list.size() < 2 || !dice_.Chance(network_.faults().completions_shuffled)) return;
  for (size_t i = list.size() - 1; i > 0; --i) std::swap(list[i], list[dice_.Between(0, i)]);
}

bool SimKernel::HasSomethingToDeliver() const {
  return !made_.empty() && made_.front().seen_from <= network_.now();
}

std::vector<SimKernel::Made> SimKernel::TakeBatch() {
  size_t count = 0;
  while (count < made_.size() && made_[count].seen_from <= network_.now()) ++count;
  if (count > 1 && dice_.Chance(network_.faults().completions_split))
    count = dice_.Between(1, count - 1);
  const auto end = made_.begin() + static_cast<ptrdiff_t>(count);
  std::vector<Made> batch(std::make_move_iterator(made_.begin()), std::make_move_iterator(end));
  made_.erase(made_.begin(), end);
  return batch;
}

bool SimKernel::Deliver() {
  std::vector<Made> batch = TakeBatch();
  brought_ = static_cast<unsigned>(batch.size());
  for (Made& made : batch) {
    if (made.operation == nullptr) {
      made.call();
      continue;
    }
    Op& op = *made.operation->op;
    network_.Trace(Name(made.operation->kind), made.operation->fd, made.completion.result);
    if (made.operation->kind == SimOperation::Kind::kSend &&
        made.operation->fingerprint != Fingerprint(*made.operation)) {
      judge_.Accuse(absl::StrCat("bytes of a send on descriptor ", made.operation->fd,
                                 " changed before it completed"));
    }
    if (!made.completion.more) Retire(*made.operation);
    op.Complete(made.completion);
  }
  return !batch.empty();
}

void SimKernel::Retire(SimOperation& operation) {
  if (SimDescriptor* descriptor = process_.Find(operation.fd); descriptor != nullptr) {
    std::vector<SimOperation*>& list = descriptor->operations;
    list.erase(std::remove(list.begin(), list.end(), &operation), list.end());
  }
  if (&operation == address_news_) address_news_ = nullptr;
  in_flight_.erase(operation.op);
}

// --- Trying

void SimKernel::Try(SimOperation& operation) {
  if (operation.ended) return;
  if (&operation == address_news_) {
    if (process_.host().address_changes() != address_changes_seen_)
      Complete(operation, Completion{.result = static_cast<int32_t>(kPollIn)});
    return;
  }
  SimDescriptor* descriptor = process_.Find(operation.fd);
  if (descriptor == nullptr) return;  // closed under the operation, which was judged
  switch (operation.kind) {
    case SimOperation::Kind::kAccept: TryAccept(operation, *descriptor->listener); break;
    case SimOperation::Kind::kConnect: TryConnect(operation, *descriptor->socket); break;
    case SimOperation::Kind::kReceive: TryReceive(operation, *descriptor->socket); break;
    case SimOperation::Kind::kSend: TrySend(operation, *descriptor->socket); break;
    case SimOperation::Kind::kPoll: TryPoll(operation, *descriptor->socket); break;
    case SimOperation::Kind::kAwaitDatagrams:
      TryAwaitDatagrams(operation, *descriptor->datagram_socket);
      break;
    case SimOperation::Kind::kAwaitAddressChange: break;
  }
  operation.tried = true;
}

void SimKernel::Complete(SimOperation& operation, const Completion& completion) {
  operation.ended = !completion.more;
  Made made{&operation, completion, network_.now(), nullptr};
  if (dice_.Chance(network_.faults().completion_delay)) {
    const absl::Duration delay = dice_.Between(absl::ZeroDuration(), network_.faults().delay_max);
    made.seen_from += delay;
    network_.clock().After(delay, [] {});  // so that time stops there
  }
  if (!made_.empty()) made.seen_from = std::max(made.seen_from, made_.back().seen_from);
  made_.push_back(std::move(made));
}

void SimKernel::CallInTurn(std::function<void()> call) {
  Made made{nullptr, Completion{}, network_.now(), std::move(call)};
  if (!made_.empty()) made.seen_from = std::max(made.seen_from, made_.back().seen_from);
  made_.push_back(std::move(made));
}

void SimKernel::CancelNow(SimOperation& operation) {
  if (dice_.Chance(network_.faults().cancel_loses)) Try(operation);
  if (operation.ended) return;
  const bool partly = operation.kind == SimOperation::Kind::kSend && operation.sent > 0;
  Complete(operation,
           Completion{.result = partly ? static_cast<int32_t>(operation.sent) : -ECANCELED});
}

void SimKernel::TryAccept(SimOperation& operation, SimListener& listener) {
  static constexpr int kErrors[] = {ENFILE, ENOBUFS, ENOMEM};
  while (listener.has_waiting() && !operation.ended) {
    if (!process_.HasRoom(1)) return Complete(operation, Completion{.result = -EMFILE});
    const bool ends = dice_.Chance(network_.faults().accept_ends);
    if (ends && dice_.Chance(0.5))
      return Complete(operation, Completion{.result = -dice_.Pick(kErrors, 3)});
    const int fd = AddSocket(listener.Take());
    Complete(operation, Completion{.result = fd, .more = !ends && !operation.once});
  }
}

void SimKernel::TryConnect(SimOperation& operation, SimSocket& socket) {
  if (!operation.tried) {
    operation.tried = true;
    if (const int error = socket.Connect(operation.to); error < 0) {
      return Complete(operation, Completion{.result = error});
    }
  }
  if (socket.connecting()) return;
  Complete(operation, Completion{.result = -socket.TakeError()});
}

void SimKernel::TryReceive(SimOperation& operation, SimSocket& socket) {
  const bool looks_first = !operation.wait_first && !operation.tried && !buffers_.can_take();
  if (looks_first || socket.readable()) ReceiveOnce(operation, socket);
  while (!operation.ended && socket.readable()) ReceiveOnce(operation, socket);
}

void SimKernel::ReceiveOnce(SimOperation& operation, SimSocket& socket) {
  const SimFaults& faults = network_.faults();
  if (!buffers_.can_take() || (socket.readable() && dice_.Chance(faults.no_buffers))) {
    return Complete(operation, Completion{.result = -ENOBUFS});
  }
  size_t bytes_max = std::min(operation.bytes_max, buffers_.bytes_each());
  if (dice_.Chance(faults.short_receive)) bytes_max = dice_.Skewed(1, bytes_max);
  const int32_t buffer = buffers_.Take();
  const int64_t got = socket.Read(buffers_.Bytes(buffer), bytes_max);
  Completion completion{.result = static_cast<int32_t>(got), .buffer = buffer};
  if (got <= 0 && !dice_.Chance(faults.buffer_on_failure)) {
    buffers_.Untake(buffer);
    completion.buffer = -1;
  }
  completion.socket_nonempty =
      got > 0 && socket.readable() && !dice_.Chance(faults.receive_without_hint);
  if (operation.many && got > 0) {
    operation.bytes_max -= static_cast<size_t>(got);
    completion.more = operation.bytes_max > 0 && !dice_.Chance(faults.receives_end);
  }
  Complete(operation, completion);
}

void SimKernel::TrySend(SimOperation& operation, SimSocket& socket) {
  size_t skip = operation.sent;
  for (int i = 0; i < operation.parts_count; ++i) {
    const iovec& part = operation.parts[i];
    if (skip >= part.iov_len) {
      skip -= part.iov_len;
      continue;
    }
    size_t bytes = part.iov_len - skip;
    const bool partly = dice_.Chance(network_.faults().send_partly);
    if (partly) bytes = dice_.Between(1, bytes);
    const int64_t put = socket.Write(static_cast<const uint8_t*>(part.iov_base) + skip, bytes);
    if (put == -EAGAIN) return;
    if (put < 0) {
      const auto result =
          operation.sent > 0 ? static_cast<int32_t>(operation.sent) : static_cast<int32_t>(put);
      return Complete(operation, Completion{.result = result});
    }
    operation.sent += static_cast<size_t>(put);
    if (put < static_cast<int64_t>(bytes)) return;  // the buffer is full
    if (partly && operation.sent < operation.bytes) {
      return LookAgainAfter(operation,
                            dice_.Between(absl::ZeroDuration(), network_.faults().delay_max));
    }
    skip = 0;
  }
  Complete(operation, Completion{.result = static_cast<int32_t>(operation.sent)});
}

void SimKernel::TryPoll(SimOperation& operation, SimSocket& socket) {
  const uint32_t events = socket.Readiness() & (operation.events | kPollError | kPollHangUp);
  if (events != 0) Complete(operation, Completion{.result = static_cast<int32_t>(events)});
}

// --- Watching

void SimKernel::OnSocketChange(SimSocket& socket) {
  if (const auto found = fds_.find(&socket); found != fds_.end()) MarkChanged(found->second);
}

void SimKernel::OnListenerChange(SimListener& listener) {
  if (const auto found = fds_.find(&listener); found != fds_.end()) MarkChanged(found->second);
}

void SimKernel::MarkChanged(int fd) {
  if (std::find(changed_.begin(), changed_.end(), fd) == changed_.end()) changed_.push_back(fd);
}

int SimKernel::buffers_taken() const {
  const auto holds = [](const Made& made) {
    return made.operation != nullptr && made.completion.buffer >= 0;
  };
  return buffers_.taken() - static_cast<int>(std::count_if(made_.begin(), made_.end(), holds));
}

std::vector<std::string> SimKernel::Leaks() const {
  std::vector<std::string> leaks;
  if (buffers_.taken() > 0)
    leaks.push_back(absl::StrCat(buffers_.taken(), " buffers were not returned"));
  if (!in_flight_.empty())
    leaks.push_back(absl::StrCat(in_flight_.size(), " operations are in flight"));
  return leaks;
}

}  // namespace sluice

// A pipe, in the order in which bytes flow:
//   1. Receive: the kernel waits for bytes and picks a buffer only when they are there; of an empty
//      socket, until a buffer's worth has come.
//   2. OnReceived: the buffer joins the queue; the next receive is armed while fewer than two
//      buffers wait. What comes in small pieces behind a slow sink is put together in the second.
//   3. Send: all that is queued goes out in one gathered send.
//   4. OnSent: buffers go back; what came meanwhile is sent; the source's FIN is passed on when
//      nothing is left.
//   5. A run of full buffers makes it a fast stream, once its sink has shown that it reads: when
//      the queue is empty, splicing starts (AwaitSource, Splice, AwaitRoom). It ends after a run of
//      small wake-ups, or when a sink that has stalled takes again.
//   6. While it waits for room it does not receive. If that takes long, input_ looks whether the
//      source was reset, and the sink has to show anew that it reads (OnWaited, OnWatched).

#include "relay/pipe.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "glog/logging.h"

namespace sluice {

Pipe::Pipe(Plumbing& plumbing, Owner& owner, Direction direction)
    : plumbing_(plumbing), owner_(owner), direction_(direction) {
  input_.Bind<&Pipe::OnInput>(this);
  output_.Bind<&Pipe::OnOutput>(this);
  waiter_.Bind<&Pipe::OnWaited>(this);
}

Pipe::~Pipe() { CHECK(quiet()) << "a pipe was destroyed with an operation in flight"; }

void Pipe::Start(int from, int to) {
  DCHECK(state_ == State::kIdle);
  from_ = from;
  to_ = to;
  state_ = State::kCopy;
  Receive();
}

void Pipe::CountMoved(uint64_t bytes) {
  bytes_ += bytes;
  plumbing_.CountMoved(direction_, bytes);
}

void Pipe::OnInput(Op& op, const Completion& completion) {
  if (state_ == State::kStopped) {
    if (completion.buffer >= 0) plumbing_.loop.kernel().ReturnBuffer(completion.buffer);
    return OnStopped();
  }
  if (watching_) return OnWatched(completion);
  if (state_ == State::kSpliceSource) return OnSource(op, completion);
  OnReceived(op, completion);
}

void Pipe::OnOutput(Op& op, const Completion& completion) {
  if (state_ == State::kStopped) {
    if (completion.result > 0 && sending_ > 0) CountMoved(static_cast<uint64_t>(completion.result));
    return OnStopped();
  }
  if (state_ == State::kSpliceRoom) return OnRoom(op, completion);
  OnSent(op, completion);
}

// --- Copying

void Pipe::Receive() {
  const bool busy = input_.in_flight() || waiter_.linked();
  if (state_ != State::kCopy || from_ended_ || busy || queued_ == limits::kPipeBuffersMax) return;
  Kernel& kernel = plumbing_.loop.kernel();
  // Messages come one by one, and asking anew for each costs; a stream is looked at each time.
  if (from_nonempty_)
    return kernel.Receive(input_, from_, kernel.buffer_size(), /*wait_first=*/false);
  kernel.ReceiveMany(input_, from_);
}

void Pipe::OnReceived(Op&, const Completion& completion) {
  Kernel& kernel = plumbing_.loop.kernel();
  from_nonempty_ = completion.socket_nonempty;
  if (completion.result <= 0 && completion.buffer >= 0) kernel.ReturnBuffer(completion.buffer);
  if (completion.result == -ENOBUFS) {
    plumbing_.counters.receives_starved.Add(1);
    from_nonempty_ = true;  // only a socket with bytes looks for a buffer
    plumbing_.loop.buffer_waiters().Wait(waiter_);
    return;
  }
  waiter_.Served();
  if (completion.result < 0) return Break(End::kFrom, -completion.result);
  if (completion.result == 0) {
    from_ended_ = true;
    if (queued_ == 0) Finish();
    return;
  }
  const auto bytes = static_cast<uint32_t>(completion.result);
  if (bytes == kernel.buffer_size()) {
    full_receives_ = static_cast<uint8_t>(std::min(full_receives_ + 1, 255));
  } else {
    full_receives_ = 0;
  }
  Enqueue(Chunk{completion.buffer, bytes});
  if (sending_ == 0) Send();
  // A fast stream lets its queue run empty first, so that splicing starts with no operation in
  // flight.
  if (!IsFastStream()) Receive();
  if (!input_.in_flight()) AwaitRoomOrReset();
}

// Of two, the first is being sent, and the other is what has come in one ReceiveMany: it has room
// for the rest of that.
void Pipe::Enqueue(const Chunk& chunk) {
  static_assert(limits::kPipeBuffersMax == 2);
  if (queued_ < limits::kPipeBuffersMax) {
    queue_[queued_++] = chunk;
    return;
  }
  Kernel& kernel = plumbing_.loop.kernel();
  Chunk& last = queue_[queued_ - 1];
  CHECK(sending_ < queued_ && last.bytes + chunk.bytes <= kernel.buffer_size())
      << "more was received than was asked for";
  std::memcpy(kernel.BufferBytes(last.buffer) + last.bytes, kernel.BufferBytes(chunk.buffer),
              chunk.bytes);
  last.bytes += chunk.bytes;
  kernel.ReturnBuffer(chunk.buffer);
}

void Pipe::Send() {
  Kernel& kernel = plumbing_.loop.kernel();
  iovec parts[limits::kPipeBuffersMax];
  for (int i = 0; i < queued_; ++i) {
    parts[i] = iovec{kernel.BufferBytes(queue_[i].buffer), queue_[i].bytes};
  }
  sending_ = queued_;
  kernel.Send(output_, to_, absl::MakeConstSpan(parts, queued_));
}

void Pipe::OnSent(Op&, const Completion& completion) {
  if (completion.result < 0) return Break(End::kTo, -completion.result);
  StopWatching();
  uint64_t expected = 0;
  for (int i = 0; i < sending_; ++i) expected += queue_[i].bytes;
  const auto sent = static_cast<uint64_t>(completion.result);
  CountMoved(sent);
  moved_at_ = plumbing_.loop.now();
  // The kernel sends everything unless the connection fails in the middle, and the failure was the
  // send's to report.
  if (sent < expected) return Break(End::kTo, ECONNRESET);
  ReturnChunks(sending_);
  sending_ = 0;
  if (queued_ > 0) {
    Send();
  } else if (from_ended_) {
    return Finish();
  } else if (IsFastStream() && !input_.in_flight()) {
    return StartSplicing();
  }
  Receive();
}

// --- Splicing

void Pipe::StartSplicing() {
  full_receives_ = 0;
  small_turns_ = 0;
  // A receive may be starved. Splicing needs no buffer.
  waiter_.Unlink();
  waiter_.Served();
  state_ = State::kSpliceSource;
  // The stream has bytes ready as a rule; the poll costs less than finding out that it has not.
  AwaitSource();
}

void Pipe::AwaitSource() {
  state_ = State::kSpliceSource;
  plumbing_.loop.kernel().Poll(input_, from_, kPollIn);
}

void Pipe::OnSource(Op&, const Completion& completion) {
  if (completion.result < 0) return Break(End::kFrom, -completion.result);
  if (splice_pipe_.read_fd < 0 && !plumbing_.splice_pipes.Take(&splice_pipe_))
    return StopSplicing();
  if (!promoted_) {
    promoted_ = true;
    plumbing_.loop.kernel().SetUnsentMax(to_, limits::kUnsentBytesOfStreamMax);
    plumbing_.counters.splice_promotions.Add(1);
  }
  Splice();
}

void Pipe::AwaitRoom() {
  state_ = State::kSpliceRoom;
  plumbing_.loop.kernel().Poll(output_, to_, kPollOut);
  if (!from_ended_) AwaitRoomOrReset();
}

void Pipe::OnRoom(Op&, const Completion& completion) {
  if (completion.result < 0) return Break(End::kTo, -completion.result);
  StopWatching();
  if (!watching_) Splice();  // else as soon as input_ is free
}

// Moves what is there, up to the budget. Ends in one of: the next wait armed, finished, or broken.
void Pipe::Splice() {
  const uint64_t began_at = bytes_;
  bool source_empty = false;
  while (true) {
    if (!from_ended_ && !source_empty &&
        in_splice_pipe_ < static_cast<uint32_t>(splice_pipe_.capacity)) {
      int64_t got = 0;
      if (!SpliceIn(&got)) return;
      // Much less than the pipe holds: the socket is (nearly) empty, and asking again would only
      // cost a call.
      source_empty = got < splice_pipe_.capacity / 4;
    } else {
      source_empty = true;
    }
    const uint32_t before = in_splice_pipe_;
    if (in_splice_pipe_ > 0 && !SpliceOut()) return;
    // The source is left alone until there is room: that is the back-pressure.
    if (in_splice_pipe_ > 0 && in_splice_pipe_ == before) break;
    if (in_splice_pipe_ == 0 && (source_empty || from_ended_)) break;
    if (bytes_ - began_at >= limits::kSpliceBudgetBytes) break;
  }
  if (from_ended_ && in_splice_pipe_ == 0) return Finish();
  const uint64_t moved = bytes_ - began_at;
  plumbing_.loop.kernel().GatherStream(moved);
  if (in_splice_pipe_ > 0) return AwaitRoom();
  GiveSplicePipe();
  small_turns_ =
      moved < limits::kSpliceSmallBytes ? static_cast<uint8_t>(small_turns_ + 1) : uint8_t{0};
  const bool stalled = bytes_ - stalled_at_ < limits::kSplicePromotionBytes;
  if (stalled || small_turns_ >= limits::kSpliceDemotionTurns) return StopSplicing();
  AwaitSource();
}

// False where the pipe broke.
bool Pipe::SpliceIn(int64_t* moved) {
  const int64_t got = plumbing_.loop.kernel().SpliceIn(
      from_, splice_pipe_, static_cast<size_t>(splice_pipe_.capacity) - in_splice_pipe_);
  if (got > 0) {
    in_splice_pipe_ += static_cast<uint32_t>(got);
    *moved = got;
  } else if (got == 0) {
    from_ended_ = true;
  } else if (got != -EAGAIN) {
    Break(End::kFrom, static_cast<int>(-got));
    return false;
  }
  return true;
}

// False where the pipe broke.
bool Pipe::SpliceOut() {
  const int64_t put = plumbing_.loop.kernel().SpliceOut(splice_pipe_, to_, in_splice_pipe_);
  if (put > 0) {
    in_splice_pipe_ -= static_cast<uint32_t>(put);
    CountMoved(static_cast<uint64_t>(put));
    moved_at_ = plumbing_.loop.now();
  } else if (put < 0 && put != -EAGAIN) {
    Break(End::kTo, static_cast<int>(-put));
    return false;
  }
  return true;
}

void Pipe::StopSplicing() {
  if (promoted_) {
    plumbing_.loop.kernel().SetUnsentMax(to_, limits::kUnsentBytesMax);
    plumbing_.counters.splice_demotions.Add(1);
  }
  promoted_ = false;
  state_ = State::kCopy;
  full_receives_ = 0;
  Receive();
}

void Pipe::GiveSplicePipe() {
  if (splice_pipe_.read_fd < 0) return;
  plumbing_.splice_pipes.Give(splice_pipe_, /*empty=*/in_splice_pipe_ == 0);
  splice_pipe_ = SplicePipe{};
  in_splice_pipe_ = 0;
}

// --- Waiting for room

// Nothing is received before there is room.
void Pipe::AwaitRoomOrReset() {
  stalled_ = true;
  plumbing_.stalls.Add(waiter_);
}

void Pipe::StopWatching() {
  if (stalled_) waiter_.Unlink();
  stalled_ = false;
  if (watching_) plumbing_.loop.kernel().Cancel(input_);
}

// In line for a buffer, or for long without room.
void Pipe::OnWaited() {
  if (!stalled_) return Receive();
  stalled_ = false;
  stalled_at_ = bytes_;
  watching_ = true;
  plumbing_.loop.kernel().Poll(input_, from_, 0);
}

void Pipe::OnWatched(const Completion& completion) {
  watching_ = false;
  if (completion.result < 0 && completion.result != -ECANCELED)
    return Break(End::kFrom, -completion.result);
  if (completion.result > 0 && (static_cast<uint32_t>(completion.result) & kPollError) != 0) {
    // 0: the other pipe was told first.
    const int error = plumbing_.loop.kernel().TakeError(from_);
    return Break(End::kFrom, error != 0 ? error : ECONNRESET);
  }
  // Cancelled because there is room; or it hung up without an error: both FINs were said, and its
  // last bytes wait for room.
  if (state_ == State::kSpliceRoom) {
    if (!output_.in_flight()) Splice();
    return;
  }
  if (IsFastStream() && queued_ == 0) return StartSplicing();
  Receive();
}

// --- Ending

void Pipe::Finish() {
  GiveSplicePipe();
  state_ = State::kFinished;
  // fails only where the connection is gone, which the other pipe sees
  plumbing_.loop.kernel().ShutdownWrite(to_);
  owner_.OnPipeFinished(*this);
}

void Pipe::Break(End end, int error) {
  // Not stopped yet: the other operation may be in flight. The owner stops both pipes.
  owner_.OnPipeBroken(*this, end, error);
}

void Pipe::Stop() {
  if (state_ == State::kStopped) return;
  state_ = State::kStopped;
  waiter_.Unlink();
  Kernel& kernel = plumbing_.loop.kernel();
  if (input_.in_flight()) kernel.Cancel(input_);
  if (output_.in_flight()) kernel.Cancel(output_);
  if (!output_.in_flight()) ReturnChunks(queued_);
  GiveSplicePipe();
}

void Pipe::OnStopped() {
  if (!quiet()) return;
  ReturnChunks(queued_);
  owner_.OnPipeQuiet(*this);
}

void Pipe::ReturnChunks(int count) {
  Kernel& kernel = plumbing_.loop.kernel();
  for (int i = 0; i < count; ++i) kernel.ReturnBuffer(queue_[i].buffer);
  for (int i = count; i < queued_; ++i) queue_[i - count] = queue_[i];
  queued_ = static_cast<uint8_t>(queued_ - count);
}

}  // namespace sluice

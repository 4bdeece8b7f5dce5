// A GSS pipe, in the order in which bytes flow:
//   1. Receive / OnReceived: one shared buffer at a time.
//   2. Pump: while nothing is being sent, what was received becomes parts to be sent (Gather:
//      messages of the client; Transform: a frame for the client, or more bytes for the layer), and
//      the next receive is armed.
//   3. Send / OnSent: the bytes stay where they are until they are out.

#include "relay/gss/gss_pipe.h"

#include <cerrno>

#include "glog/logging.h"

namespace sluice {

GssPipe::GssPipe(Plumbing& plumbing, Owner& owner, GssLayer& layer, Direction direction)
    : plumbing_(plumbing), owner_(owner), layer_(layer), direction_(direction) {
  input_.Bind<&GssPipe::OnReceived>(this);
  output_.Bind<&GssPipe::OnSent>(this);
  waiter_.Bind<&GssPipe::OnWaited>(this);
}

GssPipe::~GssPipe() { CHECK(quiet()) << "a pipe was destroyed with an operation in flight"; }

void GssPipe::Start(int from, int to) {
  DCHECK(state_ == State::kIdle);
  from_ = from;
  to_ = to;
  state_ = State::kRunning;
  if (direction_ == Direction::kDown || layer_.held() == 0) return Receive();
  // What the layer holds may end the session, which whoever starts a pipe does not expect: it waits
  // for a turn of its own, with no parts.
  plumbing_.loop.kernel().Poll(output_, to_, kPollOut);
}

// --- 1. Receiving

void GssPipe::Receive() {
  const bool busy = input_.in_flight() || waiter_.linked();
  if (state_ != State::kRunning || from_ended_ || busy || chunk_ >= 0) return;
  Kernel& kernel = plumbing_.loop.kernel();
  kernel.Receive(input_, from_, kernel.buffer_size(), /*wait_first=*/!from_nonempty_);
}

void GssPipe::OnReceived(Op&, const Completion& completion) {
  Kernel& kernel = plumbing_.loop.kernel();
  if (completion.buffer >= 0 && (completion.result <= 0 || state_ != State::kRunning))
    kernel.ReturnBuffer(completion.buffer);
  if (state_ != State::kRunning) {
    if (quiet()) owner_.OnPipeQuiet(*this);
    return;
  }
  if (watching_) return OnWatched(completion);
  from_nonempty_ = completion.socket_nonempty;
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
  } else {
    chunk_ = completion.buffer;
    chunk_bytes_ = static_cast<uint32_t>(completion.result);
  }
  if (!output_.in_flight()) return Pump();
  if (chunk_ < 0) return;
  // Nothing is received before there is room. If that takes long, input_ looks whether the source
  // was reset.
  stalled_ = true;
  plumbing_.stalls.Add(waiter_);
}

// --- 2. Transforming

void GssPipe::Pump() {
  if (!Gather()) return;
  if (parts_size_ == 0 && chunk_ >= 0 && !Transform()) return;
  if (parts_size_ > 0) {
    Send();
  } else if (from_ended_) {
    return Finish();
  }
  Receive();
}

// Up: the messages that are whole. False where the pipe broke.
bool GssPipe::Gather() {
  if (direction_ == Direction::kDown) return true;
  while (parts_size_ < Kernel::kSendPartsMax) {
    const GssLayer::Step step = layer_.Next();
    if (step == GssLayer::Step::kMore) return true;
    if (step != GssLayer::Step::kMessage) {
      Break(End::kFrom, EBADMSG);
      return false;
    }
    const absl::Span<const uint8_t> message = layer_.message();
    // The kernel only reads what it sends.
    parts_[parts_size_++] = iovec{const_cast<uint8_t*>(message.data()), message.size()};
    carried_ += static_cast<uint32_t>(message.size());
    layer_.ConsumeMessage(message.size());
  }
  return true;
}

// The chunk becomes a frame, or more bytes for the layer. False where the pipe broke.
bool GssPipe::Transform() {
  const absl::Span<const uint8_t> bytes(plumbing_.loop.kernel().BufferBytes(chunk_), chunk_bytes_);
  if (direction_ == Direction::kUp) {
    layer_.Append(bytes);
    ReturnChunk();
    return Gather();
  }
  frame_.clear();
  const bool wrapped = layer_.Wrap(bytes, &frame_);
  carried_ = chunk_bytes_;
  ReturnChunk();
  parts_[parts_size_++] = iovec{frame_.data(), frame_.size()};
  if (!wrapped) Break(End::kTo, EBADMSG);
  return wrapped;
}

void GssPipe::ReturnChunk() {
  if (chunk_ >= 0) plumbing_.loop.kernel().ReturnBuffer(chunk_);
  chunk_ = -1;
}

// --- 3. Sending

void GssPipe::Send() {
  sending_ = 0;
  for (int i = 0; i < parts_size_; ++i) sending_ += static_cast<uint32_t>(parts_[i].iov_len);
  plumbing_.loop.kernel().Send(output_, to_, absl::MakeConstSpan(parts_, parts_size_));
}

void GssPipe::OnSent(Op&, const Completion& completion) {
  const bool started = parts_size_ == 0;  // the poll of Start, and its result is no number of bytes
  if (!started && completion.result == static_cast<int32_t>(sending_)) {
    bytes_ += carried_;
    plumbing_.CountMoved(direction_, carried_);
    moved_at_ = plumbing_.loop.now();
  }
  if (state_ != State::kRunning) {
    if (quiet()) owner_.OnPipeQuiet(*this);
    return;
  }
  if (completion.result < 0) return Break(End::kTo, -completion.result);
  if (!started && completion.result < static_cast<int32_t>(sending_))
    return Break(End::kTo, ECONNRESET);
  parts_size_ = 0;
  carried_ = 0;
  StopWatching();
  Pump();
}

// --- Waiting for room

// In line for a buffer, or for long without room.
void GssPipe::OnWaited() {
  if (!stalled_) return Receive();
  stalled_ = false;
  watching_ = true;
  plumbing_.loop.kernel().Poll(input_, from_, 0);
}

void GssPipe::StopWatching() {
  if (stalled_) waiter_.Unlink();
  stalled_ = false;
  if (watching_) plumbing_.loop.kernel().Cancel(input_);
}

void GssPipe::OnWatched(const Completion& completion) {
  watching_ = false;
  if (completion.result < 0 && completion.result != -ECANCELED)
    return Break(End::kFrom, -completion.result);
  if (completion.result > 0 && (static_cast<uint32_t>(completion.result) & kPollError) != 0) {
    // 0: the other pipe was told first.
    const int error = plumbing_.loop.kernel().TakeError(from_);
    return Break(End::kFrom, error != 0 ? error : ECONNRESET);
  }
  Receive();
}

// --- Ending

void GssPipe::Finish() {
  // The end of the stream within a frame: somebody cut it off.
  if (direction_ == Direction::kUp && layer_.held() > 0) return Break(End::kFrom, EBADMSG);
  state_ = State::kFinished;
  // fails only where the connection is gone, which the other pipe sees
  plumbing_.loop.kernel().ShutdownWrite(to_);
  owner_.OnPipeFinished(*this);
}

void GssPipe::Stop() {
  if (state_ == State::kStopped) return;
  state_ = State::kStopped;
  waiter_.Unlink();
  Kernel& kernel = plumbing_.loop.kernel();
  if (input_.in_flight()) kernel.Cancel(input_);
  if (output_.in_flight()) kernel.Cancel(output_);
  ReturnChunk();
}

}  // namespace sluice

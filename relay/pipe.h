#ifndef SLUICE_RELAY_PIPE_H_
#define SLUICE_RELAY_PIPE_H_

// Pipe: bytes in one direction, with back-pressure; a tunnel is two of them.
//
// It copies through the shard's shared buffers: received only when bytes are there, so an idle pipe
// holds none, and not received while two buffers wait for a slow reader. A direction that proves to
// be a fast stream goes through splice(2) instead, and back when it calms down or its sink stalls.
// A FIN is passed on after the last byte. A source that is reset while the sink takes nothing is
// noticed within seconds. It opens and closes no socket. One thread; a Session owns it.

#include <cstdint>

#include "absl/time/time.h"
#include "core/buffer_waiters.h"
#include "core/kernel.h"
#include "core/limits.h"
#include "core/op.h"
#include "relay/plumbing.h"

namespace sluice {

class Pipe {
 public:
  // The end of the pipe at which something went wrong.
  enum class End : uint8_t { kFrom, kTo };

  // Told what becomes of the pipe. Each call may destroy the pipe: it does nothing after.
  class Owner {
   public:
    // The FIN was passed on, everything before it was sent.
    virtual void OnPipeFinished(Pipe& pipe) = 0;
    // `error`: errno of the failed operation.
    virtual void OnPipeBroken(Pipe& pipe, End end, int error) = 0;
    // After Stop: nothing is in flight any more.
    virtual void OnPipeQuiet(Pipe& pipe) = 0;

   protected:
    ~Owner() = default;
  };

  Pipe(Plumbing& plumbing, Owner& owner, Direction direction);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void Start(int from, int to);
  // Ends it where it is; buffers go back as the last operations complete. Where nothing is in
  // flight it is quiet at once, without a call.
  void Stop();

  bool quiet() const { return !input_.in_flight() && !output_.in_flight(); }
  bool finished() const { return state_ == State::kFinished; }
  // Handed to the receiving side's socket.
  uint64_t bytes() const { return bytes_; }
  // When bytes last moved; InfinitePast before.
  absl::Time moved_at() const { return moved_at_; }

 private:
  enum class State : uint8_t {
    kIdle,
    kCopy,          // bytes to receive, buffers to be sent, or both
    kSpliceSource,  // the source to have bytes
    kSpliceRoom,    // the sink to have room
    kFinished,
    kStopped,
  };
  struct Chunk {
    int32_t buffer;
    uint32_t bytes;
  };

  void Receive();
  void OnReceived(Op&, const Completion& completion);
  void Enqueue(const Chunk& chunk);
  void CountMoved(uint64_t bytes);
  void Send();
  void OnSent(Op&, const Completion& completion);
  void AwaitRoomOrReset();
  void StopWatching();
  void OnWatched(const Completion& completion);
  void OnWaited();
  bool IsFastStream() const {
    return full_receives_ >= limits::kSplicePromotionReceives &&
           bytes_ - stalled_at_ >= limits::kSplicePromotionBytes;
  }

  void StartSplicing();
  void AwaitSource();
  void OnSource(Op&, const Completion& completion);
  void AwaitRoom();
  void OnRoom(Op&, const Completion& completion);
  void Splice();
  bool SpliceIn(int64_t* moved);
  bool SpliceOut();
  void StopSplicing();
  void GiveSplicePipe();

  void OnInput(Op& op, const Completion& completion);
  void OnOutput(Op& op, const Completion& completion);
  void Finish();
  void Break(End end, int error);
  void ReturnChunks(int count);
  void OnStopped();

  Plumbing& plumbing_;
  Owner& owner_;
  Op input_;             // on from_: receive, or poll while splicing or for a reset
  Op output_;            // on to_: send, or poll while splicing
  BufferWaiter waiter_;  // in the line for a buffer or, stalled_, among those that wait for room
  absl::Time moved_at_ = absl::InfinitePast();
  uint64_t bytes_ = 0;
  uint64_t stalled_at_ = 0;  // bytes_ when it last had no room for long
  int from_ = -1;
  int to_ = -1;
  // received, not sent; the first `sending_` are in the kernel's hands
  Chunk queue_[limits::kPipeBuffersMax];
  uint8_t queued_ = 0;
  uint8_t sending_ = 0;
  const Direction direction_;
  State state_ = State::kIdle;
  bool from_ended_ = false;     // its FIN was read
  bool from_nonempty_ = false;  // the last receive left bytes behind
  bool stalled_ = false;        // waits for room, and may be told to look for a reset
  bool watching_ = false;       // input_ looks for one
  bool promoted_ = false;       // splices, with a pipe, and more may wait in the sink's socket
  uint8_t full_receives_ = 0;   // in a row
  uint8_t small_turns_ = 0;     // in a row, while splicing
  uint32_t in_splice_pipe_ = 0;
  SplicePipe splice_pipe_;  // lent while it holds bytes; read_fd -1: none
};

}  // namespace sluice

#endif  // SLUICE_RELAY_PIPE_H_

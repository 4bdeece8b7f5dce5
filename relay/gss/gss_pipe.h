#ifndef SLUICE_RELAY_GSS_GSS_PIPE_H_
#define SLUICE_RELAY_GSS_GSS_PIPE_H_

// GssPipe: bytes in one direction of a session that GSSAPI protects: up, the client's frames become
// bytes for the target; down, the target's bytes become frames for the client. Otherwise what Pipe
// is: back-pressure, FIN after the last byte, an owner who is told.
//
// It always copies. It receives into the shard's shared buffers, holds at most one of them while it
// sends, and transforms into memory of the session's own: up, one frame and one buffer; down, the
// frame of one buffer. One thread; a Session owns it.

#include <sys/uio.h>

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "core/buffer_waiters.h"
#include "core/kernel.h"
#include "core/op.h"
#include "relay/gss/gss_layer.h"
#include "relay/pipe.h"
#include "relay/plumbing.h"
#include "relay/tunnel.h"

namespace sluice {

class GssPipe {
 public:
  using End = Pipe::End;

  // As Pipe::Owner. A client that breaks RFC 1961 or whose message was changed on the way is kFrom
  // with EBADMSG; GssLayer::why() says more.
  class Owner {
   public:
    virtual void OnPipeFinished(GssPipe& pipe) = 0;
    virtual void OnPipeBroken(GssPipe& pipe, End end, int error) = 0;
    virtual void OnPipeQuiet(GssPipe& pipe) = 0;

   protected:
    ~Owner() = default;
  };

  GssPipe(Plumbing& plumbing, Owner& owner, GssLayer& layer, Direction direction);
  ~GssPipe();
  GssPipe(const GssPipe&) = delete;
  GssPipe& operator=(const GssPipe&) = delete;

  // Up, it begins with what the layer holds.
  void Start(int from, int to);
  // Ends it where it is. Where nothing is in flight it is quiet at once, without a call.
  void Stop();

  bool quiet() const { return !input_.in_flight() && !output_.in_flight(); }
  bool finished() const { return state_ == State::kFinished; }
  // Of the user's, without frames: handed to the receiving side's socket.
  uint64_t bytes() const { return bytes_; }
  absl::Time moved_at() const { return moved_at_; }

 private:
  enum class State : uint8_t { kIdle, kRunning, kFinished, kStopped };

  void Receive();
  void OnReceived(Op&, const Completion& completion);
  void Pump();
  bool Gather();
  bool Transform();
  void ReturnChunk();
  void Send();
  void OnSent(Op&, const Completion& completion);
  void OnWaited();
  void StopWatching();
  void OnWatched(const Completion& completion);
  void Finish();
  void Break(End end, int error) { owner_.OnPipeBroken(*this, end, error); }

  Plumbing& plumbing_;
  Owner& owner_;
  GssLayer& layer_;
  Op input_;   // on from_
  Op output_;  // on to_
  BufferWaiter waiter_;
  absl::Time moved_at_ = absl::InfinitePast();
  uint64_t bytes_ = 0;
  std::vector<uint8_t> frame_;  // down: what is being sent
  iovec parts_[Kernel::kSendPartsMax];
  int parts_size_ = 0;
  uint32_t carried_ = 0;  // the user's bytes in what is being sent
  uint32_t sending_ = 0;  // its bytes
  int from_ = -1;
  int to_ = -1;
  int32_t chunk_ = -1;  // received, not transformed
  uint32_t chunk_bytes_ = 0;
  const Direction direction_;
  State state_ = State::kIdle;
  bool from_ended_ = false;
  bool stalled_ = false;   // in line with those that wait for room
  bool watching_ = false;  // input_ only looks whether the source was reset
  bool from_nonempty_ = false;
};

using GssTunnel = TunnelOf<GssPipe>;

}  // namespace sluice

#endif  // SLUICE_RELAY_GSS_GSS_PIPE_H_

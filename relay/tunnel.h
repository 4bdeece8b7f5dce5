#ifndef SLUICE_RELAY_TUNNEL_H_
#define SLUICE_RELAY_TUNNEL_H_

// Tunnel: the two Pipes between client and target, and what their ends mean together: a FIN in one
// direction leaves the other open, the second ends it, an error ends both. It opens and closes no
// socket and knows no time-out: the Session does. One thread; part of a Session, from the
// connection to the target on. Of two kinds: Tunnel, of plain pipes, and GssTunnel, of those under
// GSSAPI.

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "relay/close_reason.h"
#include "relay/pipe.h"
#include "relay/plumbing.h"

namespace sluice {

class GssLayer;

// Told what becomes of a tunnel. Each call may destroy the tunnel: it does nothing after.
class TunnelOwner {
 public:
  // The first FIN was passed on; `by` said it.
  virtual void OnTunnelHalfClosed(EndedBy by) = 0;
  // So was the other one, after every byte; `by` said the first.
  virtual void OnTunnelClosed(EndedBy by) = 0;
  // A side's connection failed. Nothing is stopped yet.
  virtual void OnTunnelBroken(EndedBy by, int error) = 0;
  // After Stop: nothing is in flight any more.
  virtual void OnTunnelQuiet() = 0;

 protected:
  ~TunnelOwner() = default;
};

// A tunnel of either kind.
class AnyTunnel {
 public:
  // What the client says may follow; what the target says may follow.
  virtual void OpenUp(int client_fd, int target_fd) = 0;
  virtual void OpenDown(int client_fd, int target_fd) = 0;
  // Ends it where it is. Where nothing is in flight it is quiet at once, without a call.
  virtual void Stop() = 0;
  virtual bool quiet() const = 0;
  virtual bool half_closed() const = 0;
  virtual uint64_t bytes_up() const = 0;
  virtual uint64_t bytes_down() const = 0;
  // When bytes last moved in either direction; InfinitePast before.
  virtual absl::Time moved_at() const = 0;

 protected:
  ~AnyTunnel() = default;
};

template <typename OnePipe>
class TunnelOf final : public AnyTunnel, private OnePipe::Owner {
 public:
  using Owner = TunnelOwner;

  TunnelOf(Plumbing& plumbing, Owner& owner)
      : up_(plumbing, *this, Direction::kUp),
        down_(plumbing, *this, Direction::kDown),
        owner_(owner) {}
  // Of GssPipes: `layer` outlives it.
  TunnelOf(Plumbing& plumbing, Owner& owner, GssLayer& layer)
      : up_(plumbing, *this, layer, Direction::kUp),
        down_(plumbing, *this, layer, Direction::kDown),
        owner_(owner) {}

  void OpenUp(int client_fd, int target_fd) override { up_.Start(client_fd, target_fd); }
  void OpenDown(int client_fd, int target_fd) override { down_.Start(target_fd, client_fd); }
  void Stop() override {
    up_.Stop();
    down_.Stop();
  }

  bool quiet() const override { return up_.quiet() && down_.quiet(); }
  bool half_closed() const override { return first_fin_by_ != EndedBy::kNobody; }
  uint64_t bytes_up() const override { return up_.bytes(); }
  uint64_t bytes_down() const override { return down_.bytes(); }
  absl::Time moved_at() const override { return std::max(up_.moved_at(), down_.moved_at()); }

 private:
  void OnPipeFinished(OnePipe& pipe) override {
    if (up_.finished() && down_.finished()) return owner_.OnTunnelClosed(first_fin_by_);
    first_fin_by_ = &pipe == &up_ ? EndedBy::kClient : EndedBy::kTarget;
    owner_.OnTunnelHalfClosed(first_fin_by_);
  }
  void OnPipeBroken(OnePipe& pipe, Pipe::End end, int error) override {
    const bool client = (&pipe == &up_) == (end == Pipe::End::kFrom);
    owner_.OnTunnelBroken(client ? EndedBy::kClient : EndedBy::kTarget, error);
  }
  void OnPipeQuiet(OnePipe&) override {
    if (quiet()) owner_.OnTunnelQuiet();
  }

  OnePipe up_;    // client to target
  OnePipe down_;  // target to client
  Owner& owner_;
  EndedBy first_fin_by_ = EndedBy::kNobody;
};

using Tunnel = TunnelOf<Pipe>;

}  // namespace sluice

#endif  // SLUICE_RELAY_TUNNEL_H_

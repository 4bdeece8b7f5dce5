#include "relay/tunnel.h"

namespace sluice {

void Tunnel::OnPipeFinished(Pipe& pipe) {
  if (up_.finished() && down_.finished()) return owner_.OnTunnelClosed(first_fin_by_);
  first_fin_by_ = &pipe == &up_ ? EndedBy::kClient : EndedBy::kTarget;
  owner_.OnTunnelHalfClosed(first_fin_by_);
}

void Tunnel::OnPipeBroken(Pipe& pipe, Pipe::End end, int error) {
  const bool client = (&pipe == &up_) == (end == Pipe::End::kFrom);
  owner_.OnTunnelBroken(client ? EndedBy::kClient : EndedBy::kTarget, error);
}

void Tunnel::OnPipeQuiet(Pipe&) {
  if (quiet()) owner_.OnTunnelQuiet();
}

}  // namespace sluice

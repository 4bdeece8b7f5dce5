#include "tests/sim/transcript_peer.h"

#include <algorithm>
#include <cerrno>

namespace sluice {

TranscriptPeer::TranscriptPeer(SimNetwork& network, SimSocket& socket)
    : network_(network), socket_(socket) {
  socket_.set_watcher(this);
}

void TranscriptPeer::WakeAfter(absl::Duration delay) {
  const absl::Time at = network_.now() + delay;
  if (closed_ || at >= step_at_) return;
  step_at_ = at;
  network_.clock().At(at, [this, at] {
    if (step_at_ != at || closed_) return;
    step_at_ = absl::InfiniteFuture();
    Step();
  });
}

void TranscriptPeer::Step() {
  if (socket_.connecting()) return;
  Hear();
  OnStep();
  if (!closed_) Write();
  if (!closed_) OnStep();
}

void TranscriptPeer::Hear() {
  uint8_t bytes[16 * 1024];
  while (end_ == End::kNone) {
    const int64_t got = socket_.Read(bytes, sizeof bytes);
    if (got == -EAGAIN) return;
    if (got > 0) {
      heard_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(got));
    } else {
      end_ = got == 0 && socket_.fin_received() ? End::kFin : End::kReset;
    }
  }
  // A reset may follow a FIN.
  if (!socket_.connected()) end_ = End::kReset;
}

void TranscriptPeer::Write() {
  while (!all_said()) {
    if (pieces_left_ > 0 && network_.now() < next_piece_)
      return WakeAfter(next_piece_ - network_.now());
    const size_t bytes =
        pieces_left_ > 0 ? std::min(piece_bytes_, to_say_.size() - said_) : to_say_.size() - said_;
    const int64_t put =
        socket_.Write(reinterpret_cast<const uint8_t*>(to_say_.data()) + said_, bytes);
    if (put < 0) return;
    said_ += static_cast<size_t>(put);
    if (pieces_left_ > 0) {
      --pieces_left_;
      next_piece_ = network_.now() + piece_pause_;
    }
  }
}

void TranscriptPeer::Say(std::string_view bytes) {
  to_say_ += bytes;
  Wake();
}

void TranscriptPeer::SayInPieces(size_t bytes, absl::Duration pause, int pieces) {
  piece_bytes_ = bytes;
  piece_pause_ = pause;
  pieces_left_ = pieces;
}

void TranscriptPeer::SayFin() { socket_.ShutdownWrite(); }

void TranscriptPeer::Close() {
  if (closed_) return;
  closed_ = true;
  socket_.Close();
}

void TranscriptPeer::Reset() {
  closed_ = true;
  socket_.CloseWithReset();
}

}  // namespace sluice

// A step, as often as the socket changes or the peer's pace allows:
//   1. StepOpening: what a client says before the tunnel.
//   2. Read: the opening's part goes to TakeOpening, the rest is held against the pattern.
//   3. Write: as much of the own pattern as there is room for.
//   4. The FIN when all is sent, the close when both FINs are there, or an early leave.

#include "tests/sim/sim_peer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

SimPeer::SimPeer(SimNetwork& network, SimSocket& socket, std::string name, const SimHabits& habits,
                 uint64_t sends, uint64_t expects)
    : network_(network),
      socket_(socket),
      name_(std::move(name)),
      habits_(habits),
      sends_(sends),
      expects_(expects) {
  socket_.set_watcher(this);
}

void SimPeer::Wake() {
  StepAgainAfter(network_.dice().Between(absl::ZeroDuration(), habits_.pace_max));
}

void SimPeer::StepAgainAfter(absl::Duration delay) {
  const absl::Time at = network_.now() + delay;
  if (done_ || at >= step_at_) return;
  step_at_ = at;
  network_.clock().At(at, [this, at] {
    if (step_at_ != at || done_) return;
    step_at_ = absl::InfiniteFuture();
    Step();
  });
}

void SimPeer::Finish(bool by_reset) {
  if (done_) return;
  done_ = true;
  by_reset ? socket_.CloseWithReset() : socket_.Close();
}

void SimPeer::Reset() {
  left_early_ = true;
  Finish(/*by_reset=*/true);
}

void SimPeer::Vanish() {
  if (done_) return;
  left_early_ = true;
  done_ = true;
  socket_.Vanish();
}

void SimPeer::Leave(int error) {
  saw_reset_ = true;
  network_.Trace("peer sees reset", socket_.id(), error);
  OnEnd();
  Finish(/*by_reset=*/false);
}

void SimPeer::Step() {
  if (socket_.connecting()) return;
  if (!socket_.connected()) {
    // What arrived before the failure can still be read, and a client wants its reply.
    while (!done_ && ReadsNow() && Read()) {
    }
    if (!done_) Leave(socket_.TakeError());
    return;
  }
  if (leaving_) return;
  const bool tunnel_open = StepOpening();
  if (done_) return;
  bool moved = false;
  if (ReadsNow()) moved |= Read();
  if (done_) return;
  if (tunnel_open) moved |= Write();
  if (done_) return;
  if (got_ + sent_ >= habits_.vanish_at) return Vanish();
  if (got_ + sent_ >= std::min(habits_.reset_at, habits_.close_at)) {
    leaving_ = left_early_ = true;
    network_.clock().After(habits_.leave_after,
                           [this] { Finish(/*by_reset=*/habits_.reset_at <= habits_.close_at); });
    return;
  }
  const bool all_sent =
      tunnel_open && (habits_.echoes ? saw_fin_ && sent_ == got_ : sent_ == habits_.send_bytes);
  if (all_sent && !said_fin_ && (saw_fin_ || !habits_.fin_waits_for_fin) &&
      socket_.ShutdownWrite() == 0) {
    said_fin_ = true;
    network_.Trace("peer says fin", socket_.id(), static_cast<int64_t>(sent_));
  }
  if (saw_fin_ && (said_fin_ || !tunnel_open)) return Finish(/*by_reset=*/false);
  if (moved) Wake();
}

bool SimPeer::ReadsNow() {
  if (!paused_ && in_tunnel() && got_ >= habits_.pause_reading_at) {
    paused_ = true;
    reads_from_ = network_.now() + habits_.pause;
  }
  if (network_.now() >= reads_from_) return true;
  if (reads_from_ != absl::InfiniteFuture()) StepAgainAfter(reads_from_ - network_.now());
  return false;
}

// True where something was read.
bool SimPeer::Read() {
  if (saw_fin_) return false;
  uint8_t bytes[16 * 1024];
  size_t bytes_max = std::min(sizeof bytes, habits_.step_bytes_max);
  if (!paused_)
    bytes_max =
        std::min<uint64_t>(bytes_max, std::max<uint64_t>(1, habits_.pause_reading_at - got_));
  const int64_t read = socket_.Read(bytes, bytes_max);
  if (read == -EAGAIN) return false;
  if (read < 0 || (read == 0 && !socket_.fin_received())) {
    Leave(static_cast<int>(-read));
    return false;
  }
  if (read == 0) {
    network_.Trace("peer sees fin", socket_.id(), static_cast<int64_t>(got_));
    saw_fin_ = true;
    OnEnd();
    return true;
  }
  moved_at_ = network_.now();
  const auto size = static_cast<size_t>(read);
  const size_t opening = TakeOpening(bytes, size);
  const size_t matched = expects_.Match(got_, bytes + opening, size - opening);
  got_ += matched;
  if (matched < size - opening) {
    network_.judge().Accuse(absl::StrCat(name_, " got a wrong byte at place ", got_));
    return false;
  }
  return true;
}

// True where something was written.
bool SimPeer::Write() {
  const uint64_t end = habits_.echoes ? got_ : habits_.send_bytes;
  uint8_t bytes[16 * 1024];
  const size_t size = std::min<uint64_t>(
      {sizeof bytes, habits_.step_bytes_max, habits_.write_bytes_max, end - sent_});
  if (size == 0 || said_fin_ || !MayWrite()) return false;
  sends_.Fill(sent_, bytes, size);
  const int64_t wrote = socket_.Write(bytes, size);
  if (wrote == -EAGAIN) return false;
  if (wrote < 0) {
    Wake();  // to find the socket unconnected
    return false;
  }
  moved_at_ = network_.now();
  sent_ += static_cast<uint64_t>(wrote);
  return true;
}

bool SimPeer::MayWrite() {
  if (network_.now() < next_write_) {
    StepAgainAfter(next_write_ - network_.now());
    return false;
  }
  next_write_ = network_.now() + habits_.write_pause;
  return true;
}

bool SimPeer::WriteAll(std::vector<uint8_t>* bytes, size_t bytes_max) {
  const size_t size = std::min({bytes->size(), bytes_max, habits_.write_bytes_max});
  if (size == 0) return true;
  if (!MayWrite()) return false;
  const int64_t wrote = socket_.Write(bytes->data(), size);
  if (wrote < 0) return false;
  bytes->erase(bytes->begin(), bytes->begin() + wrote);
  return bytes->empty();
}

}  // namespace sluice

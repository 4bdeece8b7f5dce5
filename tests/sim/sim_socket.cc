#include "tests/sim/sim_socket.h"

#include <algorithm>
#include <cerrno>

#include "core/kernel.h"
#include "tests/sim/sim_network.h"

namespace sluice {

SimSocket::SimSocket(SimNetwork& network, SimHost& host, int id)
    : network_(network),
      host_(host),
      id_(id),
      send_capacity_(network.SocketBuffer()),
      receive_capacity_(network.SocketBuffer()) {}

void SimSocket::Changed() {
  if (watcher_ != nullptr) watcher_->OnSocketChange(*this);
}

int SimSocket::Connect(const Endpoint& to) {
  if (state_ != State::kFresh) return state_ == State::kConnecting ? -EALREADY : -EISCONN;
  state_ = State::kConnecting;
  network_.Dial(*this, to);
  return 0;
}

void SimSocket::Fail(int error) {
  network_.Trace("connect failed", id_, error);
  Die(error);
}

int SimSocket::TakeError() {
  const int error = error_;
  error_ = 0;
  return error;
}

int64_t SimSocket::Read(uint8_t* to, size_t bytes_max) {
  if (!in_.empty()) {
    const size_t bytes = std::min(bytes_max, in_.size());
    std::copy_n(in_.data(), bytes, to);
    in_.Consume(bytes);
    bytes_read_ += bytes;
    if (peer_ != nullptr) peer_->Pump();
    return static_cast<int64_t>(bytes);
  }
  if (fin_received_) return 0;
  if (error_ != 0) return -TakeError();
  if (dead()) return 0;
  if (state_ != State::kConnected) return -ENOTCONN;
  return -EAGAIN;
}

size_t SimSocket::room() const { return capacity() > out_.size() ? capacity() - out_.size() : 0; }

int64_t SimSocket::Write(const uint8_t* from, size_t bytes) {
  if (error_ != 0) return -TakeError();
  if (dead() || fin_asked_ || state_ == State::kFresh) return -EPIPE;
  if (state_ == State::kConnecting) return -EAGAIN;
  const size_t taken = std::min(bytes, room());
  if (taken == 0 && bytes > 0) return -EAGAIN;
  out_.Append(from, taken);
  bytes_written_ += taken;
  Pump();
  return static_cast<int64_t>(taken);
}

int SimSocket::ShutdownWrite() {
  if (state_ != State::kConnected) return -ENOTCONN;
  if (fin_asked_) return 0;
  fin_asked_ = true;
  Pump();
  Changed();
  return 0;
}

void SimSocket::Close() {
  if (!in_.empty() && !dead()) return CloseWithReset();
  closed_ = true;
  watcher_ = nullptr;
  network_.Trace("closed", id_);
  if (state_ == State::kConnected) {
    fin_asked_ = true;
    Pump();
  } else {
    state_ = State::kDead;
  }
}

void SimSocket::CloseWithReset() {
  closed_ = true;
  watcher_ = nullptr;
  network_.Trace("closed with reset", id_);
  if (state_ == State::kConnected) SendReset();
  Die(0);
}

// --- The wire

void SimSocket::Pump() {
  if (state_ != State::kConnected || moving_ > 0 || fin_moving_) return;
  // What is sent to it is sent again and again; what it sends is not sent.
  if (vanished_ || PeerVanished()) return;
  if (!out_.empty()) {
    const size_t held = peer_->in_.size();
    size_t window = peer_->receive_capacity_ > held ? peer_->receive_capacity_ - held : 0;
    if (peer_->closed_ || peer_->dead()) window = out_.size();
    // As Linux does: a window that has just opened a little is not worth a segment.
    if (window == 0 || window < std::min(out_.size(), peer_->receive_capacity_ / 4)) return;
    moving_ = network_.SegmentBytes(std::min(window, out_.size()));
    network_.AfterLatency([this, epoch = epoch_] { OnSegment(epoch); });
  } else if (fin_asked_) {
    fin_moving_ = true;
    network_.AfterLatency([this, epoch = epoch_] { OnFin(epoch); });
  }
}

void SimSocket::OnSegment(uint32_t epoch) {
  if (epoch != epoch_) return;
  const size_t bytes = moving_;
  moving_ = 0;
  if (vanished_ || PeerVanished()) return;
  Heard();
  if (peer_->closed_ || peer_->dead()) {
    network_.Trace("segment refused", id_, static_cast<int64_t>(bytes));
    out_.Clear();
    if (state_ == State::kConnected) network_.AfterLatency([this] { OnReset(); });
    return;
  }
  network_.Trace("segment", id_, static_cast<int64_t>(bytes));
  peer_->in_.Append(out_.data(), bytes);
  peer_->Heard();
  out_.Consume(bytes);
  delivered_ += bytes;
  peer_->Changed();
  Changed();
  Pump();
}

void SimSocket::OnFin(uint32_t epoch) {
  if (epoch != epoch_) return;
  if (vanished_ || PeerVanished()) {
    fin_moving_ = false;
    return;
  }
  Heard();
  peer_->Heard();
  fin_delivered_ = true;
  if (peer_->dead()) return;
  network_.Trace("fin", id_);
  peer_->fin_received_ = true;
  peer_->Changed();
  Changed();
}

void SimSocket::SendReset() {
  if (vanished_ || PeerVanished()) return;
  network_.AfterLatency([peer = peer_] { peer->OnReset(); });
}

// --- Silence

void SimSocket::Vanish() {
  network_.Trace("vanishes", id_);
  vanished_ = true;
  watcher_ = nullptr;
}

void SimSocket::Heard() { heard_at_ = network_.now(); }

// For an acknowledgement.
bool SimSocket::Waits() const {
  return state_ == State::kConnected && (!out_.empty() || (fin_asked_ && !fin_delivered_));
}

Uptake SimSocket::uptake() const {
  return Uptake{
      .acknowledged = static_cast<uint32_t>(delivered_),
      .waiting = Waits(),
      .unanswered = Waits() && PeerVanished() ? network_.now() - heard_at_ : absl::ZeroDuration(),
  };
}

void SimSocket::SetKeepalive(const Keepalive& keepalive) {
  keepalive_ = keepalive;
  if (heard_at_ == absl::InfinitePast()) Heard();
  if (keepalive_.after > absl::ZeroDuration()) AwaitKeepalive();
}

void SimSocket::AwaitKeepalive() {
  if (keepalive_set_) return;
  keepalive_set_ = true;
  network_.clock().At(heard_at_ + keepalive_.after + keepalive_.interval * keepalive_.probes,
                      [this] { OnKeepalive(); });
}

// Who is there answers the first question, so that it is not asked until the last is due.
void SimSocket::OnKeepalive() {
  keepalive_set_ = false;
  if (state_ != State::kConnected || closed_ || keepalive_.after == absl::ZeroDuration()) return;
  const absl::Time due = heard_at_ + keepalive_.after + keepalive_.interval * keepalive_.probes;
  if (!PeerVanished() && network_.now() >= due) Heard();
  // As Linux does: while something waits to be acknowledged, that is what is asked for.
  if (!PeerVanished() || network_.now() < due) return AwaitKeepalive();
  if (Waits()) return;
  network_.Trace("keepalive unanswered", id_);
  Die(ETIMEDOUT);
}

void SimSocket::OnReset() {
  if (state_ != State::kConnected) return;
  network_.Trace("reset", id_);
  Die(fin_received_ ? EPIPE : ECONNRESET);
}

void SimSocket::Die(int error) {
  state_ = State::kDead;
  error_ = closed_ ? 0 : error;
  ++epoch_;
  moving_ = 0;
  out_.Clear();
  if (closed_) in_.Clear();
  Changed();
}

// --- What calls about it answer

uint32_t SimSocket::Readiness() const {
  uint32_t events = error_ != 0 ? kPollError : 0;
  switch (state_) {
    case State::kFresh: return events | kPollOut | kPollHangUp;
    case State::kConnecting: return events;
    case State::kDead: return events | kPollIn | kPollOut | kPollPeerClosed | kPollHangUp;
    case State::kConnected: break;
  }
  if (!in_.empty() || fin_received_) events |= kPollIn;
  if (fin_received_) events |= kPollPeerClosed;
  if (fin_asked_ || room() >= std::max<size_t>(1, capacity() / 3)) events |= kPollOut;
  if (fin_received_ && fin_asked_) events |= kPollHangUp;
  return events;
}

int SimSocket::LocalEndpoint(Endpoint* endpoint) const {
  *endpoint = local_;
  return 0;
}

int SimSocket::PeerEndpoint(Endpoint* endpoint) const {
  const bool over = fin_received_ && fin_delivered_;
  if (state_ != State::kConnected || over) return -ENOTCONN;
  *endpoint = remote_;
  return 0;
}

}  // namespace sluice

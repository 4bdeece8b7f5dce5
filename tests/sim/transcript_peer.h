#ifndef SLUICE_TESTS_SIM_TRANSCRIPT_PEER_H_
#define SLUICE_TESTS_SIM_TRANSCRIPT_PEER_H_

// TranscriptPeer: one end of a connection that says and hears literal bytes: the common part of a
// transcript's client and its targets. One thread; lives to the end of the world.

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_socket.h"

namespace sluice {

class TranscriptPeer : private SimSocket::Watcher {
 public:
  enum class End : uint8_t { kNone, kFin, kReset };

  TranscriptPeer(SimNetwork& network, SimSocket& socket);
  virtual ~TranscriptPeer() = default;
  TranscriptPeer(const TranscriptPeer&) = delete;
  TranscriptPeer& operator=(const TranscriptPeer&) = delete;

  void Wake() { WakeAfter(absl::ZeroDuration()); }

  const std::string& heard() const { return heard_; }
  // How the other side ended.
  End end() const { return end_; }
  SimSocket& socket() { return socket_; }
  bool closed() const { return closed_; }
  void Close();

 protected:
  // Something was heard, or there is room again.
  virtual void OnStep() = 0;

  // Joins what waits to be written.
  void Say(std::string_view bytes);
  bool all_said() const { return said_ == to_say_.size(); }
  // In pieces of at most `bytes`, `pause` apart; the first `pieces` of them, then as much as goes.
  void SayInPieces(size_t bytes, absl::Duration pause, int pieces);
  void SayFin();
  void Reset();
  void WakeAfter(absl::Duration delay);

 private:
  void OnSocketChange(SimSocket&) override { Wake(); }
  void Step();
  void Hear();
  void Write();

  SimNetwork& network_;
  SimSocket& socket_;
  absl::Time step_at_ = absl::InfiniteFuture();
  std::string heard_;
  std::string to_say_;
  size_t said_ = 0;
  size_t piece_bytes_ = SIZE_MAX;
  absl::Duration piece_pause_;
  int pieces_left_ = 0;
  absl::Time next_piece_ = absl::InfinitePast();
  End end_ = End::kNone;
  bool closed_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_TRANSCRIPT_PEER_H_

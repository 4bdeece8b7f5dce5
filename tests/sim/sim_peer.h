#ifndef SLUICE_TESTS_SIM_SIM_PEER_H_
#define SLUICE_TESTS_SIM_SIM_PEER_H_

// SimPeer: one scripted end of a tunnel, a client's or a target's. It sends a pattern and checks
// the pattern it gets, at its own pace and with its own manners: reads slowly or not at all, closes
// or resets in the middle, echoes. It is driven by the simulator's clock and uses its socket
// directly, not through a Kernel. One thread; lives to the end of the world.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/sim/byte_pattern.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_socket.h"

namespace sluice {

struct SimHabits {
  static constexpr uint64_t kNever = UINT64_MAX;

  uint64_t send_bytes = 0;
  bool echoes = false;             // sends back what it gets instead
  bool fin_waits_for_fin = false;  // its FIN comes after the other's; else as soon as all is sent
  absl::Duration pace_max;         // between two steps
  absl::Duration write_pause;      // between two writes
  size_t write_bytes_max = SIZE_MAX;
  size_t step_bytes_max = 64 * 1024;
  // After this many bytes in both directions:
  uint64_t reset_at = kNever;
  uint64_t close_at = kNever;
  absl::Duration leave_after;  // that, in silence
  uint64_t vanish_at = kNever;
  // After this many received:
  uint64_t pause_reading_at = kNever;
  absl::Duration pause = absl::InfiniteDuration();
};

class SimPeer : private SimSocket::Watcher {
 public:
  // `name` is for messages. Sends the pattern of `sends`, expects that of `expects`.
  SimPeer(SimNetwork& network, SimSocket& socket, std::string name, const SimHabits& habits,
          uint64_t sends, uint64_t expects);
  virtual ~SimPeer() = default;
  SimPeer(const SimPeer&) = delete;
  SimPeer& operator=(const SimPeer&) = delete;

  // Takes a first step soon.
  void Wake();
  // Leaves at once.
  void Reset();
  // Its machine loses its power.
  void Vanish();

  SimSocket& socket() { return socket_; }
  const SimSocket& socket() const { return socket_; }
  const SimHabits& habits() const { return habits_; }
  const std::string& name() const { return name_; }
  uint64_t sent() const { return sent_; }
  uint64_t got() const { return got_; }
  // When it last read or wrote.
  absl::Time moved_at() const { return moved_at_; }
  // It read the other's FIN, after every byte before it.
  bool saw_fin() const { return saw_fin_; }
  bool saw_reset() const { return saw_reset_; }
  // It sent its FIN, after everything it had to send.
  bool said_fin() const { return said_fin_; }
  // It left in the middle, by its habits.
  bool left_early() const { return left_early_; }
  bool done() const { return done_; }

 protected:
  // What comes before the tunnel; a client's handshake. Returns whether tunnel bytes may be sent.
  virtual bool StepOpening() { return true; }
  // Takes the bytes of the opening from what was received: how many.
  virtual size_t TakeOpening(const uint8_t*, size_t) { return 0; }
  // Whether what it reads belongs to the tunnel: habits begin there.
  virtual bool in_tunnel() const { return true; }
  // Nothing will be received any more.
  virtual void OnEnd() {}

  // Not before its pause after the last write is over; where it is not, there will be another step.
  bool MayWrite();
  // Bytes written outside the tunnel's pattern: false where there is no room yet, or no connection
  // any more.
  bool WriteAll(std::vector<uint8_t>* bytes, size_t bytes_max);
  SimNetwork& network() { return network_; }
  void StepAgainAfter(absl::Duration delay);
  void Finish(bool by_reset);

 private:
  void OnSocketChange(SimSocket&) override { Wake(); }
  void Step();
  bool Read();
  bool Write();
  bool ReadsNow();
  void Leave(int error);

  SimNetwork& network_;
  SimSocket& socket_;
  const std::string name_;
  const SimHabits habits_;
  const BytePattern sends_;
  const BytePattern expects_;
  uint64_t sent_ = 0;
  uint64_t got_ = 0;
  absl::Time step_at_ = absl::InfiniteFuture();  // when the next step is due
  absl::Time reads_from_ = absl::InfinitePast();
  absl::Time next_write_ = absl::InfinitePast();
  absl::Time moved_at_ = absl::InfinitePast();
  bool leaving_ = false;
  bool paused_ = false;
  bool saw_fin_ = false;
  bool saw_reset_ = false;
  bool said_fin_ = false;
  bool left_early_ = false;
  bool done_ = false;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_PEER_H_

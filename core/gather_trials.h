#ifndef SLUICE_CORE_GATHER_TRIALS_H_
#define SLUICE_CORE_GATHER_TRIALS_H_

// GatherTrials: which of a few waits, from none to the longest, what comes does bear. The longer a
// turn waits, the less each datagram or byte costs; but who sends no more before an answer has come
// is slowed by it, and sends less. Whether somebody is, only trying tells: now and then another
// wait takes turns with the present one, a few turns each, and the longer of the two is right
// unless less came with it.
//
// Pure, no clock of its own, a few additions per turn. gather_trials_test judges it by every fixed
// wait. Decision 0016.

#include <array>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice {

class GatherTrials {
 public:
  static constexpr int kLevels = 4;
  static constexpr int kFirstLevel = 2;
  // A trial is pairs of rounds, the shorter wait's first, until one has won so many: that the host
  // stalls in one or two is forgiven.
  static constexpr int kPairsToWin = 3;
  static constexpr int kRoundTurns = 16;
  // The first turns of a round still bring what the wait before has made.
  static constexpr int kRoundTurnsUncounted = 4;
  // Turns between two trials: short after a change, longer each time that nothing changes.
  static constexpr int kRestTurnsMin = 64;
  static constexpr int kRestTurnsMax = 4096;
  // Of what came with the shorter wait.
  static constexpr double kBorne = 0.95;
  // A longer time without anything is a pause of the senders, and tells nothing of the wait.
  static constexpr absl::Duration kPause = absl::Milliseconds(2);

  // The level for the turn that begins.
  int level() const { return trying_ ? tried_[OfLonger()] : level_; }

  // So much came in a turn at level(), so long after what had come last.
  void Came(uint64_t amount, absl::Duration after);

 private:
  struct Round {
    uint64_t amount = 0;
    absl::Duration time;
  };
  // Of each array here the first is the shorter wait's, the second the longer one's.
  template <typename T>
  using Pair = std::array<T, 2>;

  bool OfLonger() const { return round_ % 2 == 1; }
  void Begin();
  void EndRound();
  void Decide(int level);
  bool LongerIsBorne() const;

  int level_ = kFirstLevel;
  // levels further than the present one, round and round: what the next trial tries
  int next_other_ = 1;
  int turns_ = 0;  // of this rest or round
  int rest_turns_ = kRestTurnsMin;

  bool trying_ = false;
  Pair<int> tried_ = {};
  int round_ = 0;
  Pair<Round> rounds_;
  Pair<int> won_ = {};
};

}  // namespace sluice

#endif  // SLUICE_CORE_GATHER_TRIALS_H_

#include "core/gather_trials.h"

#include <algorithm>

namespace sluice {

void GatherTrials::Came(uint64_t amount, absl::Duration after) {
  ++turns_;
  if (!trying_) {
    if (turns_ >= rest_turns_) Begin();
    return;
  }
  if (turns_ > kRoundTurnsUncounted && after < kPause) {
    Round& round = rounds_[OfLonger()];
    round.amount += amount;
    round.time += after;
  }
  if (turns_ >= kRoundTurns) EndRound();
}

void GatherTrials::Begin() {
  const int other = (level_ + next_other_) % kLevels;
  next_other_ = next_other_ % (kLevels - 1) + 1;
  tried_ = {std::min(level_, other), std::max(level_, other)};
  trying_ = true;
  turns_ = 0;
  round_ = 0;
  rounds_ = {};
  won_ = {};
}

void GatherTrials::EndRound() {
  turns_ = 0;
  if (OfLonger()) {
    const bool longer = LongerIsBorne();
    rounds_ = {};
    if (++won_[longer] == kPairsToWin) return Decide(tried_[longer]);
  }
  ++round_;
}

// What came per time, compared without dividing by a time that may be none. A pair of nothing but
// pauses is borne: nobody was slowed.
bool GatherTrials::LongerIsBorne() const {
  const auto& [shorter, longer] = rounds_;
  return static_cast<double>(longer.amount) *
             absl::FDivDuration(shorter.time, absl::Microseconds(1)) >=
         kBorne * static_cast<double>(shorter.amount) *
             absl::FDivDuration(longer.time, absl::Microseconds(1));
}

void GatherTrials::Decide(int level) {
  rest_turns_ = level == level_ ? std::min(2 * rest_turns_, kRestTurnsMax) : kRestTurnsMin;
  level_ = level;
  trying_ = false;
}

}  // namespace sluice

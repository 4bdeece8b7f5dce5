#ifndef SLUICE_CORE_SPIN_ODDS_H_
#define SLUICE_CORE_SPIN_ODDS_H_

// SpinOdds: whether it is worth to look for work before sleeping, by how that went lately. A time
// of spinning that ends in sleep is lost, so where fewer than one of 1 + kWorth finds something,
// most turns sleep at once, and only each kSleeps-th is a trial. Pure; decision 0018.

#include <algorithm>

namespace sluice {

class SpinOdds {
 public:
  // Finding something saves a sleep, a wake-up by another CPU and most of a round trip's waiting:
  // it is worth so many losses.
  static constexpr int kWorth = 4;
  // A stroke of luck, or a run of bad luck, is forgotten after so many losses.
  static constexpr int kLuckMax = 4 * kWorth;
  // Odd, so that trials do not all meet the same half of a question and its answer.
  static constexpr int kSleeps = 15;

  // Whether the next sleep should be put off. Asked once for each.
  bool ShouldSpin() {
    if (luck_ > 0) return true;
    if (++sleeps_ < kSleeps) return false;
    sleeps_ = 0;
    return true;
  }

  void Spun(bool found_something) {
    luck_ = found_something ? std::min(luck_ + kWorth, kLuckMax) : std::max(luck_ - 1, 0);
  }

 private:
  int luck_ = kLuckMax;
  int sleeps_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_CORE_SPIN_ODDS_H_

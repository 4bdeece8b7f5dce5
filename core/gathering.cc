#include "core/gathering.h"

#include <algorithm>
#include <array>

#include "core/limits.h"

namespace sluice {

void Gathering::Stream(uint64_t bytes) {
  streams_.Add(bytes);
  stream_ = true;
}

void Gathering::Datagrams(size_t count) {
  datagrams_.Add(count);
  if (count > 1) in_numbers_ = true;
  if (count >= limits::kDatagramsInGreatNumbers) ++in_great_numbers_;
}

absl::Duration Gathering::Take(unsigned brought, absl::Time now) {
  streams_.Learn(now);
  datagrams_.Learn(now);
  absl::Duration wait = absl::ZeroDuration();
  if (stream_ || in_numbers_) {
    // Where anything else came there is somebody for whom a long wait would be latency.
    wait = in_great_numbers_ < brought ? wait_ : kLongWaits * wait_;
    // The shortest that one of them bears.
    if (stream_) wait = std::min(wait, WaitAt(streams_.level()));
    if (in_numbers_) wait = std::min(wait, WaitAt(datagrams_.level()));
  }
  stream_ = false;
  in_numbers_ = false;
  in_great_numbers_ = 0;
  return wait;
}

absl::Duration Gathering::WaitAt(int level) const {
  const std::array<absl::Duration, GatherTrials::kLevels> waits = {absl::ZeroDuration(), wait_ / 3,
                                                                   wait_, kLongWaits * wait_};
  return waits[static_cast<size_t>(level)];
}

void Gathering::Kind::Learn(absl::Time now) {
  if (amount_ == 0) return;
  trials_.Came(amount_, now - at_);
  at_ = now;
  amount_ = 0;
}

}  // namespace sluice

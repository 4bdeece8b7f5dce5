#ifndef SLUICE_RELAY_SINK_WATCH_H_
#define SLUICE_RELAY_SINK_WATCH_H_

// SinkWatch: what one end of a tunnel makes of the bytes that were sent to it, looked at now and
// then: does it take them, has it stopped taking any, or is it no longer there? Its socket's buffer
// hides that from a Pipe, whose bytes may all be sent and none of them arrived.
//
// TCP_USER_TIMEOUT would ask the same of Linux, but it also ends a connection whose other end is
// there and only has no room, and it overrides how many probes a keepalive sends (decision 0021).
// One thread; a Session owns one for each side.

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "core/kernel.h"

namespace sluice {

class SinkWatch {
 public:
  enum class Finding : uint8_t {
    kFlows,
    kStalled,  // it answers, but takes nothing
    kGone,     // it does not answer
  };
  struct Patience {
    absl::Duration stalled;
    absl::Duration unacknowledged;  // zero: without end
    // After so long without a sign, also of an answer to a keepalive, it is gone in any case.
    absl::Duration silence = absl::InfiniteDuration();
  };

  // Something was sent that it has not acknowledged when it was last looked at.
  bool waiting() const { return waiting_; }

  // `now`: of a monotonic clock. Times are kept in whole seconds, to be small.
  Finding Look(const Uptake& uptake, absl::Time now, const Patience& patience) {
    const auto second = static_cast<uint32_t>(absl::ToUnixSeconds(now));
    const bool was_unanswered = unanswered_;
    const bool took = uptake.acknowledged != acknowledged_;
    if (!uptake.waiting || !waiting_ || took) took_at_ = second + 1;
    acknowledged_ = uptake.acknowledged;
    waiting_ = uptake.waiting;
    unanswered_ = waiting_ && uptake.unanswered > absl::ZeroDuration();
    if (!waiting_) return Finding::kFlows;
    const absl::Duration stands = absl::Seconds(static_cast<int32_t>(second - took_at_));
    const bool unacknowledged = patience.unacknowledged > absl::ZeroDuration() &&
                                std::min(stands, uptake.unanswered) >= patience.unacknowledged;
    // Twice, because an answer to the first question may have been on its way.
    if (was_unanswered && (unacknowledged || uptake.unanswered >= patience.silence))
      return Finding::kGone;
    return stands >= patience.stalled ? Finding::kStalled : Finding::kFlows;
  }

 private:
  uint32_t acknowledged_ = 0;
  // The second after the last look that found nothing waiting, or less: nobody is ended too early.
  uint32_t took_at_ = 0;
  bool waiting_ = false;
  bool unanswered_ = false;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_SINK_WATCH_H_

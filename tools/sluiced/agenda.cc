#include "tools/sluiced/agenda.h"

#include <algorithm>
#include <ctime>

#include "absl/time/clock.h"

namespace sluice {

Moment Moment::Now() {
  timespec running;
  clock_gettime(CLOCK_MONOTONIC, &running);
  timespec booted;
  clock_gettime(CLOCK_BOOTTIME, &booted);
  return Moment{absl::Now(), absl::TimeFromTimespec(running), absl::TimeFromTimespec(booted)};
}

bool Agenda::Take(const Moment& now, absl::Time* due) {
  if (now.running < *due) return false;
  *due = absl::InfiniteFuture();
  return true;
}

absl::Duration Agenda::Wait(const Moment& now, absl::Time expiry) const {
  const absl::Duration wait =
      std::min({expiry - now.wall, std::min({drained_, trim_, counts_}) - now.running,
                unconfirmed_ - now.booted, limits::kClockLook});
  return std::max(wait, absl::ZeroDuration());
}

}  // namespace sluice

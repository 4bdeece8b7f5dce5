#include "core/loop.h"

#include <algorithm>

namespace sluice {

bool Loop::Turn(absl::Time latest) {
  timers_.Advance(kernel_.Now());
  buffer_waiters_.Serve(kernel_.buffers_free());
  return kernel_.Turn(std::min(latest, timers_.NextDeadline()));
}

}  // namespace sluice

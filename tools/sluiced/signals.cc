#include "tools/sluiced/signals.h"

#include <algorithm>
#include <cerrno>

#include "core/limits.h"

namespace sluice {
namespace {

sigset_t DaemonSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void BlockDaemonSignals() {
  const sigset_t set = DaemonSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int NextDaemonSignal(absl::Duration wait) {
  const sigset_t set = DaemonSignals();
  const timespec timeout =
      absl::ToTimespec(std::clamp(wait, absl::ZeroDuration(), limits::kClockLook));
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  return signal > 0 ? signal : 0;
}

}  // namespace sluice

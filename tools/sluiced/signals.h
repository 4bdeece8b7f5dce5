#ifndef SLUICE_TOOLS_SLUICED_SIGNALS_H_
#define SLUICE_TOOLS_SLUICED_SIGNALS_H_

// The signals that the daemon understands, taken one at a time by the main thread instead of by
// handlers. SIGUSR2 is the process's own: somebody has left an order (orders.h).

#include <csignal>

#include "absl/time/time.h"

namespace sluice {

// Before any thread starts: threads inherit the mask. Two are ignored, since what they tell is an
// error of the call too: SIGPIPE, which splice(2) raises, and SIGXFSZ of a log at its limit of
// size.
void BlockDaemonSignals();
// The next signal, or 0 after `wait`.
int NextDaemonSignal(absl::Duration wait);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_SIGNALS_H_

#include <pthread.h>
#include <signal.h>

#include <cstdio>

#include "bench/load/backend.h"
#include "bench/load/scenario.h"

namespace sluice::load {

absl::StatusOr<Report> RunServe(const Options& options) {
  // Blocked before the back end's thread starts, so that it blocks them too and sigwait gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Backend backend;
  if (absl::Status status = backend.Start(options.listen, options.trains); !status.ok()) return status;
  for (size_t i = 0; i < kServices; ++i) {
    std::printf("%s %s\n", kServiceNames[i],
                backend.endpoint(static_cast<Service>(i)).ToString().c_str());
  }
  std::fflush(stdout);
  int signal;
  sigwait(&signals, &signal);

  Report report;
  report["scenario"] = "serve";
  report["bytes_received"] = backend.bytes_received();
  return report;
}

}  // namespace sluice::load

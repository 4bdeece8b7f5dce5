#include <pthread.h>
#include <signal.h>

#include <cstdio>

#include "bench/load/backend.h"
#include "bench/load/scenario.h"

namespace sluice::load {

absl::StatusOr<Report> RunServe(const Options& options) {
  if (!options.listen)
    return absl::InvalidArgumentError("serve is a back end: expected no --backend, but --listen");

  // Blocked before the back end's thread starts, so that it blocks them too and sigwait gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  BackendThread thread;
  if (absl::Status status = thread.Start(*options.listen, options.trains); !status.ok())
    return status;
  const Backend& backend = thread.backend();
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

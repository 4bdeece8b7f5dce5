#ifndef SLUICE_BENCH_LOAD_STAGE_H_
#define SLUICE_BENCH_LOAD_STAGE_H_

// Stage: what every scenario stands on: the back end, the way to it, a poller, and where to count
// and tell. A scenario makes one, opens tunnels on it, and returns a Report. One thread, but for
// the back end's own.

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "bench/load/backend.h"
#include "bench/load/failures.h"
#include "bench/load/meter.h"
#include "bench/load/options.h"
#include "bench/load/poller.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"
#include "bench/load/tunnel.h"

namespace sluice::load {

class Stage {
 public:
  // `service`: what the scenario's tunnels end at. With UDP ASSOCIATE it is the echo, which has UDP
  // at the same port.
  static absl::StatusOr<std::unique_ptr<Stage>> Make(const Options& options, Service service,
                                                     SocksCommand command = SocksCommand::kConnect);

  // Opens all, at most Options::in_flight at a time, and waits until each is ready (Tunnel::ready).
  // An error where one fails, or is not ready in time: a run with some of its tunnels would measure
  // something else.
  absl::Status OpenAll(absl::Span<Tunnel* const> tunnels);

  // What every report begins with.
  Report NewReport(const char* scenario) const;

  // Bytes that sinks of the own back end received; nothing where the back end is somebody else's.
  std::optional<int64_t> BytesSunk() const;

  const Options options;
  Poller poller;
  Failures failures;
  Meter meter;
  Progress progress;
  Route route;

 private:
  explicit Stage(const Options& options);

  std::unique_ptr<Backend> backend_;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_STAGE_H_

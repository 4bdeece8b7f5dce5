#ifndef SLUICE_BENCH_LOAD_STAGE_H_
#define SLUICE_BENCH_LOAD_STAGE_H_

// Stage: what every run stands on: the back end and the ways to it, a poller, and where to measure
// and tell. One thread, but for a back end with its own.

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/backend.h"
#include "bench/load/lane.h"
#include "bench/load/meter.h"
#include "bench/load/options.h"
#include "bench/load/poller.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"
#include "bench/load/tunnel.h"

namespace sluice::load {

// What a run will hold at a time.
struct Demand {
  int tunnels = 0;
  int associations = 0;
};

class Stage {
 public:
  // An error where this process may not open as many files as the demand takes, or there is no back
  // end.
  static absl::StatusOr<std::unique_ptr<Stage>> Make(const Options& options, const Demand& demand);

  // The way to a service of the own back end, or to `options.backend`. With UDP ASSOCIATE the
  // service is the echo, which has UDP at the same port. An error where this version of SOCKS
  // cannot say it.
  absl::StatusOr<Way> MakeWay(const Options& options, Service service,
                              SocksCommand command = SocksCommand::kConnect);

  // What every report begins with.
  Report NewReport(const char* scenario) const;

  // Bytes that sinks of the own back end received; nothing where the back end is somebody else's.
  std::optional<int64_t> BytesSunk() const;

  const Options options;
  Poller poller;
  Lane streams{poller};
  Meter meter;
  Progress progress;

 private:
  explicit Stage(const Options& options);
  absl::Status StartBackend();

  // The one that is built in, in a thread of its own or beside the load; none where it is
  // elsewhere.
  std::optional<BackendThread> backend_thread_;
  std::optional<Backend> backend_beside_;
  const Backend* backend_ = nullptr;
};

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_STAGE_H_

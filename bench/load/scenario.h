#ifndef SLUICE_BENCH_LOAD_SCENARIO_H_
#define SLUICE_BENCH_LOAD_SCENARIO_H_

// The scenarios, each in the file of its name. Each runs to its end and says what it found. An
// error is one of the run as a whole; single tunnels that fail are counted in the report.

#include "absl/status/statusor.h"
#include "bench/load/options.h"
#include "bench/load/report.h"

namespace sluice::load {

// Streams as fast as they go.
absl::StatusOr<Report> RunBulk(const Options& options);
// Ping-pong: a request, its answer, the next request.
absl::StatusOr<Report> RunRr(const Options& options);
// Datagrams through associations, a window of them under way in each.
absl::StatusOr<Report> RunUdp(const Options& options);
// Connections: connect, handshake, one byte there and back, close.
absl::StatusOr<Report> RunCps(const Options& options);
// Tunnels, or associations, in which nothing moves.
absl::StatusOr<Report> RunIdle(const Options& options);
// All of these at one time: what a gateway sees.
absl::StatusOr<Report> RunMixed(const Options& options);
// No load: the back end alone, for a load that runs elsewhere. Until SIGINT or SIGTERM.
absl::StatusOr<Report> RunServe(const Options& options);

}  // namespace sluice::load

#endif  // SLUICE_BENCH_LOAD_SCENARIO_H_

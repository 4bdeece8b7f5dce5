// Runs gateway simulations outside of a test: one seed with everything that happens, or many.

#include <cstdio>

#include "gflags/gflags.h"
#include "glog/logging.h"
#include "tests/sim/bind_sim.h"
#include "tests/sim/gateway_sim.h"

DEFINE_string(story, "gateway", "what is told: gateway, bind");
DEFINE_uint64(seed, 0, "the seed to run; 0: --seeds of them from --first on");
DEFINE_uint64(first, 1, "the first seed of many");
DEFINE_uint64(seeds, 1000, "how many seeds");
DEFINE_bool(verbose, false, "print every event of the one seed");

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, /*remove_flags=*/true);
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = FLAGS_verbose ? 0 : 2;
  google::InitGoogleLogging(argv[0]);
  const uint64_t first = FLAGS_seed != 0 ? FLAGS_seed : FLAGS_first;
  const uint64_t count = FLAGS_seed != 0 ? 1 : FLAGS_seeds;
  const auto run = FLAGS_story == "bind" ? sluice::RunBindSeed : sluice::RunSeed;
  uint64_t failed = 0;
  sluice::SimTotals totals;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const sluice::SimReport report = run(seed, FLAGS_verbose);
    totals.Add(report);
    if (!report.accusations.empty()) {
      ++failed;
      std::fputs(report.ToString().c_str(), stdout);
      std::fflush(stdout);
    }
  }
  std::fputs(totals.ToString().c_str(), stdout);
  std::printf("%lu seeds, %lu failed\n", static_cast<unsigned long>(count),
              static_cast<unsigned long>(failed));
  return failed == 0 ? 0 : 1;
}

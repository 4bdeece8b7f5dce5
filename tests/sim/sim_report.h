#ifndef SLUICE_TESTS_SIM_SIM_REPORT_H_
#define SLUICE_TESTS_SIM_SIM_REPORT_H_

// SimReport: what one seed came to; SimTotals: what many did; SeedOnCrash: the seed's last words
// where the program aborts.

#include <cstdint>
#include <string>
#include <vector>

#include "core/counters.h"

namespace sluice {

struct SimReport {
  uint64_t seed = 0;
  std::string story = "gateway";         // sim_run --story
  std::vector<std::string> accusations;  // empty: passed
  std::string last_events;               // of a failure
  uint64_t trace_hash = 0;
  // What happened, so that a test can tell that the seeds go everywhere.
  uint64_t events = 0;
  uint64_t sessions = 0;
  uint64_t tunnels = 0;
  uint64_t complete = 0;  // tunnels through which everything went
  uint64_t refused = 0;   // by policy
  uint64_t evicted = 0;   // of those: let in, and ended for new rules
  uint64_t timed_out = 0;
  uint64_t gone = 0;     // of them, tunnels with a side that had vanished
  uint64_t stalled = 0;  // and with one that was there and took nothing
  Counters::Totals counters;

  std::string ToString() const;
};

struct SimTotals {
  uint64_t seeds = 0;
  SimReport sum;  // only the numbers

  void Add(const SimReport& report);
  std::string ToString() const;
};

// While it lives, a CHECK or a signal prints how to replay the seed.
class SeedOnCrash {
 public:
  explicit SeedOnCrash(uint64_t seed, const std::string& story = "gateway");
  ~SeedOnCrash();
  SeedOnCrash(const SeedOnCrash&) = delete;
  SeedOnCrash& operator=(const SeedOnCrash&) = delete;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_REPORT_H_

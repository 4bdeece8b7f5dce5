#ifndef SLUICE_TESTS_SIM_GATEWAY_SIM_H_
#define SLUICE_TESTS_SIM_GATEWAY_SIM_H_

// GatewaySim: one seed's story. A random world, policy and set of faults; clients and targets with
// random manners; snapshots swapped in the middle, descriptors that run out for a while, a drain or
// a stop; then calm, and the verdict. One thread.
//
// What it asserts stands in gateway_verdict.h. A failing seed is replayed with tests/sim/sim_run
// --seed=N --verbose.

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/sim/sim_eviction.h"
#include "tests/sim/sim_gateway.h"
#include "tests/sim/sim_plan.h"
#include "tests/sim/sim_policy.h"
#include "tests/sim/sim_report.h"
#include "tests/sim/sim_world.h"

namespace sluice {

class GatewaySim {
 public:
  GatewaySim(uint64_t seed, bool verbose);

  SimReport Run();

  // --- For the verdict

  // A policy and since when it has been the current one.
  struct Era {
    absl::Time since;
    SimPolicy policy;
  };

  SimNetwork& network() { return network_; }
  SimWorld& world() { return world_; }
  SimGateway& gateway() { return *gateway_; }
  const std::vector<std::unique_ptr<SimPlan>>& plans() const { return plans_; }
  const std::vector<Era>& eras() const { return eras_; }
  // Connections may fail or be late for reasons that no plan shows.
  bool connects_may_fail() const { return connects_may_fail_; }
  // There are moments without a name server that answers.
  bool names_may_fail() const { return names_may_fail_; }
  // When everything was ended in the middle; InfiniteFuture where it was not.
  absl::Time stopped_at() const { return stopped_at_; }
  size_t tunnel_bytes_max() const { return tunnel_bytes_max_; }
  const SimEviction& eviction() const { return *eviction_; }

 private:
  void PickGround();
  void PickPlans();
  void PickIncidents();
  void PickNameServers();
  void StartClient(SimPlan& plan);
  void Swap();
  void StarveDescriptors();
  void Crowd();
  void Wander();
  bool AllOver() const;

  const uint64_t seed_;
  SimNetwork network_;
  Dice& dice_;
  SimWorld world_;
  SimGateway::Options options_;
  std::unique_ptr<SimGateway> gateway_;
  std::unique_ptr<SimEviction> eviction_;
  std::vector<Era> eras_;
  std::vector<std::unique_ptr<SimPlan>> plans_;
  absl::Time calm_from_;
  bool connects_may_fail_ = false;
  bool names_may_fail_ = false;
  SimHost* greedy_ = nullptr;
  bool told_to_stop_ = false;  // drain or stop
  absl::Time stopped_at_ = absl::InfiniteFuture();
  size_t tunnel_bytes_max_ = 0;
  size_t clients_started_ = 0;
};

// Runs one seed. Where the gateway aborts, the seed is printed first.
SimReport RunSeed(uint64_t seed, bool verbose);

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_GATEWAY_SIM_H_

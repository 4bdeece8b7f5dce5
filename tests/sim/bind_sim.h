#ifndef SLUICE_TESTS_SIM_BIND_SIM_H_
#define SLUICE_TESTS_SIM_BIND_SIM_H_

// BindSim: one seed's story of BIND and of ident: clients of every version ask for a peer's
// connection in a world with faults; peers come, come late, come behind strangers or do not come;
// clients leave in the middle; ident servers confirm, lie, refuse or say nothing. One thread.
//
// What must be true whatever the seed does:
//   - What arrives is what was sent, in order (SimPeer); a stranger gets no byte; the second reply
//     names the peer that the record names.
//   - Who is not disturbed gets the answer that the story calls for, and its tunnel carries
//     everything.
//   - One access record per session, ended by who ended it; a wait ends with its time-out.
//   - Nothing is left: no descriptor, operation, buffer or slot (SimGateway's audit).

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sim_client.h"
#include "tests/sim/sim_gateway.h"
#include "tests/sim/sim_report.h"
#include "tests/sim/sim_target.h"

namespace sluice {

class BindSim {
 public:
  explicit BindSim(uint64_t seed, bool verbose);
  ~BindSim();

  SimReport Run();

 private:
  struct Plan;
  class IdentServer;

  void PickGround();
  std::string ConfigText() const;
  void PickPlan(int id);
  void WriteScript(Plan& plan);
  void Start(Plan& plan);
  void OnListening(Plan& plan, const Endpoint& told);
  void SendCallersAwayFrom(const Endpoint& told);
  void Call(Plan& plan, SimHost& host, const Endpoint& to, bool stranger);
  bool AllOver() const;

  void Judge(const Plan& plan, SimReport* report);
  void JudgeSuccess(const Plan& plan, const AccessRecord& record, SimReport* report);
  void JudgeFailure(const Plan& plan, const AccessRecord& record);
  bool Disturbed(const Plan& plan) const;
  const AccessRecord* RecordOf(const Plan& plan) const;
  void Accuse(const Plan& plan, const std::string& what);

  const uint64_t seed_;
  SimNetwork network_;
  Dice& dice_;
  SimHost& gateway_host_;
  std::vector<SimHost*> client_hosts_;
  std::vector<SimHost*> peer_hosts_;
  SimZone zone_;
  std::unique_ptr<SimGateway> gateway_;
  std::vector<std::unique_ptr<IdentServer>> ident_servers_;
  std::vector<std::unique_ptr<Plan>> plans_;
  absl::Duration bind_time_out_;
  absl::Duration ident_time_out_;
  bool ident_required_ = false;
  bool any_peer_granted_ = false;
  bool ports_limited_ = false;
  bool things_may_fail_ = false;  // for reasons that no plan shows
};

// Runs one seed. Where the gateway aborts, the seed is printed first.
SimReport RunBindSeed(uint64_t seed, bool verbose);

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_BIND_SIM_H_

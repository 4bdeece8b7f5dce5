#ifndef SLUICE_TESTS_SIM_GATEWAY_VERDICT_H_
#define SLUICE_TESTS_SIM_GATEWAY_VERDICT_H_

// GatewayVerdict: what must be true of every simulated gateway, whatever its seed did to it.
//   - No connection to an address before a policy that was in force allowed it to this client; no
//     tunnel to the gateway itself, at whatever address, unless a rule names it.
//   - What arrives is what was sent, in order (SimPeer); a FIN only after the last byte; a reset
//     does not become a FIN.
//   - A tunnel whose ends both behave, and that nobody cut, carries everything.
//   - A request gets the answer that policy and destination call for, whole, before the close.
//   - Bytes between a tunnel's two sockets stay within the bound.
//   - One access record per session; it says who ended it, and its numbers are those that the peers
//     saw.
//   - Only who stalls is ended by a time-out, and in time.
// Leaks, spinning and misuse of the kernel are noticed by SimGateway and SimKernel.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/gateway_sim.h"

namespace sluice {

class GatewayVerdict {
 public:
  explicit GatewayVerdict(GatewaySim& sim) : sim_(sim) {}

  // While it runs: the gateway is about to connect `socket` to `to`.
  void OnDial(SimSocket& socket, const Endpoint& to);
  // While it runs: after a turn.
  void CheckBounds();
  // When all is over.
  void Judge(SimReport* report);

 private:
  struct Expectation {
    bool may_succeed = false;
    bool must_succeed = false;
    std::set<uint8_t> codes;  // of failure, SOCKS5's
  };

  // Timers tick, and faults delay what a deadline starts.
  static constexpr absl::Duration kSlack = absl::Seconds(2);

  void Accuse(const SimPlan& plan, const std::string& what);
  const AccessRecord* RecordOf(const SimPlan& plan) const;
  std::vector<const SimPolicy*> InForce(absl::Time from, absl::Time to) const;
  std::vector<Address> CandidatesOf(const SimPlan& plan) const;
  // `more`: what the gateway's addresses are besides those that it listens on.
  std::vector<Address> AllowedBy(const SimPolicy& policy, const SimPlan& plan,
                                 const std::vector<Address>& more = {}) const;
  bool AsksForWanderer(const SimPlan& plan) const;
  // Nobody else has that port. At the other end is a session of the gateway, which gets bytes that
  // are no request: it refuses them, and may reset.
  static bool AsksForItself(const SimPlan& plan);
  Expectation ExpectFrom(const SimPolicy& policy, const SimPlan& plan) const;
  void ExpectOfAddresses(const SimPlan& plan, const std::vector<Address>& allowed,
                         Expectation* expected) const;

  void JudgeRecords();
  void JudgeRules(uint64_t up, uint64_t down, const std::map<std::string, uint64_t>& replied);
  void JudgePlan(const SimPlan& plan, SimReport* report);
  void JudgeTurnedAway(const SimPlan& plan, const AccessRecord& record);
  void JudgeRecord(const SimPlan& plan, const AccessRecord& record);
  // Where its credentials were not accepted, and rightly so, nothing else is to be judged: false.
  bool JudgeAuthentication(const SimPlan& plan, const AccessRecord& record);
  void JudgeAnswer(const SimPlan& plan, const AccessRecord& record);
  void JudgeMalformed(const SimPlan& plan, const AccessRecord& record);
  void JudgeTunnel(const SimPlan& plan, const AccessRecord& record, SimReport* report);
  void JudgeFin(const SimPlan& plan, const AccessRecord& record, const SimPeer& seer,
                const SimPeer& sayer);
  void JudgeTimeOut(const SimPlan& plan, const AccessRecord& record, SimReport* report);
  void JudgeVanished(const SimPlan& plan, const AccessRecord& record);
  absl::Time StartOf(const AccessRecord& record) const;
  // When a byte was last read or written by who the session is between.
  absl::Time LastMove(const SimPlan& plan, const AccessRecord& record) const;
  // Something happened to it that excuses an end in the middle.
  bool Disturbed(const SimPlan& plan, const AccessRecord& record, const SimPeer* target) const;

  GatewaySim& sim_;
  std::map<const SimPlan*, std::vector<SimSocket*>> dialled_;  // the gateway's ends; only looked up
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_GATEWAY_VERDICT_H_

#ifndef SLUICE_TESTS_SIM_SIM_EVICTION_H_
#define SLUICE_TESTS_SIM_SIM_EVICTION_H_

// SimEviction: ends the sessions that the rules in force refuse, as a thread of the daemon does,
// while the world goes on: lists all sessions page by page, asks the rules about each, ends those
// that they refuse, and then looks once more. It accuses where the rules say other than the
// simulation's own (SimPolicy), and where the second look finds one that is still there. One
// thread.

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "relay/session_order.h"
#include "tests/sim/sim_gateway.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_policy.h"

namespace sluice {

class SimEviction {
 public:
  SimEviction(SimNetwork& network, SimGateway& gateway) : network_(network), gateway_(gateway) {}

  // `policy`: what is in force. Where another eviction is going on, that one starts anew.
  void Start(const SimPolicy& policy);

  // Of all that it did.
  size_t listed() const { return listed_; }
  size_t ended() const { return ended_; }

 private:
  void Ask(SessionOrder order);
  void Poll(int round);
  void TakePage();
  void EndNext();
  void Judge(const LiveSession& session, bool refused);

  SimNetwork& network_;
  SimGateway& gateway_;
  SimPolicy policy_;
  std::shared_ptr<SessionOrder> asked_;
  std::vector<SessionPlace> refused_;  // of this shard, not ended yet
  size_t shard_ = 0;
  bool again_ = false;  // the second look
  int round_ = 0;       // of Start; what belongs to an earlier one is dropped
  size_t listed_ = 0;
  size_t ended_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SIM_SIM_EVICTION_H_

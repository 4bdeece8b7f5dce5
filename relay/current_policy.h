#ifndef SLUICE_RELAY_CURRENT_POLICY_H_
#define SLUICE_RELAY_CURRENT_POLICY_H_

// CurrentPolicy: the policy as its shard sees it now, for those who need not know the shard. One
// thread, the shard's.

#include <cstdint>

#include "policy/decision.h"
#include "policy/snapshot.h"

namespace sluice {

class CurrentPolicy {
 public:
  // Good until the turn ends.
  virtual const Snapshot& snapshot() = 0;
  // What it decides. Whether the target is the gateway itself is found out here, now.
  virtual Decision Decide(PolicyRequest asked) = 0;
  // Another number where Decide may say something else of the same request: other rules have come,
  // or addresses have come to this host or left it.
  virtual uint32_t edition() = 0;

 protected:
  ~CurrentPolicy() = default;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_CURRENT_POLICY_H_

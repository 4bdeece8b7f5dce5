#ifndef SLUICE_RELAY_CURRENT_POLICY_H_
#define SLUICE_RELAY_CURRENT_POLICY_H_

// CurrentPolicy: the policy as its shard sees it now, for those who need not know the shard. One
// thread, the shard's.

#include "policy/snapshot.h"

namespace sluice {

class CurrentPolicy {
 public:
  // Good until the turn ends.
  virtual const Snapshot& snapshot() = 0;

 protected:
  ~CurrentPolicy() = default;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_CURRENT_POLICY_H_

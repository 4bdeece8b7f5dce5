#ifndef SLUICE_POLICY_SLOW_POLICY_H_
#define SLUICE_POLICY_SLOW_POLICY_H_

// SlowPolicy: the slow twin of RuleIndex. Walks every rule and every entry as snapshot.h tells it,
// with nothing clever, and so judges the index in tests. Test only. Any thread.

#include "absl/time/time.h"
#include "policy/config.h"
#include "policy/decision.h"
#include "policy/snapshot.h"

namespace sluice {

class SlowPolicy {
 public:
  SlowPolicy(const Config& config, absl::Time now) : config_(config), now_(now) {}

  Decision Decide(const PolicyRequest& request) const;

 private:
  struct Asked;

  bool MatchesUser(const Rule& rule, const PolicyRequest& request) const;
  bool MatchesClient(const Rule& rule, const PolicyRequest& request) const;
  bool MatchesButDestination(const Rule& rule, const PolicyRequest& request) const;
  bool MatchesName(const RuleEnd& destination, const Asked& asked) const;
  bool HasAddresses(const RuleEnd& destination) const;
  bool MatchesAddress(const RuleEnd& destination, const Asked& asked) const;
  Decision DecideName(const Asked& asked) const;
  Decision DecideAddress(const Asked& asked) const;
  Decision DecideZeros(const PolicyRequest& request) const;

  const Config config_;
  const absl::Time now_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_SLOW_POLICY_H_

#include "policy/rule_index.h"

#include <string>

#include "gtest/gtest.h"
#include "policy/random_policy.h"
#include "policy/rule_walk.h"

namespace sluice {
namespace {

constexpr uint64_t kPolicies = 1500;
constexpr int kRequestsPerPolicy = 100;

void Compare(uint64_t seed) {
  RandomPolicy policy(seed);
  const absl::StatusOr<std::unique_ptr<const RuleIndex>> index =
      RuleIndex::Build(policy.config(), policy.now());
  ASSERT_TRUE(index.ok()) << index.status();
  const int requests =
      policy.config().rules.size() > 1000 ? kRequestsPerPolicy / 10 : kRequestsPerPolicy;
  for (int i = 0; i < requests; ++i) {
    std::string name;
    const PolicyRequest request = policy.NextRequest(&name);
    const Decision expected = RuleWalk(policy.config(), policy.now(), request).Decide();
    const Decision decided = (*index)->Decide(request);
    ASSERT_TRUE(decided == expected)
        << "seed " << seed << ", request " << i << ": " << Describe(request) << ": index says "
        << static_cast<int>(decided.verdict) << " by rule " << decided.rule << ", its twin "
        << static_cast<int>(expected.verdict) << " by rule " << expected.rule;
  }
}

TEST(RuleIndexTest, AgreesWithItsSlowTwinOnRandomPolicies) {
  for (uint64_t seed = 1; seed <= kPolicies && !HasFatalFailure(); ++seed) Compare(seed);
}

// The comparison above proves nothing if all decisions were the default.
TEST(RuleIndexTest, RandomPoliciesReachEveryKindOfDecision) {
  int denied = 0, allowed = 0, resolve = 0, unmatched = 0, special = 0, late = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    RandomPolicy policy(seed);
    for (int i = 0; i < 30; ++i) {
      std::string name;
      const PolicyRequest request = policy.NextRequest(&name);
      const Decision decision = RuleWalk(policy.config(), policy.now(), request).Decide();
      unmatched += decision.rule == kNoRule;
      denied += decision.rule != kNoRule && decision.verdict == Verdict::kDeny;
      allowed += decision.verdict == Verdict::kAllow;
      resolve += decision.verdict == Verdict::kResolve;
      special += decision.special_use;
      late += decision.rule >= 64;
    }
  }
  for (const int count : {denied, allowed, resolve, unmatched, special, late}) EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace sluice

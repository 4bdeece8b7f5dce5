// The part of GatewayVerdict that knows what policy and destination call for.

#include <algorithm>

#include "tests/sim/gateway_verdict.h"

namespace sluice {
namespace {

uint8_t Code(Rep rep) { return static_cast<uint8_t>(rep); }

}  // namespace

bool GatewayVerdict::AsksForItself(const SimPlan& plan) {
  return plan.port == SimWorld::kServicePort;
}

std::vector<const SimPolicy*> GatewayVerdict::InForce(absl::Time from, absl::Time to) const {
  std::vector<const SimPolicy*> policies;
  const auto& eras = sim_.eras();
  for (size_t i = 0; i < eras.size(); ++i) {
    const absl::Time until = i + 1 < eras.size() ? eras[i + 1].since : absl::InfiniteFuture();
    if (eras[i].since <= to && until >= from) policies.push_back(&eras[i].policy);
  }
  return policies;
}

std::vector<Address> GatewayVerdict::CandidatesOf(const SimPlan& plan) const {
  if (plan.name.empty()) return {plan.address};
  const auto found = sim_.world().zone().find(SimWorld::Canonical(plan.name));
  return found != sim_.world().zone().end() ? found->second.told() : std::vector<Address>();
}

std::vector<Address> GatewayVerdict::AllowedBy(const SimPolicy& policy, const SimPlan& plan,
                                               const std::vector<Address>& more) const {
  const Address client = plan.client->socket().local().address;
  std::vector<Address> allowed = CandidatesOf(plan);
  if (!plan.name.empty() && policy.NameIsDenied(client, plan.name, plan.port)) return {};
  std::erase_if(allowed, [&](const Address& address) {
    return !policy.Allows(client, plan.name, address, plan.port, more);
  });
  return allowed;
}

bool GatewayVerdict::AsksForWanderer(const SimPlan& plan) const {
  const std::vector<Address>& wanderers = sim_.world().wanderers();
  return plan.name.empty() &&
         std::find(wanderers.begin(), wanderers.end(), plan.address) != wanderers.end();
}

GatewayVerdict::Expectation GatewayVerdict::ExpectFrom(const SimPolicy& policy,
                                                       const SimPlan& plan) const {
  const Address client = plan.client->socket().local().address;
  Expectation expected;
  const std::vector<Address> allowed = AllowedBy(policy, plan);
  const bool name_denied = !plan.name.empty() && policy.NameIsDenied(client, plan.name, plan.port);
  if (AsksForWanderer(plan)) {
    // Nobody's, or the gateway's, or of a gateway that has just changed its port or is full.
    expected.may_succeed =
        plan.wants_connect() && !AllowedBy(policy, plan, sim_.world().wanderers()).empty();
    expected.codes = {2, 4, 5, 6};
    if (!plan.wants_connect()) expected.codes.insert(7);
    return expected;
  }
  if (!plan.wants_connect()) {
    const bool denied = plan.name.empty() ? allowed.empty() : name_denied;
    expected.codes = {denied ? Code(Rep::kNotAllowed) : Code(Rep::kCommandNotSupported)};
    // UDP ASSOCIATE's zeros mean "not known yet": the rules may see them otherwise.
    if (plan.name.empty() && plan.address.is_unspecified()) {
      expected.codes = {Code(Rep::kNotAllowed), Code(Rep::kCommandNotSupported)};
    }
    return expected;
  }
  if (name_denied) {
    expected.codes = {Code(Rep::kNotAllowed)};
    return expected;
  }
  if (!plan.name.empty()) {
    const auto found = sim_.world().zone().find(SimWorld::Canonical(plan.name));
    if (found == sim_.world().zone().end() || found->second.status != NameAnswer::Status::kFound ||
        found->second.answered_after > policy.connect) {
      expected.codes = {Code(Rep::kHostUnreachable)};
      // An earlier client may have waited long enough for the answer to be known.
      if (found != sim_.world().zone().end() && !allowed.empty()) expected.may_succeed = true;
      if (expected.may_succeed || found != sim_.world().zone().end())
        expected.codes.insert({2, 3, 5, 6});
      return expected;
    }
    // What nobody tells may be allowed, and that nobody does is not known before all have been
    // waited for.
    if (allowed.empty() && found->second.half_silent()) {
      expected.codes = {Code(Rep::kNotAllowed), Code(Rep::kHostUnreachable)};
      return expected;
    }
  }
  if (allowed.empty()) {
    expected.codes = {Code(Rep::kNotAllowed)};
    return expected;
  }
  ExpectOfAddresses(plan, allowed, &expected);
  return expected;
}

// By what becomes of dialling them.
void GatewayVerdict::ExpectOfAddresses(const SimPlan& plan, const std::vector<Address>& allowed,
                                       Expectation* expected) const {
  std::set<SimFate> fates;
  bool refused = false;
  for (const Address& address : allowed) {
    const SimFate fate = sim_.world().FateOf(address);
    fates.insert(fate);
    if (fate != SimFate::kHost) continue;
    const bool listens = plan.target_listens_at.count(address) > 0 || address.is_unspecified();
    (listens && !AsksForItself(plan) ? expected->must_succeed : refused) = true;
  }
  expected->may_succeed = expected->must_succeed || AsksForItself(plan);
  if (expected->must_succeed) return;
  if (refused) {
    expected->codes = {Code(Rep::kConnectionRefused)};
    // Where the gateway is full it does not hear itself knock.
    if (AsksForItself(plan)) expected->codes.insert(Code(Rep::kTtlExpired));
    // Listeners at the port from before are closed a moment later.
    if (AsksForItself(plan) && sim_.eras().size() > 1)
      expected->codes.insert(Code(Rep::kNotAllowed));
  } else if (fates.count(SimFate::kHostUnreachable) > 0) {
    expected->codes = {Code(Rep::kHostUnreachable)};
  } else {
    if (fates.count(SimFate::kNetworkUnreachable) > 0)
      expected->codes.insert(Code(Rep::kNetworkUnreachable));
    if (fates.count(SimFate::kSilent) > 0) expected->codes.insert(Code(Rep::kTtlExpired));
  }
}

}  // namespace sluice

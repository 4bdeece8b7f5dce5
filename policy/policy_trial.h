#ifndef SLUICE_POLICY_POLICY_TRIAL_H_
#define SLUICE_POLICY_POLICY_TRIAL_H_

// PolicyTrial: one [[test]] of sluice.toml, a request and what the rules are expected to say of it.
// Trials are run against every policy before it comes into force, and one that fails keeps it out.
// Values only, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/address.h"
#include "policy/decision.h"
#include "policy/toml_document.h"

namespace sluice {

class Snapshot;
struct ServiceSettings;

struct PolicyTrial {
  TextPosition at;   // of the [[test]]
  std::string name;  // for whoever reads that it failed
  Endpoint client{Address(), 50000};
  std::string user;  // who has authenticated; empty: nobody
  PolicyCommand command = PolicyCommand::kConnect;
  std::string destination;         // a name; empty where it is `address`, or nothing was said
  std::optional<Address> address;  // the destination, or where its name leads
  uint16_t port = 0;
  Verdict expect = Verdict::kDeny;  // kAllow or kDeny
  std::string rule;                 // the one that must decide; empty: any
};

// Whether the address of `request` is the gateway itself, as far as the rules alone can say without
// a host: where socks.listen has it.
bool IsGatewayByListen(const ServiceSettings& service, const PolicyRequest& request);

// What the rules say of a trial's request, by the steps in which a session asks them:
//   - a name first as a name; where it is not denied so, its address if the trial says one;
//   - BIND and UDP ASSOCIATE without a destination: the open question of snapshot.h;
//   - UDP ASSOCIATE with one: the association, then a datagram to there.
// A name of which no address is said is kAllow where it would be resolved: each address is decided
// on its own then.
Decision DecideTrial(const Snapshot& snapshot, const PolicyTrial& trial);

// OK, or InvalidArgument with a line for each trial whose verdict or rule is another than expected.
// `file` is what they call the configuration.
absl::Status RunTrials(const std::vector<PolicyTrial>& trials, const Snapshot& snapshot,
                       std::string_view file);

}  // namespace sluice

#endif  // SLUICE_POLICY_POLICY_TRIAL_H_

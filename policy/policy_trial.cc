#include "policy/policy_trial.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/config_errors.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

std::string Tell(Verdict verdict, std::string_view rule) {
  const std::string word = verdict == Verdict::kDeny ? "deny" : "allow";
  return rule.empty() ? word : absl::StrCat(word, " by ", Quote(rule));
}

PolicyRequest RequestOf(const PolicyTrial& trial) {
  PolicyRequest request;
  request.client = trial.client;
  request.user = trial.user;
  request.proof = trial.user.empty() ? UserProof::kNone : UserProof::kAuthenticated;
  request.command = trial.command;
  request.name = trial.destination;
  request.port = trial.port;
  return request;
}

// BIND: who connects is not known yet; UDP ASSOCIATE: nor where datagrams will go.
Decision DecideOpen(const Snapshot& snapshot, PolicyRequest request) {
  request.name = {};
  request.address_known = true;
  request.address = Address();
  return snapshot.Decide(request);
}

Decision DecideDestination(const Snapshot& snapshot, const PolicyTrial& trial,
                           PolicyRequest request) {
  if (!request.name.empty()) {
    const Decision by_name = snapshot.Decide(request);
    if (by_name.verdict == Verdict::kDeny || !trial.address) return by_name;
  }
  request.address_known = true;
  request.address = *trial.address;
  request.gateway_itself = IsGatewayByListen(snapshot.service(), request);
  return snapshot.Decide(request);
}

}  // namespace

bool IsGatewayByListen(const ServiceSettings& service, const PolicyRequest& request) {
  return (request.datagram || request.port == service.port) &&
         std::any_of(service.listen.begin(), service.listen.end(),
                     [&](const ListenPlace& place) { return place.address == request.address; });
}

Decision DecideTrial(const Snapshot& snapshot, const PolicyTrial& trial) {
  PolicyRequest request = RequestOf(trial);
  const bool has_destination = !trial.destination.empty() || trial.address.has_value();
  if (!has_destination) return DecideOpen(snapshot, request);
  if (trial.command == PolicyCommand::kUdpAssociate) {
    const Decision association = DecideOpen(snapshot, request);
    if (association.verdict == Verdict::kDeny) return association;
    request.datagram = true;
  }
  return DecideDestination(snapshot, trial, request);
}

absl::Status RunTrials(const std::vector<PolicyTrial>& trials, const Snapshot& snapshot,
                       std::string_view file) {
  ConfigErrors errors(file);
  for (const PolicyTrial& trial : trials) {
    const Decision decision = DecideTrial(snapshot, trial);
    const bool denied = decision.verdict == Verdict::kDeny;
    const std::string_view rule = snapshot.RuleName(decision.rule);
    if (denied == (trial.expect == Verdict::kDeny) && (trial.rule.empty() || trial.rule == rule)) {
      continue;
    }
    std::string found = Tell(decision.verdict, rule);
    if (decision.special_use) {
      absl::StrAppend(&found, ", since no rule names this special-use address or the gateway");
    }
    errors.Add(trial.at,
               {absl::StrCat(Tell(trial.expect, trial.rule), " in the test ", Quote(trial.name)),
                found, "correct the rules, or what the test expects"});
  }
  return errors.ToStatus();
}

}  // namespace sluice

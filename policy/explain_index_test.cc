// Explain against the index, on random questions to random policies: what it says is decided is
// decided, and what it says would change it does.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "policy/explain.h"
#include "policy/random_policy.h"
#include "policy/snapshot.h"

#ifndef SLUICE_POLICIES
#define SLUICE_POLICIES 400
#endif

namespace sluice {
namespace {

constexpr uint64_t kPolicies = SLUICE_POLICIES;
constexpr uint64_t kQuestionsPerPolicy = 80;

absl::StatusOr<std::string> NoFiles(std::string_view) {
  return absl::NotFoundError("no such file");
}

std::unique_ptr<const Snapshot> Compile(const Config& config, absl::Time now) {
  absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot = CompileSnapshot(config, now, 1);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *std::move(snapshot);
}

// What a session would learn, by asking the index as it does.
Decision AskAsASession(const Snapshot& snapshot, const ExplainQuestion& question) {
  PolicyRequest asked = question.request;
  const bool connect = asked.command == PolicyCommand::kConnect;
  const bool udp = asked.command == PolicyCommand::kUdpAssociate;
  const bool nowhere =
      asked.name.empty() && (!asked.address_known || asked.address.is_unspecified());
  if (!connect && !asked.datagram && (udp || nowhere)) {
    PolicyRequest open = asked;
    open.name = {};
    open.address_known = true;
    open.address = Address();
    const Decision decision = snapshot.Decide(open);
    if (decision.verdict == Verdict::kDeny || nowhere) return decision;
  }
  asked.datagram = udp;
  std::vector<Address> addresses = question.addresses;
  if (asked.address_known) addresses = {asked.address};
  if (!asked.name.empty() || !asked.address_known) {
    asked.address_known = false;
    const Decision decision = snapshot.Decide(asked);
    if (decision.verdict == Verdict::kDeny || addresses.empty()) return decision;
  }
  asked.address_known = true;
  std::vector<Decision> decisions;
  for (const Address& address : addresses) {
    asked.address = address;
    asked.gateway_itself = question.is_gateway(asked);
    decisions.push_back(snapshot.Decide(asked));
    if (decisions.back().verdict == Verdict::kAllow) return decisions.back();
  }
  return decisions.front();
}

// `config` with what `change` supposes.
Config Suppose(Config config, const SupposedChange& change, const Explanation& explanation,
               const PolicyRequest& request) {
  Rule& rule = config.rules[static_cast<size_t>(change.changed)];
  const bool open = explanation.decided.phase == ExplainedStep::Phase::kOpen;
  EntryList entry;
  switch (change.holds) {
    case Condition::kNone: rule.enabled = false; break;
    case Condition::kOff: rule.enabled = true; break;
    case Condition::kExpired: rule.expires = absl::InfiniteFuture(); break;
    case Condition::kCommand: rule.commands = kAllPolicyCommands; break;
    case Condition::kSource: rule.source.any = true; break;
    case Condition::kSourcePort: rule.source_ports = {PortRange{}}; break;
    case Condition::kUsers: rule.users = {}; break;
    case Condition::kDestinationPort:
      rule.destination_ports.push_back(open ? PortRange{} : PortRange{request.port, request.port});
      break;
    case Condition::kDestination:
      if (open) {
        rule.destination.any = true;
        rule.grant.bind_any_peer = true;
        break;
      }
      if (explanation.decided.phase == ExplainedStep::Phase::kName) {
        std::string name(request.name);
        if (name.ends_with('.')) name.pop_back();
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        entry.names.Add(name, /*below=*/false);
      } else {
        entry.addresses = {{explanation.decided.address, explanation.decided.address}};
      }
      rule.destination.lists.push_back(static_cast<uint32_t>(config.lists.size()));
      config.lists.push_back(std::move(entry));
      break;
  }
  return config;
}

struct Seen {
  size_t questions = 0;
  size_t changes = 0;
  size_t verdicts_changed = 0;
  size_t phases[3] = {};
  size_t associations = 0;
  size_t special = 0;
  size_t failed[static_cast<size_t>(Condition::kDestinationPort) + 1] = {};
};

// The rules above the one that decides each say why they do not, and it says by what it matches.
void CheckRules(const Config& config, const Explanation& explanation, Seen* seen) {
  const Decision& decision = explanation.decided.decision;
  ASSERT_EQ(explanation.rules.size(), config.rules.size());
  for (size_t i = 0; i < explanation.rules.size(); ++i) {
    const ExplainedRule& rule = explanation.rules[i];
    const auto place = static_cast<int32_t>(i);
    ++seen->failed[static_cast<size_t>(rule.failed)];
    ASSERT_EQ(rule.reached, decision.rule == kNoRule || place <= decision.rule) << "rule " << i;
    ASSERT_EQ(rule.matched, rule.failed == Condition::kNone) << "rule " << i;
    ASSERT_EQ(rule.matched && rule.reached, place == decision.rule) << "rule " << i;
    ASSERT_TRUE(rule.matched || (!rule.wanted.empty() && !rule.found.empty())) << "rule " << i;
    ASSERT_TRUE(!rule.matched || !rule.source.text.empty()) << "rule " << i;
  }
}

void Check(const RandomPolicy& policy, const Snapshot& snapshot, const ExplainQuestion& question,
           Seen* seen) {
  const Config& config = policy.config();
  const Explanation explanation = Explain(config, policy.now(), question, NoFiles, &snapshot);
  const Decision expected = AskAsASession(snapshot, question);
  ASSERT_TRUE(explanation.agrees);
  ASSERT_TRUE(explanation.decided.decision == expected)
      << "explained as " << explanation.decided.rule << ", decided by "
      << snapshot.RuleName(expected.rule);
  ASSERT_EQ(explanation.decided.rule, snapshot.RuleName(expected.rule));
  ASSERT_NO_FATAL_FAILURE(CheckRules(config, explanation, seen));
  ++seen->questions;
  ++seen->phases[static_cast<size_t>(explanation.decided.phase)];
  seen->associations += explanation.association.has_value();
  seen->special += expected.special_use;
  // Each costs a compiled policy.
  if (config.rules.size() > 40 || seen->questions % 16 != 0) return;
  for (const SupposedChange& change : explanation.would_change) {
    const Config changed = Suppose(config, change, explanation, question.request);
    const Decision then = AskAsASession(*Compile(changed, policy.now()), question);
    ASSERT_EQ(VerdictWord(then.verdict), VerdictWord(change.verdict)) << "if " << change.text;
    ASSERT_EQ(snapshot.RuleName(then.rule), change.rule) << "if " << change.text;
    ++seen->changes;
    seen->verdicts_changed += then.verdict != expected.verdict;
  }
}

TEST(ExplainIndexTest, SaysWhatTheIndexDecidesAndWhatWouldChangeIt) {
  Seen seen;
  for (uint64_t seed = 1; seed <= kPolicies; ++seed) {
    RandomPolicy policy(seed);
    Prng prng(seed + 1'000'000);
    const std::unique_ptr<const Snapshot> snapshot = Compile(policy.config(), policy.now());
    const uint64_t questions =
        policy.config().rules.size() > 200 ? kQuestionsPerPolicy / 20 : kQuestionsPerPolicy;
    for (uint64_t i = 0; i < questions; ++i) {
      std::string name;
      ExplainQuestion question;
      question.request = policy.NextRequest(&name);
      const bool itself = question.request.gateway_itself;
      question.is_gateway = [itself](const PolicyRequest& asked) {
        return itself && asked.address.bytes()[15] % 2 == 0;
      };
      for (uint64_t more = question.request.address_known ? 0 : prng.Below(4); more > 0; --more)
        question.addresses.push_back(RandomPolicy::RandomAddress(prng));
      Check(policy, *snapshot, question, &seen);
      ASSERT_FALSE(HasFatalFailure())
          << "seed " << seed << ", question " << i << ": " << Describe(question.request);
    }
  }
  // The comparison proves nothing where nothing was met.
  for (const size_t count : seen.phases) EXPECT_GT(count, 1000u);
  for (const size_t count : seen.failed) EXPECT_GT(count, 1000u);
  EXPECT_GT(seen.associations, 1000u);
  EXPECT_GT(seen.special, 100u);
  EXPECT_GT(seen.changes, 1000u);
  EXPECT_GT(seen.verdicts_changed, 500u);
  std::cout << seen.questions << " questions, " << seen.changes << " changes\n";
}

}  // namespace
}  // namespace sluice

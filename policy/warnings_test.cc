#include "policy/warnings.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/random_policy.h"
#include "policy/rule_walk.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'735'000'000);  // 2024-12-24

std::vector<std::string> Warn(const std::string& text, const std::string& list = "") {
  const absl::StatusOr<Config> config = ParseConfig(
      text, "sluice.toml", [&](std::string_view) -> absl::StatusOr<std::string> { return list; });
  EXPECT_TRUE(config.ok()) << config.status();
  std::vector<std::string> told;
  for (const Warning& warning : FindWarnings(*config, kNow)) {
    told.push_back(absl::StrCat(std::string(WarningWord(warning.kind)), " ", warning.rule,
                                warning.other.empty() ? "" : " by " + warning.other, " at ",
                                warning.at.line));
  }
  return told;
}

using Told = std::vector<std::string>;

// A rule of one line, so that the test says where each stands.
std::string RuleText(const std::string& keys) { return "rule = [" + keys + "]\n"; }

TEST(WarningsTest, ANarrowDenialBelowAnAllowanceOfAllIsShadowed) {
  EXPECT_EQ(Warn(R"([[rule]]
name = "all"
verdict = "allow"
[[rule]]
name = "not there"
destination = ["203.0.113.9", "198.51.100.0/24", "*.bad.example"]
)"),
            Told({"shadowed not there by all at 4"}));
}

TEST(WarningsTest, ASentenceSaysWhatToDo) {
  const absl::StatusOr<Config> config = ParseConfig(
      "[[rule]]\nname = \"a\"\nverdict = \"allow\"\n[[rule]]\nname = \"b\"\nsource = "
      "[\"10.0.0.0/8\"]\n",
      "sluice.toml", nullptr);
  const std::vector<Warning> warnings = FindWarnings(*config, kNow);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(WarningLine(warnings[0], "sluice.toml"),
            "sluice.toml:4:1: warning: rule \"b\" decides about no destination, since rule \"a\" "
            "above takes all of them with the other verdict; move it above, or remove it");
}

TEST(WarningsTest, WhatARuleAboveDoesNotTakeIsNotShadowed) {
  const char* const kPairs[][2] = {
      // An address that may be the gateway itself is not "any".
      {"verdict = \"allow\"", "destination = [\"192.0.2.1\"], verdict = \"allow\""},
      {"", "destination = [\"special-use\"]"},
      {"", "destination = [\"127.0.0.1\"]"},
      {"destination = [\"0.0.0.0/0\"]", "destination = [\"127.0.0.0/8\"]"},
      {"destination = [\"*.example.com\"]", "destination = [\"example.com\"]"},
      {"destination = [\"example.com\"]", "destination = [\"*.example.com\"]"},
      {"destination = [\"10.0.0.0/8\"]", "destination = [\"10.0.0.0/8\", \"a.example\"]"},
      {"destination = [\"10.0.0.0/8\"]", "destination = [\"any\"]"},
      {"source = [\"10.0.0.0/8\"]", "source = [\"10.0.0.0/7\"]"},
      {"source = [\"10.0.0.0/8\"]", "source = [\"any\"]"},
      {"commands = [\"connect\"]", "commands = [\"connect\", \"bind\"]"},
      {"source_ports = [\"1-100\"]", "source_ports = [\"1-101\"]"},
      {"destination_ports = [443]", "destination_ports = [443, 80]"},
      {"authenticated = true", "source = [\"10.0.0.0/8\"]"},
      {"users = [\"a\"]", "authenticated = true"},
      {"users = [\"a\"]", "users = [\"a\", \"b\"]"},
      {"users = [\"a\"]", "users = [\"a\"], ident = true"},
      {"expires = 2025-01-01", "source = [\"10.0.0.0/8\"]"},
      {"enabled = false", "source = [\"10.0.0.0/8\"]"},
  };
  for (const auto& [above, below] : kPairs) {
    const std::string text = RuleText(absl::StrCat("{", above, "}, {", below, "}")) +
                             "auth = { methods = [\"password\"], pam_service = \"sluice\" }\n";
    for (const std::string& told : Warn(text))
      EXPECT_FALSE(told.starts_with("shadowed")) << told << ": " << above << " | " << below;
  }
}

TEST(WarningsTest, WhatARuleAboveTakesIsShadowedInEveryPart) {
  const char* const kPairs[][2] = {
      {"destination = [\"special-use\"]", "destination = [\"127.0.0.1\"]"},
      {"destination = [\"127.0.0.0/8\"]", "destination = [\"127.0.0.1\"]"},
      {"destination = [\"*.example.com\"]",
       "destination = [\"a.example.com\", \"*.b.example.com\"]"},
      {"source = [\"10.0.0.0/8\"]", "source = [\"10.1.0.0/16\", \"10.2.0.1-10.2.0.9\"]"},
      {"source = [\"fe80::/10\"]", "source = [\"fe80::1%eth0\"]"},
      {"source_ports = [\"1-100\"]", "source_ports = [7, 8]"},
      {"destination_ports = [80, \"440-450\"]", "destination_ports = [443, 80]"},
      {"authenticated = true", "users = [\"a\"]"},
      {"groups = [\"g\"]", "users = [\"a\"]"},
      {"groups = [\"g\"], ident = true", "users = [\"b\"], ident = true"},
      {"source = [\"10.0.0.0/8\"]", "source = [\"10.0.0.0/8\"], expires = 2025-01-01"},
  };
  for (const auto& [above, below] : kPairs) {
    const std::string text =
        RuleText(absl::StrCat("{groups = [\"g\"], verdict = \"allow\", source_ports = [9]}, {",
                              above, "}, {", below, "}")) +
        "auth = { methods = [\"password\"], pam_service = \"sluice\" }\n"
        "groups = { g = [\"a\", \"b\"] }\n";
    EXPECT_EQ(Warn(text), Told({"shadowed rule 3 by rule 2 at 1"})) << above << " | " << below;
  }
}

TEST(WarningsTest, ARuleWithoutWhichTheSameIsDecidedIsRedundant) {
  const std::string narrow =
      "{name = \"narrow\", source = [\"10.0.0.0/8\"], verdict = \"allow\"}, ";
  const std::string wide = "{name = \"wide\", verdict = \"allow\"}";
  EXPECT_EQ(Warn(RuleText(narrow + wide)), Told({"redundant narrow by wide at 1"}));
  EXPECT_EQ(
      Warn(RuleText(narrow +
                    "{destination_ports = [25], commands = [\"connect\"], source = "
                    "[\"192.0.2.0/24\"]}, " +
                    wide)),
      Told());  // the denial stands between, and could be for the same clients as far as is looked
  EXPECT_EQ(Warn(RuleText("{name = \"web\", destination_ports = [443], commands = [\"connect\"], "
                          "verdict = \"allow\"}, {destination_ports = [25]}, " +
                          wide)),
            Told({"redundant web by wide at 1"}));
  EXPECT_EQ(Warn(RuleText("{destination_ports = [443], verdict = \"allow\"}, {destination_ports = "
                          "[25], verdict = \"allow\", egress = {interface = \"eth1\"}}, " +
                          wide)),
            Told());  // of whom an association would be
  EXPECT_EQ(Warn(RuleText(
                "{source = [\"10.0.0.0/8\"], verdict = \"allow\", udp_any_peer = true}, " + wide)),
            Told());
}

TEST(WarningsTest, OfTwoRulesThatAreTheSameOnlyOneIsToldToGo) {
  EXPECT_EQ(Warn(RuleText("{verdict = \"allow\"}, {verdict = \"allow\"}")),
            Told({"shadowed rule 2 by rule 1 at 1"}));
}

TEST(WarningsTest, WhatCannotMatchIsExpiredOrNotUsedIsTold) {
  EXPECT_EQ(
      Warn(R"([sets.nothing]
addresses = []
[sets.spare]
hosts = ["a.example"]
[groups]
nobody = []
spare = ["a"]
[auth]
methods = ["password"]
pam_service = "sluice"
[[rule]]
source = ["@nothing"]
[[rule]]
destination = ["@nothing"]
verdict = "allow"
[[rule]]
groups = ["nobody"]
[[rule]]
expires = 2024-12-24
[[rule]]
enabled = false
)"),
      Told({"unused_set  at 3", "unused_group  at 7", "never_matches rule 1 at 11",
            "never_matches rule 2 at 13", "never_matches rule 3 at 16", "expired rule 4 at 18"}));
}

TEST(WarningsTest, LongListsAreOneOnlyWhereTheyAreTheSame) {
  std::string list;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&list, "10.0.", i / 250, ".", i % 250, "\n");
  EXPECT_EQ(Warn(R"([sets.a]
addresses = ["file:l.txt"]
[[rule]]
source = ["@a"]
[[rule]]
source = ["file:l.txt"]
[[rule]]
source = ["file:other.txt"]
)",
                 list),
            Told({"shadowed rule 2 by rule 1 at 5"}));
}

TEST(WarningsTest, ManyAreCutAndManyRulesAreComparedOnlySoFar) {
  std::string text;
  for (int i = 0; i < 1100; ++i) text += "[[rule]]\n";
  std::vector<std::string> told = Warn(text);
  ASSERT_EQ(told.size(), 1001u);
  EXPECT_EQ(told.back(), "incomplete  at 1");
  // Each needs a look at every one above.
  text.clear();
  for (int i = 0; i < 8000; ++i) {
    absl::StrAppend(&text, "[[rule]]\nsource = [\"10.0.", i / 250, ".", i % 250,
                    "\", \"9.0.0.0\", \"11.0.0.0\"]\n");
  }
  told = Warn(text);
  EXPECT_EQ(told, Told({"incomplete  at 1"}));
}

// --- None is wrong

size_t PlaceOf(const std::string& rule) {
  size_t place = 0;
  EXPECT_TRUE(absl::SimpleAtoi(rule.substr(std::string("rule ").size()), &place)) << rule;
  return place;
}

// A request that `rule` could be about, more often than chance has it.
PolicyRequest AimAt(const Config& config, const Rule& rule, Prng& prng, RandomPolicy* policy,
                    std::string* name) {
  PolicyRequest request = policy->NextRequest(name);
  const auto pick = [&](const auto& from) { return from[prng.Below(from.size())]; };
  const auto address_of = [&](const RuleEnd& end, Address* address) {
    if (end.lists.empty()) return;
    const std::vector<AddressRange>& ranges = config.lists[pick(end.lists)].addresses;
    if (ranges.empty()) return;
    const AddressRange range = pick(ranges);
    *address = prng.OneIn(2) ? range.first : range.last;
  };
  address_of(rule.source, &request.client.address);
  request.client.port = pick(rule.source_ports).first;
  request.port = pick(rule.destination_ports).last;
  if (!rule.users.names.empty()) request.user = rule.users.names[0];
  if (!rule.users.is_everybody()) request.proof = UserProof::kAuthenticated;
  for (int c = 0; c < kPolicyCommands; ++c) {
    if ((rule.commands & CommandBit(static_cast<PolicyCommand>(c))) != 0 && prng.OneIn(2))
      request.command = static_cast<PolicyCommand>(c);
  }
  request.datagram = request.command == PolicyCommand::kUdpAssociate && prng.OneIn(2);
  if (request.address_known) address_of(rule.destination, &request.address);
  if (prng.OneIn(2) && !rule.destination.lists.empty()) {
    const NameList& names = config.lists[pick(rule.destination.lists)].names;
    if (!names.empty()) {
      const NamePattern pattern = names[prng.Below(names.size())];
      *name = (pattern.below ? "x." : "") + std::string(pattern.name);
      request.name = *name;
    }
  }
  return request;
}

bool GrantsTheSame(const Config& a, const Decision& x, const Config& b, const Decision& y) {
  if (x.rule == kNoRule || y.rule == kNoRule) return x.rule == y.rule;
  const RuleGrant& one = a.rules[static_cast<size_t>(x.rule)].grant;
  const RuleGrant& two = b.rules[static_cast<size_t>(y.rule)].grant;
  return one.ident == two.ident && one.bind_any_peer == two.bind_any_peer;
}

void Check(const Config& config, absl::Time now, const Warning& warning,
           const PolicyRequest& request) {
  const size_t place = PlaceOf(warning.rule);
  RuleWalk walk(config, now, request);
  const Decision decision = walk.Decide();
  if (decision.rule != static_cast<int32_t>(place)) return;
  if (warning.kind == Warning::Kind::kRedundant) {
    Config without = config;
    without.rules[place].enabled = false;
    const Decision then = RuleWalk(without, now, request).Decide();
    ASSERT_EQ(decision.verdict, then.verdict);
    ASSERT_EQ(decision.special_use, then.special_use);
    ASSERT_TRUE(GrantsTheSame(config, decision, without, then));
    return;
  }
  ASSERT_NE(warning.kind, Warning::Kind::kExpired);
  const bool itself =
      walk.is_guarded() && request.gateway_itself && decision.verdict == Verdict::kDeny;
  ASSERT_TRUE(walk.question() == RuleWalk::Question::kOpen ||
              decision.verdict == Verdict::kResolve || itself)
      << "it decides";
  if (!itself || walk.question() == RuleWalk::Question::kOpen) return;
  Config without = config;
  without.rules[place].enabled = false;
  ASSERT_EQ(RuleWalk(without, now, request).Decide().verdict, Verdict::kDeny);
}

// Rules that differ in less, so that more of them cover each other.
Config Alike(Config config, Prng& prng) {
  for (Rule& rule : config.rules) {
    if (!prng.OneIn(4)) rule.verdict = Verdict::kAllow;
    if (!prng.OneIn(8)) rule.grant = {};
    if (!prng.OneIn(4)) rule.commands = kAllPolicyCommands;
    if (!prng.OneIn(3)) rule.source_ports = rule.destination_ports = {PortRange{}};
    if (!prng.OneIn(3)) rule.users = {};
    if (prng.OneIn(3)) rule.source.any = true;
    if (prng.OneIn(4)) rule.destination.any = true;
  }
  return config;
}

TEST(WarningsTest, NoneIsWrongOnRandomPolicies) {
  size_t told[static_cast<size_t>(Warning::Kind::kIncomplete) + 1] = {};
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    RandomPolicy policy(seed);
    if (policy.config().rules.size() > 300) continue;
    Prng prng(seed);
    const Config config = prng.OneIn(3) ? policy.config() : Alike(policy.config(), prng);
    for (const Warning& warning : FindWarnings(config, policy.now())) {
      ++told[static_cast<size_t>(warning.kind)];
      if (warning.rule.empty()) continue;
      for (int i = 0; i < 60; ++i) {
        std::string name;
        const PolicyRequest request =
            AimAt(config, config.rules[PlaceOf(warning.rule)], prng, &policy, &name);
        Check(config, policy.now(), warning, request);
        ASSERT_FALSE(HasFatalFailure())
            << "seed " << seed << ": " << warning.message << ": " << Describe(request);
      }
    }
  }
  for (const Warning::Kind kind : {Warning::Kind::kShadowed, Warning::Kind::kRedundant,
                                   Warning::Kind::kNeverMatches, Warning::Kind::kExpired})
    EXPECT_GT(told[static_cast<size_t>(kind)], 200u) << WarningWord(kind);
}

}  // namespace
}  // namespace sluice

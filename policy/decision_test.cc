// What a policy means, as an administrator writes it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "policy/asked_policy.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'735'000'000);  // in 2024

using DecisionTest = AskedPolicy;

constexpr std::string_view kAllowAll = "[[rule]]\nname = \"all\"\nverdict = \"allow\"\n";

TEST_F(DecisionTest, WithoutRulesEverythingIsDenied) {
  Compile("");
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  EXPECT_EQ(ToName("example.com"), "deny: default deny");
}

TEST_F(DecisionTest, TheShippedRuleAllowsAllButSpecialUse) {
  Compile(std::string(kAllowAll));
  EXPECT_EQ(To("198.51.100.1"), "allow: all");
  EXPECT_EQ(To("2001:db8::1"), "allow: all");
  EXPECT_EQ(ToName("example.com"), "resolve: all");
  for (const char* special :
       {"127.0.0.1", "::1", "0.0.0.0", "::", "169.254.169.254", "fe80::1", "fd00:ec2::254",
        "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1",
        "2002:7f00:1::", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::169.254.169.254"}) {
    EXPECT_EQ(To(special), "deny: default deny, special use") << special;
    EXPECT_EQ(To(special, "example.com"), "deny: default deny, special use") << special;
  }
}

TEST_F(DecisionTest, TheFirstRuleThatMatchesDecides) {
  Compile(R"([[rule]]
             name = "one host"
             destination = ["198.51.100.1"]
             verdict = "allow"
             [[rule]]
             name = "its network"
             destination = ["198.51.100.0/24"]
             [[rule]]
             name = "all"
             verdict = "allow")");
  EXPECT_EQ(To("198.51.100.1"), "allow: one host");
  EXPECT_EQ(To("198.51.100.2"), "deny: its network");
  EXPECT_EQ(To("198.51.101.0"), "allow: all");
}

TEST_F(DecisionTest, EveryDimensionMustMatch) {
  Compile(R"([[rule]]
             name = "narrow"
             source = ["192.0.2.0/24"]
             source_ports = ["30000-50000"]
             destination = ["198.51.100.1"]
             destination_ports = ["443", "8000-8999"]
             commands = ["connect"]
             verdict = "allow")");
  EXPECT_EQ(To("198.51.100.1"), "allow: narrow");
  const PolicyRequest matching = request_;
  request_.client.address = *Address::Parse("192.0.3.1");
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  request_ = matching;
  request_.client.port = 50001;
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  request_ = matching;
  request_.port = 80;
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  request_.port = 8999;
  EXPECT_EQ(To("198.51.100.1"), "allow: narrow");
  request_ = matching;
  request_.command = PolicyCommand::kBind;
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  request_ = matching;
  EXPECT_EQ(To("198.51.100.2"), "deny: default deny");
}

TEST_F(DecisionTest, RulesThatAreOffOrExpiredMatchNothing) {
  const std::string rules = R"([[rule]]
                               name = "off"
                               enabled = false
                               verdict = "allow"
                               [[rule]]
                               name = "until 2030"
                               expires = 2030-01-01
                               verdict = "allow")";
  Compile(rules);
  EXPECT_EQ(To("198.51.100.1"), "allow: until 2030");
  EXPECT_EQ(snapshot_->next_expiry(),
            absl::FromCivil(absl::CivilDay(2030, 1, 1), absl::UTCTimeZone()));
  now_ = snapshot_->next_expiry();
  Compile(rules);
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  EXPECT_EQ(ToName("example.com"), "deny: default deny");
  EXPECT_EQ(snapshot_->next_expiry(), absl::InfiniteFuture());
  EXPECT_EQ(snapshot_->rules().size(), 2u);
}

// --- Names

TEST_F(DecisionTest, ASuffixMatchesEveryNameBelowItAndNotItself) {
  Compile(R"([[rule]]
             name = "below"
             destination = ["*.example.com"]
             verdict = "allow")");
  EXPECT_EQ(ToName("a.example.com"), "resolve: below");
  EXPECT_EQ(ToName("b.a.example.com"), "resolve: below");
  EXPECT_EQ(ToName("example.com"), "deny: default deny");
  EXPECT_EQ(ToName("notexample.com"), "deny: default deny");
  EXPECT_EQ(ToName("a.example.com.org"), "deny: default deny");
  EXPECT_EQ(ToName(""), "deny: default deny");
}

TEST_F(DecisionTest, NamesCompareWithoutCaseAndOneTrailingDot) {
  Compile(R"([[rule]]
             name = "exact"
             destination = ["Intranet.Example.ORG."]
             verdict = "allow")");
  EXPECT_EQ(ToName("intranet.example.org"), "resolve: exact");
  EXPECT_EQ(ToName("INTRANET.example.org."), "resolve: exact");
  EXPECT_EQ(ToName("intranet.example.org.."), "deny: default deny");
  EXPECT_EQ(ToName("a.intranet.example.org"), "deny: default deny");
}

TEST_F(DecisionTest, AllPatternsThatMatchANameCount) {
  Compile(R"([[rule]]
             name = "exact"
             destination = ["a.b.example"]
             destination_ports = ["1"]
             verdict = "allow"
             [[rule]]
             name = "wide"
             destination = ["*.example"]
             destination_ports = ["2"]
             verdict = "allow"
             [[rule]]
             name = "near"
             destination = ["*.b.example"]
             verdict = "allow")");
  request_.port = 1;
  EXPECT_EQ(ToName("a.b.example"), "resolve: exact");
  request_.port = 2;
  EXPECT_EQ(ToName("a.b.example"), "resolve: wide");
  request_.port = 3;
  EXPECT_EQ(ToName("a.b.example"), "resolve: near");
  EXPECT_EQ(ToName("b.example"), "deny: default deny");
}

TEST_F(DecisionTest, ANameIsDeniedAtOnceWhereNoAddressCouldSaveIt) {
  Compile(R"([[rule]]
             name = "not this one"
             destination = ["bad.example"]
             [[rule]]
             name = "network"
             destination = ["198.51.100.0/24"]
             verdict = "allow"
             [[rule]]
             name = "nor that one"
             destination = ["worse.example"])");
  EXPECT_EQ(ToName("bad.example"), "deny: not this one");
  EXPECT_EQ(ToName("good.example"), "resolve: network");
  EXPECT_EQ(ToName("worse.example"), "resolve: network");
  EXPECT_EQ(To("198.51.100.7", "worse.example"), "allow: network");
  EXPECT_EQ(To("203.0.113.7", "worse.example"), "deny: nor that one");
}

TEST_F(DecisionTest, DeniedNetworksDoNotDenyANameBeforeItsAddressesAreKnown) {
  Compile(R"([[rule]]
             name = "internal"
             destination = ["10.0.0.0/8"]
             [[rule]]
             name = "all"
             verdict = "allow")");
  EXPECT_EQ(ToName("example.com"), "resolve: all");
  EXPECT_EQ(To("10.1.2.3", "example.com"), "deny: internal");
  EXPECT_EQ(To("198.51.100.1", "example.com"), "allow: all");
}

TEST_F(DecisionTest, ANameThatIsAllowedCannotLeadToSpecialUse) {
  Compile(R"([[rule]]
             name = "ours"
             destination = ["*.example.com"]
             verdict = "allow")");
  EXPECT_EQ(To("198.51.100.1", "rebind.example.com"), "allow: ours");
  EXPECT_EQ(To("127.0.0.1", "rebind.example.com"), "deny: default deny, special use");
}

// --- Special use

TEST_F(DecisionTest, SpecialUseMatchesWhatNamesIt) {
  Compile(R"([[rule]]
             name = "loopback"
             destination = ["127.0.0.0/8"]
             destination_ports = ["80"]
             verdict = "allow"
             [[rule]]
             name = "wide"
             destination = ["0.0.0.0/0", "::/0", "120.0.0.0-130.0.0.0"]
             verdict = "allow"
             [[rule]]
             name = "metadata"
             destination = ["169.254.169.254"]
             verdict = "allow"
             [[rule]]
             name = "special"
             destination = ["special-use"]
             destination_ports = ["22"]
             verdict = "allow")");
  request_.port = 80;
  EXPECT_EQ(To("127.1.2.3"), "allow: loopback");
  EXPECT_EQ(To("::1"), "deny: default deny, special use");
  EXPECT_EQ(To("126.255.255.255"), "allow: wide");
  EXPECT_EQ(To("128.0.0.0"), "allow: wide");
  EXPECT_EQ(To("169.254.169.254"), "allow: metadata");
  EXPECT_EQ(To("169.254.169.253"), "deny: default deny, special use");
  request_.port = 22;
  EXPECT_EQ(To("::1"), "allow: special");
  EXPECT_EQ(To("127.0.0.1"), "allow: special");
  EXPECT_EQ(To("198.51.100.1"), "allow: wide");
}

TEST_F(DecisionTest, ASpecialUseRuleDoesNotMatchOtherAddresses) {
  Compile(R"([[rule]]
             name = "special"
             destination = ["special-use"]
             verdict = "allow")");
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
  EXPECT_EQ(ToName("localhost"), "resolve: special");
}

TEST_F(DecisionTest, AnAddressInsideAnIPv6TransitionFormMeetsTheRulesForBoth) {
  Compile(R"([[rule]]
             name = "internal"
             destination = ["10.0.0.0/8"]
             [[rule]]
             name = "nat64"
             destination = ["64:ff9b::/96"]
             verdict = "allow"
             [[rule]]
             name = "loopback"
             destination = ["127.0.0.1"]
             verdict = "allow")");
  EXPECT_EQ(To("64:ff9b::10.0.0.1"), "deny: internal");
  EXPECT_EQ(To("2002:a00:1::1"), "deny: internal");
  EXPECT_EQ(To("::ffff:10.0.0.1"), "deny: internal");
  EXPECT_EQ(To("64:ff9b::198.51.100.1"), "allow: nat64");
  EXPECT_EQ(To("64:ff9b::127.0.0.1"), "allow: loopback");
  EXPECT_EQ(To("64:ff9b::127.0.0.2"), "deny: default deny, special use");
}

TEST_F(DecisionTest, AnIPv6RangeContainsNoIPv4Address) {
  Compile(R"([[rule]]
             name = "six"
             destination = ["::/0"]
             verdict = "allow")");
  EXPECT_EQ(To("2001:db8::1"), "allow: six");
  EXPECT_EQ(To("198.51.100.1"), "deny: default deny");
}

TEST_F(DecisionTest, TheGatewayItselfIsReachedOnlyByRulesThatNameIt) {
  Compile(R"([[rule]]
             name = "network"
             destination = ["192.0.2.0/24", "*.example.com"]
             source_ports = ["40000"]
             verdict = "allow"
             [[rule]]
             name = "named"
             destination = ["2001:db8::1", "2001:db8::/32", "203.0.113.1"]
             verdict = "allow"
             [[rule]]
             name = "all"
             verdict = "allow")");
  EXPECT_EQ(To("192.0.2.1"), "allow: network");
  EXPECT_EQ(ToItself("192.0.2.1"), "deny: default deny, special use");
  EXPECT_EQ(ToItself("192.0.2.1", "a.example.com"), "deny: default deny, special use");
  EXPECT_EQ(ToItself("64:ff9b::192.0.2.1"), "deny: default deny, special use");
  EXPECT_EQ(ToItself("2001:db8::1"), "allow: named");
  EXPECT_EQ(ToItself("2001:db8::2"), "deny: default deny, special use");
  EXPECT_EQ(ToItself("64:ff9b::203.0.113.1"), "allow: named");
  EXPECT_EQ(ToItself("127.0.0.1"), "deny: default deny, special use");
}

// An address is an entry of its own also where it stands beside others that contain it, and beside
// its neighbours.
TEST_F(DecisionTest, AnAddressNamesTheGatewayWhateverStandsBesideIt) {
  Compile(R"([sets.hosts]
             addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.4", "192.0.2.0-192.0.2.9"]
             [[rule]]
             name = "not these"
             destination = ["192.0.2.2", "192.0.2.0/30"]
             [[rule]]
             name = "hosts"
             destination = ["@hosts"]
             verdict = "allow")");
  EXPECT_EQ(ToItself("192.0.2.1"), "allow: hosts");
  EXPECT_EQ(ToItself("192.0.2.2"), "deny: not these");
  EXPECT_EQ(ToItself("192.0.2.3"), "deny: default deny, special use");
  EXPECT_EQ(ToItself("192.0.2.4"), "allow: hosts");
  EXPECT_EQ(To("192.0.2.5"), "allow: hosts");
  EXPECT_EQ(To("192.0.2.3"), "deny: not these");
}

TEST_F(DecisionTest, ASpecialUseRuleReachesTheGatewayItself) {
  Compile(R"([[rule]]
             name = "special"
             destination = ["special-use"]
             verdict = "allow")");
  EXPECT_EQ(ToItself("192.0.2.1"), "allow: special");
  EXPECT_EQ(To("192.0.2.1"), "deny: default deny");
}

TEST(SnapshotTest, HoldsWhatTheConfigurationSaid) {
  Config config;
  config.service.port = 7;
  config.timeouts.idle = absl::Seconds(3);
  config.rules.resize(2);
  config.rules[0].name = "first";
  config.rules[1].name = "second";
  config.rules[1].verdict = Verdict::kAllow;
  config.rules[1].grant.egress.interface = "eth1";
  config.auth.pam_service = "sluice";
  config.users = {{"alice", Secret("her hash")}, {"bob", Secret("his hash")}};
  const absl::StatusOr<std::unique_ptr<const Snapshot>> snapshot =
      CompileSnapshot(config, kNow, 42);
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ((*snapshot)->service().port, 7);
  EXPECT_EQ((*snapshot)->timeouts().idle, absl::Seconds(3));
  EXPECT_EQ((*snapshot)->generation(), 42u);
  ASSERT_EQ((*snapshot)->rules().size(), 2u);
  EXPECT_EQ((*snapshot)->rules()[1].verdict, Verdict::kAllow);
  EXPECT_EQ((*snapshot)->RuleName(1), "second");
  EXPECT_EQ((*snapshot)->RuleName(kNoRule), "default deny");
  EXPECT_EQ((*snapshot)->Grant(1).egress.interface, "eth1");
  EXPECT_TRUE((*snapshot)->Grant(0).egress.empty());
  EXPECT_TRUE((*snapshot)->Grant(kNoRule).egress.empty());
  EXPECT_EQ((*snapshot)->auth().pam_service, "sluice");
  ASSERT_NE((*snapshot)->FindUser("bob"), nullptr);
  EXPECT_EQ((*snapshot)->FindUser("bob")->password_hash.Reveal(), "his hash");
  EXPECT_EQ((*snapshot)->FindUser("Bob"), nullptr);
  EXPECT_EQ((*snapshot)->FindUser(""), nullptr);
}

}  // namespace
}  // namespace sluice

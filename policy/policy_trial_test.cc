// [[test]] in sluice.toml: what it reads, and what an administrator is told where it fails.

#include "policy/policy_trial.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/config.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

constexpr char kRules[] = R"([auth]
methods = ["password", "none"]
pam_service = "sluice"
[[rule]]
name = "no_payments"
destination = ["*.pay.example", "203.0.113.0/24"]
verdict = "deny"
[[rule]]
name = "staff"
source = ["10.0.0.0/8"]
users = ["alice"]
destination_ports = [443]
commands = ["connect"]
verdict = "allow"
[[rule]]
name = "udp"
commands = ["udp_associate"]
destination_ports = [53]
verdict = "allow"
[[rule]]
name = "ftp"
commands = ["bind"]
source_ports = ["40000-40999"]
bind_any_peer = true
verdict = "allow"
)";

// What loading a configuration with this test says; empty: it is met.
std::string Say(const std::string& test) {
  const absl::StatusOr<Config> config =
      ParseConfig(kRules + ("[[test]]\n" + test), "sluice.toml",
                  [](std::string_view) { return absl::NotFoundError("no such file"); });
  if (!config.ok()) return std::string(config.status().message());
  const auto snapshot = CompileSnapshot(*config, absl::UnixEpoch(), 1);
  EXPECT_TRUE(snapshot.ok());
  return std::string(RunTrials(config->trials, **snapshot, "sluice.toml").message());
}

TEST(PolicyTrialTest, TestsThatHoldSayNothing) {
  for (const char* const test : {
           // by name: each of its addresses is decided on its own when it is there
           "client='10.1.2.3'\nuser='alice'\ndestination='www.example'\nport=443\nexpect='allow'\n"
           "rule='staff'",
           "client='10.1.2.3'\nuser='alice'\ndestination='www.example'\naddress='192.0.2.1'\n"
           "port=443\nexpect='allow'\nrule='staff'",
           // the name is allowed, and leads to an address that is not
           "client='10.1.2.3'\nuser='alice'\ndestination='www.example'\naddress='203.0.113.7'\n"
           "port=443\nexpect='deny'\nrule='no_payments'",
           "client='10.1.2.3'\nuser='alice'\ndestination='a.pay.example'\naddress='192.0.2.1'\n"
           "port=443\nexpect='deny'\nrule='no_payments'",
           "client='10.1.2.3'\nuser='bob'\ndestination='192.0.2.1'\nport=443\nexpect='deny'\n"
           "rule='default deny'",
           "client='10.1.2.3'\ndestination='2001:db8::1'\nport=443\nexpect='deny'",
           "client='2001:db8::5'\ncommand='udp_associate'\nexpect='allow'\nrule='udp'",
           "client='2001:db8::5'\ncommand='udp_associate'\ndestination='2001:db8::1'\nport=53\n"
           "expect='allow'",
           "client='2001:db8::5'\ncommand='udp_associate'\ndestination='2001:db8::1'\nport=54\n"
           "expect='deny'",
           "client='10.1.2.3'\nclient_port=40001\ncommand='bind'\nexpect='allow'\nrule='ftp'",
           "client='10.1.2.3'\ncommand='bind'\nexpect='deny'",
       }) {
    EXPECT_EQ(Say(test), "") << test;
  }
}

TEST(PolicyTrialTest, FailedTestSaysWhichRuleDecided) {
  EXPECT_EQ(Say("name='shop'\nclient='10.1.2.3'\nuser='alice'\ndestination='a.pay.example'\n"
                "port=443\nexpect='allow'"),
            "sluice.toml:26:1: expected allow in the test \"shop\", found deny by \"no_payments\"; "
            "correct the rules, or what the test expects");
  EXPECT_EQ(Say("client='10.1.2.3'\nuser='alice'\ndestination='www.example'\nport=443\n"
                "expect='deny'"),
            "sluice.toml:26:1: expected deny in the test \"test 1\", found allow by \"staff\"; "
            "correct the rules, or what the test expects");
}

TEST(PolicyTrialTest, RightVerdictByAnotherRuleFails) {
  EXPECT_THAT(Say("client='10.1.2.3'\nuser='bob'\ndestination='192.0.2.1'\nport=443\n"
                  "expect='deny'\nrule='no_payments'"),
              HasSubstr("expected deny by \"no_payments\" in the test \"test 1\", found deny by "
                        "\"default deny\""));
}

TEST(PolicyTrialTest, SpecialUseDestinationIsToldAsTheReason) {
  EXPECT_THAT(Say("client='10.1.2.3'\nuser='alice'\ndestination='127.0.0.1'\nport=443\n"
                  "expect='allow'"),
              HasSubstr("found deny by \"default deny\", since no rule names this special-use "
                        "address or the gateway"));
}

struct Mistake {
  const char* test;
  const char* said;
};

TEST(PolicyTrialTest, MistakesAreToldWithTheirPlace) {
  for (const Mistake& mistake : {
           Mistake{"cleint='10.1.2.3'",
                   "sluice.toml:27:1: expected a key of [[test]], found "
                   "\"cleint\"; did you mean \"client\"?"},
           Mistake{"client='10.1.2.3'\ndestination='a.example'\nport=443",
                   "expected a test with the keys client and expect, found one without expect"},
           Mistake{"destination='a.example'\nport=443\nexpect='deny'", "found one without client"},
           Mistake{"client='10.0.0.0/8'\nexpect='deny'",
                   "expected the address of one client, found \"10.0.0.0/8\""},
           Mistake{"client='10.1.2.3'\ndestination='*.example'\nport=1\nexpect='deny'",
                   "expected one address or one host name, found \"*.example\""},
           Mistake{"client='10.1.2.3'\ndestination='10.0.0.0/8'\nport=1\nexpect='deny'",
                   "expected one address or one host name, found \"10.0.0.0/8\""},
           Mistake{"client='10.1.2.3'\ndestination='a.example'\nexpect='deny'",
                   "expected a destination and a port, found no port"},
           Mistake{"client='10.1.2.3'\nexpect='deny'",
                   "expected a destination and a port, found no destination"},
           Mistake{"client='10.1.2.3'\ndestination='10.1.2.4'\naddress='10.1.2.5'\nport=1\n"
                   "expect='deny'",
                   "sluice.toml:29:9: expected an address only beside a destination that is a "
                   "name, found no name"},
           Mistake{"client='10.1.2.3'\ncommand='conect'\nexpect='deny'",
                   "expected a command, found \"conect\"; did you mean \"connect\"?"},
           Mistake{"client='10.1.2.3'\ncommand='bind'\nexpect='resolve'",
                   "expected \"allow\" or \"deny\", found \"resolve\""},
           Mistake{"client='10.1.2.3'\ncommand='bind'\nexpect='deny'\nrule='no_payment'",
                   "expected the name of a rule in the test \"test 1\", found \"no_payment\"; did "
                   "you mean \"no_payments\"?"},
       }) {
    EXPECT_THAT(Say(mistake.test), HasSubstr(mistake.said)) << mistake.test;
  }
}

}  // namespace
}  // namespace sluice

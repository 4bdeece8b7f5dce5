#include "policy/scope_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/asked_policy.h"
#include "policy/config.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig(text, "sluice.toml",
                     [](std::string_view) { return absl::NotFoundError("no such file"); });
}

Config MustParse(const std::string& text) {
  const absl::StatusOr<Config> config = Parse(text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config{};
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Config> config = Parse(text);
  EXPECT_FALSE(config.ok()) << text;
  return config.ok() ? "" : std::string(config.status().message());
}

const Address kLinkLocal = *Address::Parse("fe80::1");

// --- socks.listen

TEST(ScopeReaderTest, AListenerHasTheInterfaceOfItsScope) {
  const Config config =
      MustParse("[socks]\nlisten = [\"fe80::1%eth0\", \"fe80::1%br-lan.7\", \"192.0.2.1\"]\n");
  EXPECT_EQ(config.service.listen,
            (std::vector<ListenPlace>{
                {kLinkLocal, "eth0"}, {kLinkLocal, "br-lan.7"}, {*Address::Parse("192.0.2.1")}}));
}

TEST(ScopeReaderTest, AListenerMayWait) {
  const Config config = MustParse(
      "[socks]\nlisten = [{ address = \"192.0.2.1\", wait = true }, { address = \"::1\" }, "
      "{ address = \"fe80::1%eth0\", wait = true }]\n");
  EXPECT_EQ(config.service.listen,
            (std::vector<ListenPlace>{{*Address::Parse("192.0.2.1"), "", true},
                                      {*Address::Parse("::1")},
                                      {kLinkLocal, "eth0", true}}));
}

TEST(ScopeReaderTest, WhatTheStartWouldRefuseIsRefused) {
  const auto error_of = [](const std::string& item) {
    return ErrorOf("[socks]\nlisten = [" + item + "]\n");
  };
  EXPECT_EQ(error_of("\"fe80::77\""),
            "sluice.toml:2:11: expected a link-local address with its interface, found "
            "\"fe80::77\"; write for instance \"fe80::77%eth0\"");
  EXPECT_THAT(error_of("{ address = \"febf::1\" }"), HasSubstr("with its interface"));
  EXPECT_THAT(error_of("\"2001:db8::1%eth0\""), HasSubstr("leave \"%eth0\" out"));
  EXPECT_THAT(error_of("\"169.254.0.1%eth0\""), HasSubstr("leave \"%eth0\" out"));
  for (const char* name : {"", "a/b", "sixteen-letters-", "a b", "a:1", "\\u0007"}) {
    EXPECT_THAT(error_of("\"fe80::1%" + std::string(name) + "\""), HasSubstr("expected")) << name;
  }
  EXPECT_THAT(error_of("\"fe80::1%eth0\", \"fe80::1%eth0\""), HasSubstr("each address once"));
  EXPECT_THAT(error_of("{ wait = true }"), HasSubstr("expected an address"));
  EXPECT_THAT(error_of("{ address = 7 }"), HasSubstr("expected an address"));
  EXPECT_THAT(error_of("{ address = \"::1\", waits = true }"), HasSubstr("did you mean \"wait\""));
}

// --- Rules

TEST(ScopeReaderTest, AScopeInTheDestinationIsTheEgressInterface) {
  const Config config = MustParse(
      "[[rule]]\ndestination = [\"fe80::1%eth0\", \"fe80::%eth0/64\"]\nverdict = \"allow\"\n");
  EXPECT_EQ(config.rules[0].grant.egress.interface, "eth0");
  EXPECT_EQ(config.lists[0].addresses.size(), 2u);
}

TEST(ScopeReaderTest, AScopeInTheEgressIsItsInterface) {
  const Config config = MustParse(
      "[[rule]]\negress = { address = [\"fe80::1%eth0\", \"192.0.2.1\"] }\nverdict = \"allow\"\n");
  EXPECT_EQ(config.rules[0].grant.egress.interface, "eth0");
  EXPECT_EQ(config.rules[0].grant.egress.addresses[0], kLinkLocal);
}

TEST(ScopeReaderTest, ARuleHasOneInterface) {
  for (const char* rule : {
           "destination = [\"fe80::1%eth0\", \"fe80::2%eth1\"]",
           "destination = [\"fe80::1%eth0\"]\negress = { interface = \"eth1\" }",
           "egress = { address = \"fe80::1%eth0\", interface = \"eth1\" }",
           "egress = { interface = \"eth1\", address = \"fe80::1%eth0\" }",
           "egress = { address = [\"fe80::1%eth0\", \"fe80::2%eth1\"] }",
       }) {
    EXPECT_THAT(ErrorOf("[[rule]]\nverdict = \"allow\"\n" + std::string(rule) + "\n"),
                HasSubstr("a rule for each interface"))
        << rule;
  }
}

TEST(ScopeReaderTest, ScopesStandWhereTheyMeanSomething) {
  EXPECT_THAT(ErrorOf("[[rule]]\ndestination = [\"fe80::1%eth0\"]\n"),
              HasSubstr("a scope in a rule that allows"));
  EXPECT_THAT(ErrorOf("[[rule]]\nsource = [\"10.0.0.1%eth0\"]\n"), HasSubstr("fe80::/10"));
  EXPECT_THAT(ErrorOf("[[rule]]\nsource = [\"::/0%eth0\"]\n"), HasSubstr("expected"));
  EXPECT_THAT(ErrorOf("[[rule]]\nsource = [\"::%eth0/0\"]\n"), HasSubstr("fe80::/10"));
  EXPECT_THAT(ErrorOf("[sets.a]\naddresses = [\"fe80::1%eth0\"]\n"),
              HasSubstr("a scope can stand in"));
  EXPECT_THAT(ErrorOf("[[rule]]\negress = { address = \"fe80::1\" }\nverdict = \"allow\"\n"),
              HasSubstr("an interface for the link-local address"));
  EXPECT_THAT(ErrorOf("[socks]\nadvertised = [\"fe80::1%eth0\"]\n"), HasSubstr("expected"));
}

class ScopeDecisionTest : public AskedPolicy {
 protected:
  std::string From(const char* client, std::string_view interface) {
    request_.client.address = *Address::Parse(client);
    request_.client_interface = InterfaceName(interface);
    return To("198.51.100.1");
  }
};

TEST_F(ScopeDecisionTest, AnEntryWithAScopeMatchesClientsOfThatInterface) {
  Compile(R"([[rule]]
             name = "host"
             source = ["fe80::1%eth0", "fe80::1%eth2"]
             verdict = "allow"
             [[rule]]
             name = "network"
             source = ["fe80::%eth1/64"]
             verdict = "allow"
             [[rule]]
             name = "any interface"
             source = ["fe80::9", "192.0.2.0/24"]
             verdict = "allow")");
  EXPECT_EQ(From("fe80::1", "eth0"), "allow: host");
  EXPECT_EQ(From("fe80::1", "eth2"), "allow: host");
  EXPECT_EQ(From("fe80::1", "eth1"), "allow: network");
  EXPECT_EQ(From("fe80::1", "eth3"), "deny: default deny");
  EXPECT_EQ(From("fe80::1", ""), "deny: default deny");
  EXPECT_EQ(From("fe80::2", "eth0"), "deny: default deny");
  EXPECT_EQ(From("fe80::9", "eth3"), "allow: any interface");
  EXPECT_EQ(From("192.0.2.1", ""), "allow: any interface");
}

}  // namespace
}  // namespace sluice

// What [auth] means, and what an administrator reads where it is wrong.

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/config.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig(text, "sluice.toml",
                     [](std::string_view) { return absl::NotFoundError("no such file"); });
}

TEST(AuthReaderTest, WithoutAuthNobodyIsAsked) {
  const absl::StatusOr<Config> config = Parse("");
  ASSERT_TRUE(config.ok());
  const AuthSettings& auth = config->auth;
  EXPECT_THAT(auth.methods, ElementsAre(AuthMethod::kNone));
  EXPECT_EQ(auth.pam_service, "");
  EXPECT_EQ(auth.cache, absl::Seconds(60));
  EXPECT_EQ(auth.slow_after, 3);
  EXPECT_EQ(auth.refuse_after, 10);
  EXPECT_EQ(auth.refuse_for, absl::Minutes(5));
  EXPECT_FALSE(auth.ident_required);
  EXPECT_EQ(auth.gssapi_service, "rcmd");
  EXPECT_EQ(auth.gssapi_keytab, "");
  EXPECT_EQ(auth.gssapi_users.UserOf("alice@EXAMPLE.ORG"), "alice@EXAMPLE.ORG");
  EXPECT_THAT(auth.gssapi_protection,
              ElementsAre(GssapiProtection::kConfidentiality, GssapiProtection::kIntegrity,
                          GssapiProtection::kSelective));
}

TEST(AuthReaderTest, EveryKeyIsRead) {
  const absl::StatusOr<Config> config = Parse(R"(
    [auth]
    methods = ["gssapi", "password", "none"]
    pam_service = "sluice"
    cache = "0s"
    slow_after = 0
    refuse_after = 7
    refuse_for = "1h"
    ident = "require"
    gssapi_service = "socks@gateway.example.org"
    gssapi_keytab = "/etc/sluice/krb5.keytab"
    gssapi_users = "*@EXAMPLE.ORG"
    gssapi_protection = ["integrity"]
  )");
  ASSERT_TRUE(config.ok()) << config.status();
  const AuthSettings& auth = config->auth;
  EXPECT_THAT(auth.methods,
              ElementsAre(AuthMethod::kGssapi, AuthMethod::kPassword, AuthMethod::kNone));
  EXPECT_EQ(auth.pam_service, "sluice");
  EXPECT_EQ(auth.cache, absl::ZeroDuration());
  EXPECT_EQ(auth.slow_after, 0);
  EXPECT_EQ(auth.refuse_after, 7);
  EXPECT_EQ(auth.refuse_for, absl::Hours(1));
  EXPECT_TRUE(auth.ident_required);
  EXPECT_EQ(auth.gssapi_service, "socks@gateway.example.org");
  EXPECT_EQ(auth.gssapi_keytab, "/etc/sluice/krb5.keytab");
  EXPECT_EQ(auth.gssapi_users.UserOf("alice@EXAMPLE.ORG"), "alice");
  EXPECT_THAT(auth.gssapi_protection, ElementsAre(GssapiProtection::kIntegrity));
}

struct Wrong {
  const char* text;
  const char* error;
};

class WrongAuthTest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongAuthTest, IsToldWithItsPlaceAndARemedy) {
  const absl::StatusOr<Config> config = Parse(GetParam().text);
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.status().message(), GetParam().error);
}

// Each on one line: an input, and its message.
// clang-format off
constexpr Wrong kWrong[] = {
    // [auth]
    {"[auth]\nmetods = []\n", R"(sluice.toml:2:1: expected a key of [auth], found "metods"; did you mean "methods"?)"},
    {"[auth]\nmethods = []\n", "sluice.toml:2:11: expected a list of methods, found an empty list; write at least one entry"},
    {"[auth]\nmethods = \"none\"\n", R"(sluice.toml:2:11: expected a list of methods, found "none"; write it as a list: ["…", "…"])"},
    {"[auth]\nmethods = [\"pasword\"]\n", R"(sluice.toml:2:12: expected a method, found "pasword"; did you mean "password"?)"},
    {"[auth]\nmethods = [\"chap\", 7]\n", "sluice.toml:2:12: expected a method, found \"chap\"; use one of gssapi, password, none\nsluice.toml:2:20: expected a method, found 7; write it as text in double quotes"},
    {"[auth]\nmethods = [\"none\", \"none\"]\n", R"(sluice.toml:2:20: expected each of a list of methods once, found another "none"; keep one of them)"},
    {"[auth]\npam_service = \"../sluice\"\n", R"(sluice.toml:2:15: expected the name of a PAM service, found "../sluice"; write the name of a file in /etc/pam.d, for instance "sluice")"},
    {"[auth]\ncache = \"0\"\n", R"(sluice.toml:2:9: expected a duration from 1ms to 720h, found "0"; write for instance "30s" or "5m", or "0s" for no cache)"},
    {"[auth]\ncache = 60\n", R"(sluice.toml:2:9: expected a duration such as "10s", found 60; write it as text in double quotes)"},
    {"[auth]\nslow_after = -1\n", "sluice.toml:2:14: expected a number from 0 to 1000, found -1; write a whole number in these bounds, without quotes"},
    {"[auth]\nrefuse_for = \"0s\"\n", R"(sluice.toml:2:14: expected a duration from 1ms to 720h, found "0s"; write for instance "250ms", "10s", "5m" or "1h30m")"},
    {"[auth]\nident = true\n", R"(sluice.toml:2:9: expected "off" or "require", found true; write it as text in double quotes)"},
    {"[auth]\nident = \"required\"\n", R"(sluice.toml:2:9: expected "off" or "require", found "required"; did you mean "require"?)"},
    {"[auth]\ngssapi_service = \"rcmd/host\"\n", R"(sluice.toml:2:18: expected a GSSAPI service, with or without "@" and the host's name, found "rcmd/host"; write for instance "rcmd" or "rcmd@gateway.example.org")"},
    {"[auth]\ngssapi_keytab = \"a\\nb\"\n", R"(sluice.toml:2:17: expected the path of a keytab, found "a\x0ab"; write for instance "/etc/sluice/krb5.keytab")"},
    {"[auth]\ngssapi_users = \"EXAMPLE.ORG\"\n", R"(sluice.toml:2:16: expected a pattern NAME@REALM with one "*" in NAME, found "EXAMPLE.ORG"; write for instance "*@EXAMPLE.ORG", or "*@*" for the principals of all realms)"},
    {"[auth]\ngssapi_protection = [\"integrety\"]\n", R"(sluice.toml:2:22: expected a level of protection, found "integrety"; did you mean "integrity"?)"},
    // [socks]
    {"[socks]\nbind_ports = 0\n", R"(sluice.toml:2:14: expected a port or a range of ports within 1-65535, found "0"; write for instance "443" or "8000-8999")"},
    {"[socks]\nudp_ports = \"20-10\"\n", R"(sluice.toml:2:13: expected a range from low to high, found "20-10"; write "10-20")"},
    {"[socks]\nadvertised = \"192.0.2.1\"\n", R"(sluice.toml:2:14: expected a list of addresses, found "192.0.2.1"; write it as a list: ["…", "…"])"},
    {"[socks]\nadvertised = [\"0.0.0.0\"]\n", R"(sluice.toml:2:15: expected the address of one host, found "0.0.0.0", which is unspecified; write an address that a packet can come from)"},
    {"[socks]\nadvertised = [\"192.0.2.1\", \"192.0.2.2\"]\n", "sluice.toml:2:28: expected at most one address of a family, found another of IPv4; keep the one by which clients and their peers reach this gateway"},
    {"[socks]\nadvertised = [\"gateway.example.org\"]\n", R"(sluice.toml:2:15: expected the address of one host, found "gateway.example.org"; write an IPv4 or IPv6 address without port, prefix or name)"},
    // Egress of rules
    {"[[rule]]\negress = \"192.0.2.1\"\n", R"(sluice.toml:2:10: expected a table egress, found "192.0.2.1"; write it as a table, with its keys below)"},
    {"[[rule]]\negress = { adress = \"192.0.2.1\" }\n", R"(sluice.toml:2:12: expected a key of egress, found "adress"; did you mean "address"?)"},
    {"[[rule]]\negress = { address = [] }\n", "sluice.toml:2:22: expected an address of this host, or a list of them, found an empty list; write at least one entry"},
    {"[[rule]]\negress = { address = [\"192.0.2.1\", \"::ffff:192.0.2.1\"] }\n", R"(sluice.toml:2:36: expected each address once, found another "::ffff:192.0.2.1"; keep one of them)"},
    {"[[rule]]\negress = { address = \"224.0.0.1\" }\n", R"(sluice.toml:2:22: expected the address of one host, found "224.0.0.1", which is multicast; write an address that a packet can come from)"},
    {"[[rule]]\negress = { interface = \"\" }\n", R"(sluice.toml:2:24: expected the name of an interface, 1 to 15 bytes, found ""; write a name that "ip link" lists)"},
    {"[[rule]]\negress = { interface = \"a-name-of-16-bytes\" }\n", R"(sluice.toml:2:24: expected the name of an interface, 1 to 15 bytes, found "a-name-of-16-bytes"; write a name that "ip link" lists)"},
    {"[[rule]]\nbind_any_peer = 1\n", "sluice.toml:2:17: expected true or false, found 1; write true or false, without quotes"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Golden, WrongAuthTest, testing::ValuesIn(kWrong));

}  // namespace
}  // namespace sluice

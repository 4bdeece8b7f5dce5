#include "tools/sluiced/first_screen.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kStop[] =
    "stop it: Ctrl-C, or kill 4711; after a change of the configuration: kill -HUP 4711";

using At = std::vector<std::string>;

AuthSettings With(std::vector<AuthMethod> methods) {
  AuthSettings auth;
  auth.methods = std::move(methods);
  return auth;
}

TEST(FirstScreenTest, SaysWhereItListensHowToTryItAndHowToStopIt) {
  EXPECT_THAT(
      ReadyLines(At({"127.0.0.1:1080", "[::1]:1080"}), AuthSettings(), 4711),
      ElementsAre("ready, listening on 127.0.0.1:1080, [::1]:1080",
                  "try it: curl --socks5-hostname 127.0.0.1:1080 http://example.com/", kStop));
}

TEST(FirstScreenTest, AnyAddressIsTriedByLoopback) {
  EXPECT_THAT(ReadyLines(At({"0.0.0.0:1081", "[::]:1081"}), AuthSettings(), 1)[1],
              HasSubstr(" 127.0.0.1:1081 "));
  EXPECT_THAT(ReadyLines(At({"[::]:1081"}), AuthSettings(), 1)[1], HasSubstr(" [::1]:1081 "));
  EXPECT_THAT(ReadyLines(At({"[fe80::1%eth0]:1081"}), AuthSettings(), 1)[1],
              HasSubstr(" [fe80::1%eth0]:1081 "));
}

TEST(FirstScreenTest, UserIsNamedOnlyWhereNobodyGetsInWithout) {
  const At listening = {"192.0.2.1:1080"};
  EXPECT_EQ(ReadyLines(listening, With({AuthMethod::kPassword}), 1)[1],
            "try it: curl --socks5-hostname 192.0.2.1:1080 --proxy-user NAME http://example.com/");
  for (const AuthSettings& auth : {With({AuthMethod::kPassword, AuthMethod::kNone}),
                                   With({AuthMethod::kNone}), With({AuthMethod::kGssapi})}) {
    EXPECT_EQ(ReadyLines(listening, auth, 1)[1],
              "try it: curl --socks5-hostname 192.0.2.1:1080 http://example.com/");
  }
}

TEST(FirstScreenTest, ServiceThatIsOffIsNotTried) {
  EXPECT_THAT(ReadyLines({}, AuthSettings(), 4711),
              ElementsAre("ready, listening nowhere: socks.enabled is false", kStop));
}

TEST(FirstScreenTest, ConfigurationIsNamedWithTheNumberOfItsRules) {
  EXPECT_EQ(ConfigurationLine("", 1), "configuration sluice.toml (built in): 1 rule");
  EXPECT_EQ(ConfigurationLine("/etc/a.toml", 12), "configuration /etc/a.toml: 12 rules");
  EXPECT_EQ(ConfigurationLine("/etc/a.toml", 0),
            "configuration /etc/a.toml: 0 rules, so everything is denied");
}

}  // namespace
}  // namespace sluice

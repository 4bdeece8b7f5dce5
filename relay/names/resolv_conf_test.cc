#include "relay/names/resolv_conf.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Endpoint At(const char* address) { return Endpoint{*Address::Parse(address), 53}; }

TEST(ResolvConfTest, ServersAndOptionsAreTaken) {
  const ResolvConf conf = ResolvConf::Parse(
      "# made by hand\n"
      "nameserver 192.0.2.53\n"
      "  nameserver\t2001:db8::53 ; the other one\n"
      "options timeout:1 attempts:3\r\n"
      "options rotate edns0");
  EXPECT_THAT(conf.servers, ElementsAre(At("192.0.2.53"), At("2001:db8::53")));
  EXPECT_EQ(conf.timeout, absl::Seconds(1));
  EXPECT_EQ(conf.attempts, 3);
  EXPECT_TRUE(conf.rotate);
  EXPECT_THAT(conf.remarks, IsEmpty());
}

TEST(ResolvConfTest, WhatIsNotSaidIsAsShipped) {
  const ResolvConf conf = ResolvConf::Parse("nameserver 192.0.2.53\n");
  EXPECT_EQ(conf.timeout, limits::kNameServerTimeout);
  EXPECT_EQ(conf.attempts, limits::kNameServerAttempts);
  EXPECT_FALSE(conf.rotate);
}

TEST(ResolvConfTest, WithoutAServerItIsThisHost) {
  for (const char* text : {"", "\n\n", "search corp.test\n", "nameserver\n"}) {
    const ResolvConf conf = ResolvConf::Parse(text);
    EXPECT_THAT(conf.servers, ElementsAre(At("127.0.0.1"))) << text;
    EXPECT_FALSE(conf.remarks.empty()) << text;
  }
}

TEST(ResolvConfTest, SearchListIsNoPartOfIt) {
  const ResolvConf with = ResolvConf::Parse(
      "domain corp.test\nsearch corp.test example.test\nnameserver 192.0.2.53\noptions ndots:5\n");
  EXPECT_EQ(with, ResolvConf::Parse("nameserver 192.0.2.53\n"));
}

TEST(ResolvConfTest, NumbersHaveTheBoundsOfTheCLibraryAndNonsenseCountsForNothing) {
  const ResolvConf high = ResolvConf::Parse("options timeout:999 attempts:999");
  EXPECT_EQ(high.timeout, absl::Seconds(30));
  EXPECT_EQ(high.attempts, limits::kNameServerAttemptsMax);
  for (const char* text : {"options timeout:0 attempts:0", "options timeout:-1 attempts:x",
                           "options timeout: attempts:1x", "options timeout:99999999999"}) {
    EXPECT_EQ(ResolvConf::Parse(text).timeout, limits::kNameServerTimeout) << text;
    EXPECT_EQ(ResolvConf::Parse(text).attempts, limits::kNameServerAttempts) << text;
  }
}

TEST(ResolvConfTest, ServerThatCannotBeAskedIsRemarkedOnInPrintableWords) {
  const ResolvConf conf =
      ResolvConf::Parse("nameserver fe80::1%eth0\nnameserver \x1b[31m\nnameserver 192.0.2.53\n");
  EXPECT_THAT(conf.servers, ElementsAre(At("192.0.2.53")));
  ASSERT_EQ(conf.remarks.size(), 2u);
  EXPECT_THAT(conf.remarks[0], HasSubstr("fe80::1%eth0"));
  EXPECT_EQ(conf.remarks[1].find('\x1b'), std::string::npos);
}

TEST(ResolvConfTest, MoreServersThanMayBeAreLeftOut) {
  std::string text;
  for (size_t i = 0; i <= limits::kNameServersMax; ++i)
    absl::StrAppend(&text, "nameserver 192.0.2.", i + 1, "\n");
  const ResolvConf conf = ResolvConf::Parse(text);
  EXPECT_EQ(conf.servers.size(), limits::kNameServersMax);
  EXPECT_EQ(conf.remarks.size(), 1u);
}

}  // namespace
}  // namespace sluice

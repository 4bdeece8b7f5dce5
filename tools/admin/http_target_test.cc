#include "tools/admin/http_target.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

TEST(HttpTargetTest, PathAndQueryAreDecoded) {
  const auto target =
      ParseHttpTarget("/api/v1/sessions?filter=user%3Dalice+rule%3D%22my%20rule%22&limit=5");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_THAT(target->parts, ElementsAre("api", "v1", "sessions"));
  EXPECT_EQ(target->action, "");
  EXPECT_EQ(target->Query("filter"), "user=alice rule=\"my rule\"");
  EXPECT_EQ(target->Query("limit"), "5");
  EXPECT_EQ(target->Query("cursor"), "");
}

TEST(HttpTargetTest, PlusIsABlankInAQueryOnly) {
  EXPECT_THAT(ParseHttpTarget("/a+b")->parts, ElementsAre("a+b"));
  EXPECT_EQ(ParseHttpTarget("/a?k=a+b%2B")->Query("k"), "a b+");
}

TEST(HttpTargetTest, KeysWithoutValuesAndValuesWithEqualSignsAreTaken) {
  const auto target = ParseHttpTarget("/a?&x&y=a=b&&");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->query.size(), 2u);
  EXPECT_EQ(target->Query("y"), "a=b");
}

TEST(HttpTargetTest, TextIsUtf8) {
  EXPECT_EQ(ParseHttpTarget("/a?k=%C3%A4%E2%82%AC%F0%9F%98%80")->Query("k"), "ä€😀");
  for (const char* bad : {"%80", "%C3", "%C3%28", "%C0%AF", "%E0%80%AF", "%ED%A0%80",
                          "%F0%80%80%AF", "%F4%90%80%80", "%F5%80%80%80", "%FF", "%C3%C3%A4"}) {
    EXPECT_FALSE(ParseHttpTarget(absl::StrCat("/a?k=", bad)).ok()) << bad;
    EXPECT_FALSE(ParseHttpTarget(absl::StrCat("/", bad)).ok()) << bad;
  }
}

TEST(HttpTargetTest, ControlCharactersAndBrokenEscapesAreRefused) {
  for (const char* bad : {"%00", "%0a", "%0D", "%1b", "%7F", "%", "%4", "%zz", "%-1", "a%2"}) {
    EXPECT_FALSE(ParseHttpTarget(absl::StrCat("/a?k=", bad)).ok()) << bad;
    EXPECT_FALSE(ParseHttpTarget(absl::StrCat("/a?", bad, "=1")).ok()) << bad;
    EXPECT_FALSE(ParseHttpTarget(absl::StrCat("/", bad)).ok()) << bad;
  }
}

TEST(HttpTargetTest, PathsThatLeadElsewhereAreRefused) {
  for (const char* bad : {"", "*", "api", "http://x/livez", "//livez", "/a//b", "/a/", "/./livez",
                          "/a/../livez", "/%2e%2e/livez", "/..", "?a=b", "/a:", "/:"})
    EXPECT_FALSE(ParseHttpTarget(bad).ok()) << bad;
  EXPECT_TRUE(ParseHttpTarget("/").ok());
  EXPECT_TRUE(ParseHttpTarget("/a..b/.c").ok());
}

TEST(HttpTargetTest, WhatIsDoneStandsBehindAColonAndANameMayHaveOneEncoded) {
  const auto target = ParseHttpTarget("/rules/a%3Amove%2Fb%252F:move?x=1:2");
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_THAT(target->parts, ElementsAre("rules", "a:move/b%2F"));
  EXPECT_EQ(target->action, "move");
  EXPECT_EQ(ParseHttpTarget("/rules/a%3Amove")->action, "");
  EXPECT_THAT(ParseHttpTarget("/a:b/c")->parts, ElementsAre("a:b", "c"));
}

TEST(HttpTargetTest, AKeyComesOnceAndNotManyDo) {
  EXPECT_FALSE(ParseHttpTarget("/a?k=1&k=2").ok());
  EXPECT_FALSE(ParseHttpTarget("/a?k=1&%6b=2").ok());
  std::string many = "/a?";
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "k", i, "=1&");
  EXPECT_FALSE(ParseHttpTarget(many).ok());
}

TEST(HttpTargetTest, FaultsSayNothingOfWhatCame) {
  const auto target = ParseHttpTarget("/a?k=%1b[2Jsecret");
  EXPECT_EQ(target.status().message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace sluice

#include "policy/principal_pattern.h"

#include <string>

#include "core/limits.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string UserOf(std::string_view pattern, std::string_view principal) {
  PrincipalPattern parsed;
  Complaint complaint;
  EXPECT_TRUE(PrincipalPattern::Parse(pattern, &parsed, &complaint)) << pattern;
  return std::string(parsed.UserOf(principal).value_or("nobody"));
}

TEST(PrincipalPatternTest, ARealmLeavesTheNameBeforeIt) {
  EXPECT_EQ(UserOf("*@EXAMPLE.ORG", "alice@EXAMPLE.ORG"), "alice");
  EXPECT_EQ(UserOf("*@EXAMPLE.ORG", "alice/admin@EXAMPLE.ORG"), "alice/admin");
  EXPECT_EQ(UserOf("*@EXAMPLE.ORG", "alice@EXAMPLE.COM"), "nobody");
  EXPECT_EQ(UserOf("*@EXAMPLE.ORG", "alice@example.org"), "nobody");
  EXPECT_EQ(UserOf("*@EXAMPLE.ORG", "alice@SUB.EXAMPLE.ORG"), "nobody");
  EXPECT_EQ(UserOf("*@EXAMPLE.ORG", "alice"), "nobody");
}

TEST(PrincipalPatternTest, AnyRealmKeepsTheWholePrincipal) {
  EXPECT_EQ(UserOf("*@*", "alice@EXAMPLE.ORG"), "alice@EXAMPLE.ORG");
  EXPECT_EQ(UserOf("*/socks@*", "alice/socks@EXAMPLE.ORG"), "alice/socks@EXAMPLE.ORG");
  EXPECT_EQ(UserOf("*/socks@*", "alice@EXAMPLE.ORG"), "nobody");
  EXPECT_EQ(PrincipalPattern().UserOf("a@B"), "a@B");
}

TEST(PrincipalPatternTest, WhatStandsAroundTheStarIsNoPartOfTheUser) {
  EXPECT_EQ(UserOf("*/socks@R", "alice/socks@R"), "alice");
  EXPECT_EQ(UserOf("u-*@R", "u-7@R"), "7");
  EXPECT_EQ(UserOf("u-*@R", "u-@R"), "nobody");
  EXPECT_EQ(UserOf("a*a@R", "a@R"), "nobody");
  EXPECT_EQ(UserOf("a*a@R", "aa@R"), "nobody");
  EXPECT_EQ(UserOf("a*a@R", "aba@R"), "b");
}

TEST(PrincipalPatternTest, WhatCouldBeReadTwoWaysIsNobody) {
  // MIT Kerberos shows an "@" inside a name as "\@".
  for (const char* principal :
       {"alice\\@EXAMPLE.ORG@EVIL.ORG", "alice@EXAMPLE.ORG@EVIL.ORG", "al\\nice@EXAMPLE.ORG",
        "al ice@EXAMPLE.ORG", "al\nice@EXAMPLE.ORG", "@EXAMPLE.ORG", "alice@", "@", ""}) {
    EXPECT_EQ(UserOf("*@EXAMPLE.ORG", principal), "nobody") << principal;
    EXPECT_EQ(UserOf("*@*", principal), "nobody") << principal;
  }
}

TEST(PrincipalPatternTest, AUserHasNoMoreBytesThanAUserNameMayHave) {
  const std::string longest(limits::kUserNameBytesMax, 'a');
  EXPECT_EQ(UserOf("*@R", longest + "@R"), longest);
  EXPECT_EQ(UserOf("*@R", longest + "a@R"), "nobody");
  EXPECT_EQ(UserOf("*@*", longest + "@R"), "nobody");
}

TEST(PrincipalPatternTest, APatternHasOneStarInTheNameAndARealm) {
  for (const char* text :
       {"", "*", "@", "*@", "@R", "alice@R", "**@R", "*@*.ORG", "*@R@R", "* @R", "*\\@R"}) {
    PrincipalPattern pattern;
    Complaint complaint;
    EXPECT_FALSE(PrincipalPattern::Parse(text, &pattern, &complaint)) << text;
    EXPECT_FALSE(complaint.advice.empty());
  }
}

}  // namespace
}  // namespace sluice

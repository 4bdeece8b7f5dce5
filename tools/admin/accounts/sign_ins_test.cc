#include "tools/admin/accounts/sign_ins.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/accounts/random_text.h"

namespace sluice {
namespace {

using ::testing::MatchesRegex;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

SignIn Alice() {
  SignIn alice;
  alice.name = "alice";
  alice.role = Role::kOperator;
  return alice;
}

TEST(RandomTextTest, TextsAreLongPlainAndDifferent) {
  const std::string one = RandomText();
  EXPECT_THAT(one, MatchesRegex("[A-Za-z0-9_-]{43}"));
  EXPECT_NE(one, RandomText());
  EXPECT_THAT(HashOfText(one), MatchesRegex("[0-9a-f]{64}"));
  EXPECT_EQ(HashOfText(one), HashOfText(one));
  EXPECT_NE(HashOfText(one), HashOfText(one + "a"));
}

TEST(SignInsTest, ALinkIsForOneUseWithinMinutes) {
  SignIns sign_ins;
  const std::string code = sign_ins.MakeLink(Alice(), kNow);
  EXPECT_FALSE(sign_ins.TakeLink("", kNow).has_value());
  EXPECT_FALSE(sign_ins.TakeLink(code + "a", kNow).has_value());
  const auto who = sign_ins.TakeLink(code, kNow + absl::Minutes(5) - absl::Seconds(1));
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->name, "alice");
  EXPECT_EQ(who->role, Role::kOperator);
  EXPECT_FALSE(sign_ins.TakeLink(code, kNow).has_value());

  const std::string late = sign_ins.MakeLink(Alice(), kNow);
  EXPECT_FALSE(sign_ins.TakeLink(late, kNow + absl::Minutes(5)).has_value());
}

TEST(SignInsTest, OnlyTheNewestLinksAreKept) {
  SignIns sign_ins;
  const std::string first = sign_ins.MakeLink(Alice(), kNow);
  std::string last;
  for (size_t i = 1; i <= admin_bounds::kLinksMax; ++i)
    last = sign_ins.MakeLink(Alice(), kNow + absl::Milliseconds(i));
  EXPECT_FALSE(sign_ins.TakeLink(first, kNow + absl::Seconds(1)).has_value());
  EXPECT_TRUE(sign_ins.TakeLink(last, kNow + absl::Seconds(1)).has_value());
}

TEST(SignInsTest, ASignInIsFoundByItsTextOnly) {
  SignIns sign_ins;
  const SignIns::Begun begun = sign_ins.Begin(Alice(), kNow);
  EXPECT_NE(begun.text, begun.sign_in.id);
  EXPECT_NE(begun.text, begun.sign_in.csrf);
  EXPECT_FALSE(sign_ins.Use(begun.sign_in.id, kNow).has_value());
  EXPECT_FALSE(sign_ins.Use("", kNow).has_value());
  const auto found = sign_ins.Use(begun.text, kNow);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->csrf, begun.sign_in.csrf);
}

TEST(SignInsTest, ItEndsWithoutUseAndAfterHoursOfUse) {
  SignIns sign_ins;
  const SignIns::Begun idle = sign_ins.Begin(Alice(), kNow);
  EXPECT_TRUE(sign_ins.IsOpen(idle.sign_in.id, kNow + absl::Minutes(14)));  // which is no use
  EXPECT_FALSE(sign_ins.IsOpen(idle.sign_in.id, kNow + absl::Minutes(15)));
  EXPECT_FALSE(sign_ins.Use(idle.text, kNow + absl::Minutes(15)).has_value());

  const SignIns::Begun busy = sign_ins.Begin(Alice(), kNow);
  absl::Time now = kNow;
  for (; now < kNow + absl::Hours(12); now += absl::Minutes(10))
    EXPECT_TRUE(sign_ins.Use(busy.text, now).has_value());
  EXPECT_FALSE(sign_ins.Use(busy.text, now).has_value());
}

TEST(SignInsTest, ItEndsWhenItsOwnerSaysSo) {
  SignIns sign_ins;
  const SignIns::Begun one = sign_ins.Begin(Alice(), kNow);
  const SignIns::Begun other = sign_ins.Begin(Alice(), kNow);
  sign_ins.End(one.sign_in.id);
  EXPECT_FALSE(sign_ins.Use(one.text, kNow).has_value());
  EXPECT_TRUE(sign_ins.Use(other.text, kNow).has_value());
}

TEST(SignInsTest, AnAccountsEndWithItAndNobodyElses) {
  SignIns sign_ins;
  SignIn by_account = Alice();
  by_account.by_account = true;
  const SignIns::Begun account = sign_ins.Begin(by_account, kNow);
  const SignIns::Begun link = sign_ins.Begin(Alice(), kNow);
  sign_ins.EndAllOf("alice");
  EXPECT_FALSE(sign_ins.Use(account.text, kNow).has_value());
  EXPECT_TRUE(sign_ins.Use(link.text, kNow).has_value());
}

TEST(SignInsTest, TheirNumberIsBounded) {
  SignIns sign_ins;
  const SignIns::Begun first = sign_ins.Begin(Alice(), kNow);
  for (size_t i = 0; i < 2 * admin_bounds::kSignInsMax; ++i)
    sign_ins.Begin(Alice(), kNow + absl::Milliseconds(1));
  EXPECT_LE(sign_ins.size(), admin_bounds::kSignInsMax);
  EXPECT_FALSE(sign_ins.Use(first.text, kNow + absl::Seconds(1)).has_value());
}

}  // namespace
}  // namespace sluice

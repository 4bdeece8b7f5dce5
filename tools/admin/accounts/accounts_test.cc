#include "tools/admin/accounts/accounts.h"

#include <sodium.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/admin/store/memory_store.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr char kPassword[] = "correct horse";

class AccountsTest : public ::testing::Test {
 protected:
  AccountsTest() {
    EXPECT_GE(sodium_init(), 0);
    EXPECT_TRUE(accounts_.Put("alice", Role::kOperator, kPassword, true, kNow).ok());
  }

  absl::StatusCode Try(std::string_view name, std::string_view password, std::string_view from,
                       absl::Time now = kNow) {
    return accounts_.Check(name, password, from, now).status().code();
  }

  MemoryStore store_;
  SignIns sign_ins_;
  Accounts accounts_{store_, sign_ins_};
};

TEST_F(AccountsTest, ThePasswordAndNothingElseSignsIn) {
  const auto who = accounts_.Check("alice", kPassword, "192.0.2.1", kNow);
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->role, Role::kOperator);
  EXPECT_TRUE(who->by_account);
  EXPECT_FALSE(who->reads_all_files);
  const auto wrong = accounts_.Check("alice", "wrong", "192.0.2.1", kNow);
  const auto unknown = accounts_.Check("bob", kPassword, "192.0.2.1", kNow);
  EXPECT_TRUE(absl::IsUnauthenticated(wrong.status()));
  EXPECT_EQ(wrong.status(), unknown.status());
}

TEST_F(AccountsTest, OnlyHashesAreKept) {
  const auto row = store_.GetAdministrator("alice");
  ASSERT_TRUE(row.ok());
  EXPECT_THAT(row->password_hash, StartsWith("$y$"));
  EXPECT_THAT(row->password_hash, Not(HasSubstr(kPassword)));
  const auto made =
      accounts_.MakeToken("backup", Role::kViewer, kNow + absl::Hours(1), "alice", kNow);
  ASSERT_TRUE(made.ok());
  EXPECT_THAT(made->text, StartsWith("slc_"));
  EXPECT_THAT(made->text, Not(HasSubstr(made->row.id)));
}

TEST_F(AccountsTest, AChangeEndsItsSignIns) {
  const auto begun = sign_ins_.Begin(*accounts_.Check("alice", kPassword, "192.0.2.1", kNow), kNow);
  EXPECT_TRUE(sign_ins_.IsOpen(begun.sign_in.id, kNow));
  EXPECT_TRUE(accounts_.Put("alice", Role::kViewer, std::nullopt, false, kNow).ok());
  EXPECT_FALSE(sign_ins_.IsOpen(begun.sign_in.id, kNow));
  EXPECT_EQ(accounts_.Check("alice", kPassword, "192.0.2.1", kNow)->role, Role::kViewer);
}

TEST_F(AccountsTest, WhatCannotBeIsRefused) {
  EXPECT_TRUE(absl::IsAlreadyExists(accounts_.Put("alice", Role::kViewer, kPassword, true, kNow)));
  EXPECT_TRUE(absl::IsNotFound(accounts_.Put("bob", Role::kViewer, kPassword, false, kNow)));
  for (const char* name : {"", "a b", "a\n", "\xff", "a/b"})
    EXPECT_TRUE(absl::IsInvalidArgument(accounts_.Put(name, Role::kViewer, kPassword, true, kNow)));
  EXPECT_TRUE(absl::IsInvalidArgument(accounts_.Put("bob", Role::kViewer, "short", true, kNow)));
  EXPECT_TRUE(
      absl::IsInvalidArgument(accounts_.Put("bob", Role::kViewer, std::nullopt, true, kNow)));
}

TEST_F(AccountsTest, ASourceThatGuessesIsRefusedForAWhileAndOthersAreNot) {
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(Try(absl::StrCat("name", i), "x", "192.0.2.1"), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Try("alice", kPassword, "192.0.2.1"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Try("alice", kPassword, "192.0.2.2"), absl::StatusCode::kOk);
  EXPECT_EQ(Try("alice", kPassword, "192.0.2.1", kNow + absl::Minutes(6)), absl::StatusCode::kOk);
}

TEST_F(AccountsTest, ANameThatIsGuessedFromEverywhereIsRefusedForAWhile) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(Try("alice", "x", absl::StrCat("192.0.2.", i)), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Try("alice", kPassword, "198.51.100.1"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Try("alice", kPassword, "198.51.100.1", kNow + absl::Minutes(5)),
            absl::StatusCode::kOk);
}

TEST_F(AccountsTest, ATokenIsGoodUntilItEnds) {
  const auto made =
      accounts_.MakeToken("backup", Role::kViewer, kNow + absl::Hours(1), "alice", kNow);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto row = accounts_.UseToken(made->text, kNow);
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->name, "backup");
  EXPECT_EQ(row->role, "viewer");
  EXPECT_EQ(store_.GetToken(row->id)->last_used, kNow);
  EXPECT_FALSE(accounts_.UseToken(made->text + "x", kNow).has_value());
  EXPECT_FALSE(accounts_.UseToken("slc_", kNow).has_value());
  EXPECT_FALSE(accounts_.UseToken(made->text, kNow + absl::Hours(1)).has_value());
  EXPECT_TRUE(accounts_.TokenIsGood(row->id, kNow));
  EXPECT_TRUE(accounts_.DeleteToken(row->id).ok());
  EXPECT_FALSE(accounts_.UseToken(made->text, kNow).has_value());
  EXPECT_FALSE(accounts_.TokenIsGood(row->id, kNow));
}

TEST_F(AccountsTest, ATokenLastsAYearAtMost) {
  for (const absl::Duration time : {-absl::Seconds(1), absl::ZeroDuration(), absl::Hours(24 * 400)})
    EXPECT_TRUE(absl::IsInvalidArgument(
        accounts_.MakeToken("backup", Role::kViewer, kNow + time, "alice", kNow).status()));
}

}  // namespace
}  // namespace sluice

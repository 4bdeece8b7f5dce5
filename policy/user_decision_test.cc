// What rules for users mean.

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/asked_policy.h"

namespace sluice {
namespace {

constexpr char kUsers[] = R"(
  [auth]
  methods = ["gssapi", "password", "none"]
  pam_service = "sluice"
  [groups]
  staff = ["bob", "carol@EXAMPLE.ORG", "bob"]
  empty = []
)";

class UserDecisionTest : public AskedPolicy {
 protected:
  std::string As(std::string_view user, UserProof proof) {
    request_.user = user;
    request_.proof = proof;
    return To("198.51.100.1");
  }
  std::string As(std::string_view user) { return As(user, UserProof::kAuthenticated); }
};

TEST_F(UserDecisionTest, ARuleForUsersMatchesOnlyThemAndOnlyAuthenticated) {
  Compile(absl::StrCat(kUsers, R"([[rule]]
                                  name = "alice"
                                  users = ["alice"]
                                  verdict = "allow"
                                  [[rule]]
                                  name = "staff"
                                  groups = ["staff", "empty"]
                                  verdict = "allow"
                                  [[rule]]
                                  name = "others"
                                  authenticated = true
                                  destination_ports = ["443"]
                                  verdict = "allow")"));
  EXPECT_EQ(As("alice"), "allow: alice");
  EXPECT_EQ(As("bob"), "allow: staff");
  EXPECT_EQ(As("carol@EXAMPLE.ORG"), "allow: staff");
  EXPECT_EQ(As("carol"), "allow: others");
  EXPECT_EQ(As("Alice"), "allow: others");
  EXPECT_EQ(As(""), "allow: others");
  for (const UserProof proof : {UserProof::kNone, UserProof::kClaimed, UserProof::kIdent})
    EXPECT_EQ(As("alice", proof), "deny: default deny");
  EXPECT_EQ(ToName("example.com"), "deny: default deny");
  request_.proof = UserProof::kAuthenticated;
  EXPECT_EQ(ToName("example.com"), "resolve: alice");
  request_.port = 80;
  EXPECT_EQ(As("carol"), "deny: default deny");
}

TEST_F(UserDecisionTest, ADenialForAUserLeavesTheOthersToLaterRules) {
  Compile(absl::StrCat(kUsers, R"([[rule]]
                                  name = "not bob"
                                  users = ["bob"]
                                  [[rule]]
                                  name = "all"
                                  verdict = "allow")"));
  EXPECT_EQ(As("bob"), "deny: not bob");
  EXPECT_EQ(As("alice"), "allow: all");
  EXPECT_EQ(As("bob", UserProof::kClaimed), "allow: all");
  EXPECT_EQ(As("", UserProof::kNone), "allow: all");
}

TEST_F(UserDecisionTest, ARuleWithIdentTakesConfirmedUserIdsForUsers) {
  Compile(absl::StrCat(kUsers, R"([[rule]]
                                  name = "confirmed"
                                  users = ["alice"]
                                  groups = ["staff"]
                                  ident = true
                                  verdict = "allow"
                                  [[rule]]
                                  name = "anybody confirmed"
                                  authenticated = true
                                  ident = true
                                  destination_ports = ["443"]
                                  verdict = "allow")"));
  for (const UserProof proof :
       {UserProof::kClaimed, UserProof::kIdent, UserProof::kAuthenticated}) {
    EXPECT_EQ(As("alice", proof), "allow: confirmed");
    EXPECT_EQ(As("bob", proof), "allow: confirmed");
    EXPECT_EQ(As("mallory", proof), "allow: anybody confirmed");
  }
  EXPECT_EQ(As("", UserProof::kNone), "deny: default deny");
  EXPECT_TRUE(snapshot_->Grant(0).ident);
}

TEST_F(UserDecisionTest, ARuleWithIdentAloneIsForEverybody) {
  Compile(R"([[rule]]
             name = "all"
             ident = true
             verdict = "allow")");
  EXPECT_EQ(As("", UserProof::kNone), "allow: all");
  EXPECT_EQ(As("alice", UserProof::kClaimed), "allow: all");
  EXPECT_TRUE(snapshot_->Grant(0).ident);
}

TEST_F(UserDecisionTest, AuthenticatedBesideUsersMakesTheRuleNoWider) {
  Compile(absl::StrCat(kUsers, R"([[rule]]
                                  name = "alice"
                                  users = ["alice"]
                                  authenticated = true
                                  verdict = "allow")"));
  EXPECT_EQ(As("alice"), "allow: alice");
  EXPECT_EQ(As("bob"), "deny: default deny");
}

TEST_F(UserDecisionTest, AnEmptyGroupIsNobody) {
  Compile(absl::StrCat(kUsers, R"([[rule]]
                                  name = "empty"
                                  groups = ["empty"]
                                  verdict = "allow")"));
  EXPECT_EQ(As(""), "deny: default deny");
  EXPECT_EQ(As("bob"), "deny: default deny");
}

}  // namespace
}  // namespace sluice

// Users, groups and the rules for them, as an administrator writes them: what is read, what is
// refused, and that no error shows a password or its hash.

#include <string>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/config.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHash[] =
    "$y$j9T$abcdefghijklmnopqrstuv$0123456789012345678901234567890123456789012";
// A line each.
const std::string kPassword = "[auth]\nmethods = [\"password\"]\n";
const std::string kAlice = absl::StrCat("[[user]]\nname = \"alice\"\npassword = \"", kHash, "\"\n");

absl::StatusOr<Config> Parse(const std::string& text) {
  return ParseConfig(text, "sluice.toml",
                     [](std::string_view) { return absl::NotFoundError("no such file"); });
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Config> config = Parse(text);
  EXPECT_FALSE(config.ok());
  return config.ok() ? "" : std::string(config.status().message());
}

TEST(UserReaderTest, UsersGroupsAndRulesAreRead) {
  const absl::StatusOr<Config> config = Parse(absl::StrCat(
      R"([[rule]]
         users = ["alice", "bob"]
         [[rule]]
         groups = ["staff", "empty"]
         ident = true
         [[rule]]
         authenticated = true
         [[rule]]
         [groups]
         staff = ["alice", "carol@EXAMPLE.ORG"]
         empty = []
      )",
      kPassword, kAlice));
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->users.size(), 1u);
  EXPECT_EQ(config->users[0].name, "alice");
  EXPECT_EQ(config->users[0].password_hash.Reveal(), kHash);
  ASSERT_EQ(config->groups.size(), 2u);
  EXPECT_EQ(config->groups[0].name, "staff");
  EXPECT_THAT(config->groups[0].members, ElementsAre("alice", "carol@EXAMPLE.ORG"));
  EXPECT_THAT(config->groups[1].members, ElementsAre());
  EXPECT_THAT(config->rules[0].users.names, ElementsAre("alice", "bob"));
  EXPECT_THAT(config->rules[1].users.groups, ElementsAre(0, 1));
  EXPECT_TRUE(config->rules[2].users.authenticated);
  EXPECT_TRUE(config->rules[3].users.is_everybody());
}

struct Wrong {
  std::string text;
  const char* error;
};

class WrongUserTest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongUserTest, IsToldWithItsPlaceAndARemedy) {
  EXPECT_EQ(ErrorOf(GetParam().text), GetParam().error);
}

// Each on one line: an input, and its message.
// clang-format off
const Wrong kWrong[] = {
    // [[user]]
    {"[user]\nname = \"a\"\n", "sluice.toml:1:1: expected tables [[user]], found a table; write [[user]], with two brackets, above each user"},
    {"[[user]]\nnmae = \"a\"\n", R"(sluice.toml:2:1: expected a key of [[user]], found "nmae"; did you mean "name"?)"},
    {"[[user]]\nname = \"\"\n", R"(sluice.toml:2:8: expected the name of a user, 1 to 255 bytes without control characters, found ""; write the name as the user gives it)"},
    {"[[user]]\nname = \"a\"\n", "sluice.toml:1:1: expected a user with the keys name and password, found one without a password; write both; users that only PAM or Kerberos know have no [[user]]"},
    {kPassword + kAlice + kAlice, R"(sluice.toml:7:8: expected a name that no other user has, found "alice", which the user of line 4 has; keep one of the two)"},
    {"[[user]]\nname = \"a\"\npassword = \"hunter2\"\n", R"(sluice.toml:3:12: expected a crypt(3) hash that begins with $y$, $gy$, $7$, $2b$, $6$ or $5$, found what is no hash; run "sluiced --hash_password" and write what it prints)"},
    {"[[user]]\nname = \"a\"\npassword = 1234\n", R"(sluice.toml:3:12: expected the hash of a password, as text, found a value of another type; run "sluiced --hash_password" and write what it prints, in quotes)"},
    // [groups]
    {"groups = [\"a\"]\n", "sluice.toml:1:10: expected a table [groups], found an array; write it as a table, with a key for each group"},
    {"[groups]\n\"a b\" = []\n", R"(sluice.toml:2:1: expected a group's name of letters, digits, "-" and "_", at most 63, found "a b"; rename the group)"},
    {"[groups]\nstaff = \"alice\"\n", R"(sluice.toml:2:9: expected a list of users, found "alice"; write it as a list: ["…", "…"])"},
    {"[groups]\nstaff = [7]\n", "sluice.toml:2:10: expected the name of a user, found 7; write it as text in double quotes"},
    // Rules
    {"[[rule]]\nusers = []\n", "sluice.toml:2:9: expected a list of users, found an empty list; write at least one entry"},
    {"[[rule]]\ngroups = [\"staff\"]\n", R"(sluice.toml:2:11: expected the name of a group, found "staff"; write it as a key of the table [groups])"},
    {"[[rule]]\ngroups = [\"staf\"]\n[groups]\nstaff = []\n", R"(sluice.toml:2:11: expected the name of a group, found "staf"; did you mean "staff"?)"},
    // What contradicts itself
    {kPassword, R"(sluice.toml:2:11: expected something that knows passwords, found neither a [[user]] nor a pam_service; write a table [[user]], or name a PAM service, or take "password" out)"},
    {"[auth]\npam_service = \"sluice\"\n", R"(sluice.toml:2:15: expected "password" among auth.methods, found a pam_service without it; add "password" to auth.methods, or empty pam_service)"},
    {kAlice, R"(sluice.toml:1:1: expected "password" among auth.methods, found a [[user]] without it; add "password" to auth.methods, or nobody is asked for a password)"},
    {"[auth]\ngssapi_users = \"*@EXAMPLE.ORG\"\n", R"(sluice.toml:2:16: expected "gssapi" among auth.methods, found gssapi_users without it; add "gssapi" to auth.methods, or leave this key out)"},
    {"[[rule]]\nusers = [\"alice\"]\n", R"(sluice.toml:2:9: expected a method by which users can authenticate, found a rule for users without one; add "password" or "gssapi" to auth.methods, or for SOCKS4 write ident = true)"},
    {"[[rule]]\nauthenticated = true\n", R"(sluice.toml:2:17: expected a method by which users can authenticate, found a rule for users without one; add "password" or "gssapi" to auth.methods, or for SOCKS4 write ident = true)"},
    {kPassword + kAlice + "[[rule]]\nusers = [\"alcie\"]\n", R"(sluice.toml:7:10: expected the name of a [[user]], found "alcie"; did you mean "alice"?)"},
    {kPassword + kAlice + "[groups]\nstaff = [\"alice\", \"roberta\"]\n", R"(sluice.toml:7:19: expected the name of a [[user]], found "roberta"; write a table [[user]], or name a PAM service that knows the user)"},
    {"[[rule]]\nbind_any_peer = true\ncommands = [\"connect\"]\n", R"(sluice.toml:2:17: expected "bind" among commands, found bind_any_peer without it; add the command to the rule, or leave this key out)"},
    {"[[rule]]\nudp_any_peer = true\ncommands = [\"connect\"]\n", R"(sluice.toml:2:16: expected "udp_associate" among commands, found udp_any_peer without it; add the command to the rule, or leave this key out)"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Golden, WrongUserTest, testing::ValuesIn(kWrong));

TEST(UserReaderTest, AUserThatOnlyAnotherBackEndKnowsMayStandInRulesAndGroups) {
  const std::string rest =
      absl::StrCat(kAlice, "[groups]\nstaff = [\"bob\"]\n[[rule]]\nusers = [\"carol\"]\n");
  for (const std::string auth : {"[auth]\nmethods = [\"password\"]\npam_service = \"sluice\"\n",
                                 "[auth]\nmethods = [\"gssapi\", \"password\"]\n",
                                 "[auth]\nmethods = [\"password\"]\nident = \"require\"\n"}) {
    const absl::StatusOr<Config> config = Parse(auth + rest);
    EXPECT_TRUE(config.ok()) << config.status();
  }
  EXPECT_TRUE(Parse(kPassword + rest + "ident = true\n").ok());
  EXPECT_TRUE(Parse("[[rule]]\nusers = [\"carol\"]\nident = true\n").ok());
  EXPECT_FALSE(Parse(kPassword + rest).ok());
}

TEST(UserReaderTest, ARuleThatIsOffMayNameAnybody) {
  EXPECT_TRUE(Parse("[[rule]]\nenabled = false\nusers = [\"alice\"]\n").ok());
  EXPECT_TRUE(Parse(kPassword + kAlice + "[[rule]]\nenabled = false\nusers = [\"bob\"]\n").ok());
}

TEST(UserReaderTest, NoErrorShowsAPasswordOrAHash) {
  const std::string secrets[] = {"hunter2", "$1$salt$0123456789012345678901", "ab0123456789.",
                                 std::string(kHash) + "=", "!hunter2"};
  for (const std::string& secret : secrets) {
    for (const std::string& line :
         {"password = \"" + secret + "\"", "password = [\"" + secret + "\"]",
          "password = { a = \"" + secret + "\" }", "passwort = \"" + secret + "\"",
          "password = " + secret, "password = \"" + secret, "password = '" + secret + "\" x"}) {
      const std::string error = ErrorOf("[[user]]\nname = \"a\"\n" + line + "\n");
      EXPECT_THAT(error, Not(HasSubstr(secret.substr(0, 6)))) << line;
      EXPECT_THAT(error, Not(HasSubstr(secret.substr(secret.size() - 6)))) << line;
    }
  }
}

TEST(UserReaderTest, ManyUsersAreReadAndOneMoreIsRefused) {
  std::string text = kPassword;
  for (size_t i = 0; i < limits::kUsersMax; ++i)
    absl::StrAppend(&text, "[[user]]\nname = \"u", i, "\"\npassword = \"", kHash, "\"\n");
  const absl::StatusOr<Config> config = Parse(text);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->users.size(), limits::kUsersMax);
  EXPECT_THAT(ErrorOf(text + kAlice), HasSubstr("expected at most 100000 users, found one more"));
}

TEST(UserReaderTest, MembersBeyondTheBoundAreRefused) {
  std::string text = "[groups]\nstaff = [";
  for (size_t i = 0; i <= limits::kGroupMembersMax; ++i) text += "\"a\",";
  EXPECT_THAT(ErrorOf(text + "]\n"), HasSubstr("expected at most 1000000 members"));
}

}  // namespace
}  // namespace sluice

#include "tools/admin/draft_edits.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "relay/auth/password_hash.h"

namespace sluice {
namespace {

constexpr char kText[] = R"([socks]
port = 1080   # ours

[[user]]
name = "alice"
password = "$y$j9T$kept"

[groups]
staff = ["alice"]

[sets.office]
addresses = ["10.0.0.0/8"]

# Why.
[[rule]]
name = "office"
enabled = false
source = ["@office"]   # all
verdict = "allow"

[[rule]]
name = "rest"
)";

std::string Or(const absl::StatusOr<std::string>& text) {
  return text.ok() ? *text : std::string(text.status().message());
}

std::string With(const std::string& what, const std::string& by) {
  EXPECT_NE(std::string(kText).find(what), std::string::npos) << what;
  return absl::StrReplaceAll(kText, {{what, by}});
}

TEST(DraftEditsTest, AnAnswerThatIsSentBackChangesNothing) {
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kRule, "office",
                        Json{{"number", 1},
                             {"name", "office"},
                             {"file", "x"},
                             {"line", 15},
                             {"text", "…"},
                             {"enabled", false},
                             {"source", {"@office"}},
                             {"verdict", "allow"}})),
            kText);
  // Nor does a form that fills in every default.
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kRule, "rest",
                        Json{{"name", "rest"},
                             {"comment", ""},
                             {"enabled", true},
                             {"expires", nullptr},
                             {"source", {"any"}},
                             {"destination_ports", {"1-65535"}},
                             {"commands", {"connect", "bind", "udp_associate"}},
                             {"verdict", "deny"}})),
            kText);
  EXPECT_EQ(Or(PatchSettings(kText, Json{{"socks", {{"port", 1080}, {"socks4", false}}},
                                         {"timeouts", {{"idle", "1h"}, {"bind", nullptr}}}})),
            kText);
}

TEST(DraftEditsTest, APutIsTheWholeEntry) {
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kRule, "office",
                        Json{{"source", {"@office"}}, {"expires", "2030-12-31"}})),
            With("enabled = false\nsource = [\"@office\"]   # all\nverdict = \"allow\"\n",
                 "expires = 2030-12-31\nsource = [\"@office\"]   # all\n"));
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kSet, "office",
                        Json{{"name", "home"}, {"addresses", {"10.0.0.0/8", "192.0.2.1"}}})),
            absl::StrReplaceAll(kText, {{"sets.office", "sets.home"},
                                        {"@office", "@home"},
                                        {"\"10.0.0.0/8\"", "\"10.0.0.0/8\", \"192.0.2.1\""}}));
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kGroup, "staff", Json{{"members", Json::array()}})),
            With("[\"alice\"]", "[]"));
}

TEST(DraftEditsTest, AUserKeepsItsPasswordOrGetsAHash) {
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kUser, "alice", Json{{"name", "al"}})),
            absl::StrReplaceAll(kText, {{"\"alice\"", "\"al\""}}));
  const std::string changed =
      Or(PutEntry(kText, ConfigPart::kUser, "alice", Json{{"password", "correct horse"}}));
  EXPECT_EQ(changed.find("horse"), std::string::npos);
  const size_t begin = changed.find("$y$");
  const std::string hash = changed.substr(begin, changed.find('"', begin) - begin);
  EXPECT_EQ(PasswordCheck().Check("correct horse", hash), PasswordCheck::Result::kMatches);
  EXPECT_EQ(Or(AddEntry(kText, ConfigPart::kUser, Json{{"name", "bob"}})),
            "expected a \"password\" for the user, found none; send one");
  const std::string wrong =
      Or(AddEntry(kText, ConfigPart::kUser, Json{{"name", "bob"}, {"password", 4711}}));
  EXPECT_EQ(wrong.find("4711"), std::string::npos) << wrong;
}

TEST(DraftEditsTest, RulesAreAddedMovedAndSwitched) {
  const std::string added = Or(AddEntry(
      kText, ConfigPart::kRule, Json{{"name", "new"}, {"before", "rest"}, {"verdict", "allow"}}));
  EXPECT_EQ(added,
            With("[[rule]]\nname = \"rest\"",
                 "[[rule]]\nname = \"new\"\nverdict = \"allow\"\n\n[[rule]]\nname = \"rest\""));
  EXPECT_EQ(Or(RemoveEntry(added, ConfigPart::kRule, "new")), kText);
  const std::string moved =
      Or(MoveEntry(kText, ConfigPart::kRule, "rest", Json{{"before", "office"}}));
  EXPECT_LT(moved.find("rest"), moved.find("# Why."));
  EXPECT_EQ(Or(MoveEntry(moved, ConfigPart::kRule, "rest", Json{{"before", nullptr}})), kText);
  EXPECT_EQ(Or(EnableRule(kText, "office", Json{{"enabled", true}})),
            With("enabled = false", "enabled = true"));
  EXPECT_EQ(Or(EnableRule(kText, "rest", Json{{"enabled", true}})), kText);
  EXPECT_EQ(Or(EnableRule(kText, "rest", Json{{"enabled", false}})),
            With("\"rest\"\n", "\"rest\"\nenabled = false\n"));
}

TEST(DraftEditsTest, SettingsAreSetAndTakenBack) {
  EXPECT_EQ(Or(PatchSettings(kText, Json{{"socks", {{"port", 1081}}}})), With("1080", "1081"));
  EXPECT_EQ(Or(PatchSettings(kText, Json{{"socks", {{"port", nullptr}}}})),
            With("port = 1080   # ours\n", ""));
  EXPECT_EQ(Or(PatchSettings(kText, Json{{"socks", {{"listen", {"any"}}, {"port", 1080}}}})),
            With("# ours\n", "# ours\nlisten = [\"any\"]\n"));
}

TEST(DraftEditsTest, ErrorsSayWhatToDo) {
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kRule, "rest", Json{{"soruce", {"any"}}})),
            "expected a key of a rule, found \"soruce\"; did you mean \"source\"?");
  EXPECT_EQ(Or(PatchSettings(kText, Json{{"socks", {{"prot", 1}}}})),
            "expected a key of [socks], found \"prot\"; did you mean \"port\"?");
  EXPECT_EQ(Or(PatchSettings(kText, Json{{"sock", {{"port", 1}}}})),
            "expected a section, found \"sock\"; did you mean \"socks\"?");
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kRule, "rest", Json{{"expires", "tomorrow"}})),
            "expected a date such as \"2030-12-31\" or \"2030-12-31T18:00:00Z\" as \"expires\", "
            "found \"tomorrow\"; write it as sluice.toml does");
  EXPECT_EQ(Or(PutEntry(kText, ConfigPart::kRule, "rest", Json{{"comment", 1.5}}))
                .find("expected a text, a whole number"),
            0u);
  EXPECT_EQ(PutEntry(kText, ConfigPart::kRule, "rset", Json::object()).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(AddEntry(kText, ConfigPart::kRule, Json{{"name", "rest"}}).status().code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace sluice

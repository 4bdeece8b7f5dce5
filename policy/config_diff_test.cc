#include "policy/config_diff.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "policy/config_entries.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

const TomlValue& Defaults() {
  static const TomlValue& defaults =
      *new TomlValue(*ReadTomlText("[socks]\nport = 1080\n[timeouts]\nidle = \"1h\"\n"));
  return defaults;
}

using Told = std::vector<std::string>;

std::string Line(const ConfigChange& change) {
  return absl::StrCat(std::string(ChangedPartWord(change.part)), " ",
                      std::string(ChangeWord(change.op)), " ", change.name,
                      change.from.empty() ? "" : " from " + change.from, " | ", change.text);
}

Told Diff(const std::string& before, const std::string& after) {
  const absl::StatusOr<ConfigDiff> diff = DiffConfigs({before}, {after}, Defaults());
  if (!diff.ok()) return {std::string(diff.status().message())};
  Told told;
  for (const ConfigChange& change : diff->changes) told.push_back(Line(change));
  return told;
}

constexpr char kBefore[] = R"([socks]
port = 1080

[groups]
staff = ["alice", "bob"]

[sets.office]
addresses = ["10.0.0.0/8", "192.0.2.1"]

[[user]]
name = "alice"
password = "$y$j9T$aaaa"

[[rule]]
name = "partners"
source = ["@office"]
destination_ports = [443]
verdict = "allow"

[[rule]]
name = "guests"
source = ["192.168.0.0/16"]

[[rule]]
name = "rest"
comment = "everything else"

[[test]]
name = "t"
client = "10.0.0.1"
expect = "allow"
)";

std::string With(const std::string& what, const std::string& by) {
  EXPECT_NE(std::string(kBefore).find(what), std::string::npos) << what;
  return absl::StrReplaceAll(kBefore, {{what, by}});
}

TEST(ConfigDiffTest, WhatSaysTheSameIsNoDifference) {
  EXPECT_EQ(Diff(kBefore, kBefore), Told());
  EXPECT_EQ(Diff(kBefore, With("port = 1080\n", "")), Told());
  EXPECT_EQ(Diff(kBefore, With("port = 1080\n", "[timeouts]\nidle = \"60m\"\n")), Told());
  EXPECT_EQ(Diff(kBefore, With("[443]", "[\"443\"] # the same")), Told());
  EXPECT_EQ(Diff(kBefore, With("name = \"guests\"", "verdict = \"deny\"\nname = \"guests\"")),
            Told());
}

TEST(ConfigDiffTest, EachChangeIsOneSentence) {
  EXPECT_EQ(Diff(kBefore, With("1080", "1081")),
            Told({"key changed socks.port | socks.port was 1080, is 1081"}));
  EXPECT_EQ(Diff(kBefore, With("\"bob\"", "\"carol\", \"dave\"")),
            Told({"group changed staff | group \"staff\": +2 −1 members"}));
  EXPECT_EQ(Diff(kBefore, With(", \"192.0.2.1\"", "")),
            Told({"set changed office | set \"office\": −1 entries"}));
  EXPECT_EQ(Diff(kBefore, With("aaaa", "bbbb")),
            Told({"user changed alice | user \"alice\": has another password"}));
  EXPECT_EQ(
      Diff(kBefore, With("[443]\nverdict = \"allow\"", "[443, 8443]")),
      Told({"rule changed partners | rule \"partners\": destination_ports was [443], is [443, "
            "8443]; verdict was \"allow\", is \"deny\""}));
  EXPECT_EQ(Diff(kBefore, With("\"partners\"", "\"friends\"")),
            Told({"rule renamed friends from partners | rule \"partners\" is called \"friends\" "
                  "now"}));
  EXPECT_EQ(Diff(kBefore, With("[[rule]]\nname = \"rest\"\n",
                               "[[rule]]\nname = \"new\"\nverdict = \"allow\"\n[[rule]]\nname = "
                               "\"rest\"\n")),
            Told({"rule added new | rule \"new\" is new: allow, above \"rest\""}));
  EXPECT_EQ(Diff(kBefore, With("[[rule]]\nname = \"guests\"\nsource = [\"192.168.0.0/16\"]\n", "")),
            Told({"rule removed guests | rule \"guests\" is removed"}));
  EXPECT_EQ(Diff(kBefore, With("expect = \"allow\"", "expect = \"deny\"")),
            Told({"test changed t | test \"t\": expect was \"allow\", is \"deny\""}));
}

TEST(ConfigDiffTest, OfAMoveOnlyWhatMovedIsTold) {
  const std::string partners =
      "[[rule]]\nname = \"partners\"\nsource = [\"@office\"]\n"
      "destination_ports = [443]\nverdict = \"allow\"\n\n";
  const std::string moved =
      absl::StrReplaceAll(With(partners, ""), {{"[[test]]", partners + "[[test]]"}});
  EXPECT_EQ(Diff(kBefore, moved),
            Told({"rule moved partners from 1 | rule \"partners\" moved from place 1 to 3"}));
  EXPECT_EQ(Diff(moved, kBefore),
            Told({"rule moved partners from 3 | rule \"partners\" moved from place 3 to 1, above "
                  "\"guests\""}));
}

TEST(ConfigDiffTest, EntriesInListFilesAreCounted) {
  const std::string text =
      "[sets.s]\nhosts = [\"file:a\"]\n[[rule]]\nname = \"r\"\nsource = [\"file:b\"]\n"
      "destination = [\"@s\"]\n";
  const auto read = [&](const std::string& a, const std::string& b) {
    return *ParseConfig(text, "x", [=](std::string_view path) -> absl::StatusOr<std::string> {
      return path == "a" ? a : b;
    });
  };
  const Config before = read("one.example\ntwo.example\n", "10.0.0.0/8\n");
  const Config after = read("two.example\n*.two.example\nx.example\n", "10.0.0.0/9\n10.0.0.0/8\n");
  const absl::StatusOr<ConfigDiff> diff = DiffConfigs({text, &before}, {text, &after}, Defaults());
  ASSERT_TRUE(diff.ok());
  ASSERT_EQ(diff->changes.size(), 2u);
  EXPECT_EQ(diff->changes[0].text, "set \"s\": +2 −1 entries");
  EXPECT_EQ(diff->changes[1].text, "rule \"r\": source has +1 entries in list files");
}

TEST(ConfigDiffTest, NoPasswordIsTold) {
  for (const std::string& after :
       {With("aaaa", "bbbb"), With("\"alice\"\npass", "\"al\"\npass"), std::string("[socks]\n")}) {
    for (const auto& [x, y] :
         {std::pair(std::string(kBefore), after), std::pair(after, std::string(kBefore))}) {
      const absl::StatusOr<ConfigDiff> diff = DiffConfigs({x}, {y}, Defaults());
      ASSERT_TRUE(diff.ok());
      for (const ConfigChange& change : diff->changes) {
        EXPECT_EQ((change.before + change.after + change.text).find("$y$"), std::string::npos);
      }
    }
  }
}

TEST(ConfigDiffTest, IsBounded) {
  std::string many;
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&many, "[[rule]]\nname = \"", i, "\"\n");
  const absl::StatusOr<ConfigDiff> diff = DiffConfigs({""}, {many}, Defaults());
  ASSERT_TRUE(diff.ok());
  EXPECT_EQ(diff->changes.size(), kConfigChangesMax);
  EXPECT_EQ(diff->left_out, 3000 - kConfigChangesMax);
}

}  // namespace
}  // namespace sluice

#include "policy/toml_edit.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "policy/config.h"
#include "policy/config_entries.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = ConfigEdit::Kind;

ConfigEdit Add(ConfigPart part, const std::string& name, TomlValue value,
               std::optional<std::string> before = {}) {
  return {Kind::kAdd, part, name, {}, std::move(value), std::move(before), {}};
}
ConfigEdit Replace(ConfigPart part, const std::string& name, TomlValue value) {
  return {Kind::kReplace, part, name, {}, std::move(value), {}, {}};
}
ConfigEdit Remove(ConfigPart part, const std::string& name) {
  return {Kind::kRemove, part, name, {}, {}, {}, {}};
}
ConfigEdit Move(ConfigPart part, const std::string& name, std::optional<std::string> before) {
  return {Kind::kMove, part, name, {}, {}, std::move(before), {}};
}
ConfigEdit Rename(ConfigPart part, const std::string& name, const std::string& new_name) {
  return {Kind::kRename, part, name, {}, {}, {}, new_name};
}
ConfigEdit Set(ConfigPart part, const std::string& name, const std::string& key, TomlValue value) {
  return {Kind::kSetKey, part, name, key, std::move(value), {}, {}};
}
ConfigEdit Unset(ConfigPart part, const std::string& name, const std::string& key) {
  return {Kind::kRemoveKey, part, name, key, {}, {}, {}};
}

// The edited text, or what is wrong with the edit.
std::string Edit(const std::string& text, const ConfigEdit& edit) {
  const absl::StatusOr<std::string> edited = Apply(text, edit);
  return edited.ok() ? *edited : std::string(edited.status().message());
}

TomlValue DenyRule() { return TableValue({{"verdict", {}, TextValue("deny")}}); }

constexpr char kThree[] = R"(# sluice.toml of gw1

[socks]
port = 1080   # as everywhere

# --- Office

# The people of the office.
[[rule]]
name = "office"
source = ["10.0.0.0/8"]   # all floors
# users = ["alice"]
verdict = "allow"
# ident = true

[[rule]]
name = "guests"
verdict = "deny"          # for now

# --- Servers

# Backups leave at night.
[[rule]]
name = "backup"
egress = { address = "192.0.2.1" }   # the slow line
verdict = "allow"
)";

TEST(TomlEditTest, ARemovedRuleTakesItsOwnCommentsAndLeavesThoseThatStandApart) {
  EXPECT_EQ(Edit(kThree, Remove(ConfigPart::kRule, "office")), R"(# sluice.toml of gw1

[socks]
port = 1080   # as everywhere

# --- Office

[[rule]]
name = "guests"
verdict = "deny"          # for now

# --- Servers

# Backups leave at night.
[[rule]]
name = "backup"
egress = { address = "192.0.2.1" }   # the slow line
verdict = "allow"
)");
}

TEST(TomlEditTest, AMovedRuleTakesItsOwnCommentsAndLeavesThoseThatStandApart) {
  EXPECT_EQ(Edit(kThree, Move(ConfigPart::kRule, "backup", "office")), R"(# sluice.toml of gw1

[socks]
port = 1080   # as everywhere

# --- Office

# Backups leave at night.
[[rule]]
name = "backup"
egress = { address = "192.0.2.1" }   # the slow line
verdict = "allow"

# The people of the office.
[[rule]]
name = "office"
source = ["10.0.0.0/8"]   # all floors
# users = ["alice"]
verdict = "allow"
# ident = true

[[rule]]
name = "guests"
verdict = "deny"          # for now

# --- Servers
)");
}

TEST(TomlEditTest, AMoveThereAndBackLeavesNothing) {
  const std::string there = Edit(kThree, Move(ConfigPart::kRule, "office", std::nullopt));
  EXPECT_NE(there, kThree);
  EXPECT_EQ(Edit(there, Move(ConfigPart::kRule, "office", "guests")), kThree);
  EXPECT_EQ(Edit(kThree, Move(ConfigPart::kRule, "office", "office")), kThree);
  EXPECT_EQ(Edit(kThree, Move(ConfigPart::kRule, "office", "guests")), kThree);
  EXPECT_EQ(Edit(kThree, Move(ConfigPart::kRule, "backup", std::nullopt)), kThree);
}

TEST(TomlEditTest, AReplacedRuleChangesOnlyTheValuesThatDiffer) {
  EXPECT_EQ(Edit(kThree, Replace(ConfigPart::kRule, "office",
                                 TableValue({{"name", {}, TextValue("office")},
                                             {"enabled", {}, BooleanValue(false)},
                                             {"source", {}, TextsValue({"10.0.0.0/8", "@branch"})},
                                             {"verdict", {}, TextValue("allow")}}))),
            absl::StrReplaceAll(kThree, {{"\"office\"\n", "\"office\"\nenabled = false\n"},
                                         {"\"10.0.0.0/8\"", "\"10.0.0.0/8\", \"@branch\""}}));
}

TEST(TomlEditTest, ANewRuleStandsWhereItIsAskedToAndItsRemovalLeavesNothing) {
  for (const std::optional<std::string>& before :
       {std::optional<std::string>(), std::optional<std::string>("office"),
        std::optional<std::string>("guests"), std::optional<std::string>("backup")}) {
    const std::string added = Edit(kThree, Add(ConfigPart::kRule, "new", DenyRule(), before));
    EXPECT_NE(added.find("\n\n[[rule]]\nname = \"new\"\nverdict = \"deny\"\n"), added.npos)
        << added;
    EXPECT_EQ(Edit(added, Remove(ConfigPart::kRule, "new")), kThree);
  }
}

TEST(TomlEditTest, ACommentBelowAnEntryNeverComesToStandAboveAnother) {
  EXPECT_EQ(
      Edit("[[rule]]\nname = \"a\"\n[[rule]]\nname = \"b\"\n\n[[rule]]\nname = \"c\"\n# of c\n",
           Move(ConfigPart::kRule, "c", "b")),
      "[[rule]]\nname = \"a\"\n[[rule]]\nname = \"c\"\n# of c\n\n[[rule]]\nname = \"b\"\n");
  EXPECT_EQ(Edit("[[rule]]\nname = \"c\"\n# of c\n\n[[rule]]\nname = \"a\"\n[[rule]]\nname = "
                 "\"b\"\n[socks]\n",
                 Move(ConfigPart::kRule, "c", std::nullopt)),
            "[[rule]]\nname = \"a\"\n[[rule]]\nname = \"b\"\n[[rule]]\nname = \"c\"\n# of c\n\n"
            "[socks]\n");
  EXPECT_EQ(Edit("[[rule]]\nname = \"a\"\n[[rule]]\nname = \"b\"\n# of b",
                 Add(ConfigPart::kRule, "c", TableValue({}))),
            "[[rule]]\nname = \"a\"\n[[rule]]\nname = \"b\"\n# of b\n\n[[rule]]\nname = \"c\"");
}

TEST(TomlEditTest, CarriageReturnsStay) {
  const std::string text = absl::StrReplaceAll(kThree, {{"\n", "\r\n"}});
  const std::string added = Edit(text, Add(ConfigPart::kRule, "new", DenyRule(), "guests"));
  EXPECT_EQ(absl::StrReplaceAll(added, {{"\r\n", ""}}).find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(absl::StrReplaceAll(added, {{"\r\n", "\n"}}),
            Edit(kThree, Add(ConfigPart::kRule, "new", DenyRule(), "guests")));
  EXPECT_EQ(Edit(added, Remove(ConfigPart::kRule, "new")), text);
}

TEST(TomlEditTest, AMissingLastLineEndStaysMissing) {
  const std::string text = std::string(kThree).substr(0, sizeof(kThree) - 2);
  const std::string added = Edit(text, Add(ConfigPart::kRule, "new", DenyRule()));
  EXPECT_TRUE(added.ends_with("verdict = \"deny\"")) << added;
  EXPECT_EQ(Edit(added, Remove(ConfigPart::kRule, "new")), text);
  EXPECT_EQ(Edit("[socks]\nport = 1", Set(ConfigPart::kSection, "socks", "port", IntegerValue(2))),
            "[socks]\nport = 2");
  EXPECT_EQ(Edit("[socks]", Set(ConfigPart::kSection, "socks", "port", IntegerValue(2))),
            "[socks]\nport = 2");
}

TEST(TomlEditTest, AByteOrderMarkStaysFirst) {
  EXPECT_EQ(
      Edit("\xef\xbb\xbf[[rule]]\nname = \"a\"\n", Add(ConfigPart::kRule, "new", DenyRule(), "a")),
      "\xef\xbb\xbf[[rule]]\nname = \"new\"\nverdict = \"deny\"\n\n[[rule]]\nname = \"a\"\n");
}

TEST(TomlEditTest, KeysOfSectionsAreSetAddedAndRemoved) {
  EXPECT_EQ(Edit(kThree, Set(ConfigPart::kSection, "socks", "port", IntegerValue(1081))),
            absl::StrReplaceAll(kThree, {{"1080", "1081"}}));
  EXPECT_EQ(Edit(kThree, Unset(ConfigPart::kSection, "socks", "port")),
            absl::StrReplaceAll(kThree, {{"port = 1080   # as everywhere\n", ""}}));
  EXPECT_EQ(Edit(kThree, Set(ConfigPart::kSection, "socks", "socks4", BooleanValue(true))),
            absl::StrReplaceAll(kThree, {{"everywhere\n", "everywhere\nsocks4 = true\n"}}));
  const std::string added =
      Edit(kThree, Set(ConfigPart::kSection, "timeouts", "idle", TextValue("2h")));
  EXPECT_EQ(added, absl::StrReplaceAll(
                       kThree, {{"# The people", "[timeouts]\nidle = \"2h\"\n\n# The people"}}));
  EXPECT_EQ(Edit("socks.port = 1 # one\n",
                 Set(ConfigPart::kSection, "socks", "socks4", BooleanValue(true))),
            "socks.port = 1 # one\nsocks.socks4 = true\n");
  EXPECT_EQ(Edit("socks = { port = 1 } # one\n",
                 Set(ConfigPart::kSection, "socks", "socks4", BooleanValue(true))),
            "socks = { port = 1, socks4 = true } # one\n");
}

TEST(TomlEditTest, SetsKeepTheLinesOfTheirEntriesAndTheCommentsBehindThem) {
  const std::string text = R"([sets.office]
addresses = [
  # floors
  "10.1.0.0/16",   # first
  "10.2.0.0/16",   # second

  # elsewhere
  "192.0.2.7"      # the shop, "all" of it
]
hosts = ["a.example", 'b.example']
)";
  const auto with = [&](const std::vector<std::string>& addresses) {
    return Edit(text, Replace(ConfigPart::kSet, "office",
                              TableValue({{"addresses", {}, TextsValue(addresses)},
                                          {"hosts", {}, TextsValue({"a.example", "b.example"})}})));
  };
  EXPECT_EQ(with({"10.1.0.0/16", "10.2.0.0/16", "192.0.2.7"}), text);
  EXPECT_EQ(with({"10.1.0.0/16", "192.0.2.7"}),
            absl::StrReplaceAll(text, {{"  \"10.2.0.0/16\",   # second\n", ""}}));
  EXPECT_EQ(with({"10.1.0.0/16", "10.9.0.0/16", "10.2.0.0/16", "192.0.2.7"}),
            absl::StrReplaceAll(text, {{"# first\n", "# first\n  \"10.9.0.0/16\",\n"}}));
  EXPECT_EQ(with({"10.9.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "192.0.2.7"}),
            absl::StrReplaceAll(text, {{"  # floors\n", "  \"10.9.0.0/16\",\n  # floors\n"}}));
  EXPECT_EQ(with({"10.1.0.0/16", "10.2.0.0/16", "192.0.2.7", "192.0.2.8"}),
            absl::StrReplaceAll(text, {{"\"192.0.2.7\"      # the shop, \"all\" of it\n",
                                        "\"192.0.2.7\",      # the shop, \"all\" of it\n"
                                        "  \"192.0.2.8\",\n"}}));
  EXPECT_EQ(with({}),
            "[sets.office]\naddresses = [\n  # floors\n\n  # elsewhere\n]\n"
            "hosts = [\"a.example\", 'b.example']\n");
  EXPECT_EQ(Edit(text, Set(ConfigPart::kSet, "office", "hosts", TextsValue({"b.example"}))),
            absl::StrReplaceAll(text, {{"\"a.example\", ", ""}}));
  EXPECT_EQ(Edit(text, Set(ConfigPart::kSet, "office", "hosts", TextsValue({"a.example"}))),
            absl::StrReplaceAll(text, {{", 'b.example'", ""}}));
}

TEST(TomlEditTest, ListsOfEveryLayoutSayWhatTheyAreTold) {
  const std::vector<std::string> lists = {"[]",
                                          "[ ]",
                                          "[\n]",
                                          "[ # none\n]",
                                          "[\n  # none yet\n  ]",
                                          "[\"a\"]",
                                          "[ \"a\" ]",
                                          "[\"a\",]",
                                          "[\"a\", \"b\"]",
                                          "[\"a\",\"b\",\"c\"]",
                                          "[ \"a\", # one\n \"b\" # two\n]",
                                          "[\n\"a\", \"b\", # both\n\"c\", \"d\",\n]",
                                          "[\n  \"a\"\n  , \"b\" # b\n  , \"c\"\n]",
                                          "[\"a\",\n 'b', \"\"\"c\"\"\", # , \"x\" ]\n # foot\n]",
                                          "[\r\n\t\"a\",\r\n\t\"b\",\r\n]"};
  const std::vector<std::vector<std::string>> wanted = {{},
                                                        {"a"},
                                                        {"b"},
                                                        {"c"},
                                                        {"x"},
                                                        {"a", "b"},
                                                        {"x", "a"},
                                                        {"a", "x"},
                                                        {"b", "a"},
                                                        {"a", "c"},
                                                        {"a", "b", "c"},
                                                        {"x", "b", "y"},
                                                        {"a", "x", "b", "c"},
                                                        {"d", "c", "b", "a"}};
  for (const std::string& list : lists) {
    const std::string text = "[groups]\nall = " + list + " # behind\n";
    for (const std::vector<std::string>& members : wanted) {
      const absl::StatusOr<std::string> edited =
          Apply(text, Replace(ConfigPart::kGroup, "all", TextsValue(members)));
      ASSERT_TRUE(edited.ok()) << edited.status() << text;
      EXPECT_TRUE(edited->ends_with("] # behind\n")) << *edited;
      EXPECT_EQ(edited->find("# none") == edited->npos, list.find("# none") == list.npos);
    }
  }
}

TEST(TomlEditTest, HostileTextIsWrittenSoThatItIsReadAgain) {
  std::string all;
  for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
  for (const std::string& name :
       {all, std::string("]]\n[[rule]]\nverdict = \"allow\""), std::string("\"\"\""),
        std::string("'''"), std::string("\\u0022"), std::string("# no comment"),
        std::string("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"), std::string("a\r\nb"),
        std::string("\0", 1)}) {
    const absl::StatusOr<std::string> added =
        Apply(kThree, Add(ConfigPart::kRule, name, TableValue({{"comment", {}, TextValue(name)}})));
    ASSERT_TRUE(added.ok()) << added.status();
    const absl::StatusOr<std::vector<WrittenEntry>> rules = ListEntries(*added, ConfigPart::kRule);
    ASSERT_TRUE(rules.ok());
    ASSERT_EQ(rules->size(), 4u);
    EXPECT_EQ(rules->back().name, name);
    EXPECT_EQ(FindField(rules->back().value, "comment")->value.text, name);
    const absl::StatusOr<std::string> set =
        Apply(*added, Add(ConfigPart::kSet, name, TableValue({})));
    ASSERT_TRUE(set.ok()) << set.status();
    const absl::StatusOr<std::vector<WrittenEntry>> sets = ListEntries(*set, ConfigPart::kSet);
    EXPECT_EQ(sets->at(0).name, name);
    EXPECT_EQ(Edit(*set, Remove(ConfigPart::kSet, name)), *added);
  }
}

TEST(TomlEditTest, WhatTomlCannotSayIsRefused) {
  const auto comment = [](TomlValue value) {
    return Apply(kThree, Set(ConfigPart::kRule, "office", "comment", std::move(value))).status();
  };
  for (const char* bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
    EXPECT_EQ(comment(TextValue(bad)).message(),
              "expected text in UTF-8, found other bytes; correct them");
  TomlValue deep = TextValue("x");
  for (int i = 0; i < 40; ++i) deep = ArrayValue({deep});
  EXPECT_FALSE(comment(deep).ok());
  TomlValue late;
  late.kind = TomlValue::Kind::kDateTime;
  late.time = absl::InfiniteFuture();
  EXPECT_FALSE(comment(late).ok());
  EXPECT_FALSE(comment(TomlValue()).ok());
}

TEST(TomlEditTest, DatesAreWrittenAsDates) {
  TomlValue moment;
  moment.kind = TomlValue::Kind::kDateTime;
  moment.time = absl::FromUnixSeconds(1'924'970'400);
  EXPECT_NE(Edit(kThree, Set(ConfigPart::kRule, "guests", "expires", moment))
                .find("name = \"guests\"\nexpires = 2030-12-31T18:00:00Z\nverdict"),
            std::string::npos);
  moment.kind = TomlValue::Kind::kDate;
  moment.time = absl::FromUnixSeconds(1'924'905'600);
  EXPECT_NE(Edit(kThree, Set(ConfigPart::kRule, "guests", "expires", moment))
                .find("expires = 2030-12-31\n"),
            std::string::npos);
}

TEST(TomlEditTest, ARenameReachesWhereverTheNameIsUsed) {
  const std::string text = R"([groups]
staff = ["alice", "bob"] # all

[sets.office] # here
addresses = ["10.0.0.0/8"]

[[rule]]
name = 'office'
source = [
  "@office", # from there
  "@office2",
]
users = ["alice"]
groups = ["staff"]

[[test]]
client = "10.0.0.1"
user = "alice"
rule = "office"
)";
  const auto renamed = [&](ConfigPart part, const std::string& name) {
    return Edit(text, Rename(part, name, "new"));
  };
  EXPECT_EQ(renamed(ConfigPart::kSet, "office"),
            absl::StrReplaceAll(text, {{"[sets.office]", "[sets.new]"}, {"@office\"", "@new\""}}));
  EXPECT_EQ(renamed(ConfigPart::kRule, "office"),
            absl::StrReplaceAll(
                text, {{"'office'", "\"new\""}, {"rule = \"office\"", "rule = \"new\""}}));
  EXPECT_EQ(renamed(ConfigPart::kGroup, "staff"),
            absl::StrReplaceAll(text, {{"staff =", "new ="}, {"[\"staff\"]", "[\"new\"]"}}));
  EXPECT_EQ(Edit(text, Rename(ConfigPart::kTest, "test 1", "one")),
            absl::StrReplaceAll(text, {{"[[test]]\n", "[[test]]\nname = \"one\"\n"}}));
  const std::string user = "[[user]]\nname = \"alice\"\npassword = \"x\"\n\n";
  EXPECT_EQ(Edit(user + text, Rename(ConfigPart::kUser, "alice", "al")),
            absl::StrReplaceAll(user + text, {{"\"alice\"", "\"al\""}}));
}

TEST(TomlEditTest, WaysToWriteTablesThatFewPeopleChoose) {
  const std::string inline_rules =
      "rule = [\n  { name = \"a\" }, # A\n  { name = \"b\", verdict = \"allow\" }, # B\n]\n";
  EXPECT_EQ(Edit(inline_rules, Remove(ConfigPart::kRule, "a")),
            "rule = [\n  { name = \"b\", verdict = \"allow\" }, # B\n]\n");
  EXPECT_EQ(Edit(inline_rules, Set(ConfigPart::kRule, "b", "verdict", TextValue("deny"))),
            absl::StrReplaceAll(inline_rules, {{"allow", "deny"}}));
  EXPECT_EQ(Edit(inline_rules, Add(ConfigPart::kRule, "c", DenyRule())),
            absl::StrReplaceAll(inline_rules,
                                {{"# B\n", "# B\n  { name = \"c\", verdict = \"deny\" },\n"}}));
  const std::string sub =
      "[[rule]]\nname = \"a\"\n[rule.egress] # out\ninterface = \"eth0\"\n\n"
      "[[rule]]\nname = \"b\"\n";
  EXPECT_EQ(Edit(sub, Move(ConfigPart::kRule, "a", std::nullopt)),
            "[[rule]]\nname = \"b\"\n\n[[rule]]\nname = \"a\"\n[rule.egress] # out\n"
            "interface = \"eth0\"\n");
  EXPECT_EQ(Edit(sub, Set(ConfigPart::kRule, "a", "egress",
                          TableValue({{"interface", {}, TextValue("eth1")}}))),
            absl::StrReplaceAll(sub, {{"eth0", "eth1"}}));
  EXPECT_EQ(Edit(sub, Set(ConfigPart::kRule, "a", "verdict", TextValue("deny"))),
            absl::StrReplaceAll(sub, {{"\"a\"\n", "\"a\"\nverdict = \"deny\"\n"}}));
  const std::string sets =
      "[sets]\noffice.addresses = [] # none\noffice.hosts = []\n"
      "home = { hosts = [\"h\"] } # home\n";
  EXPECT_EQ(Edit(sets, Rename(ConfigPart::kSet, "office", "new")),
            absl::StrReplaceAll(sets, {{"office", "new"}}));
  EXPECT_EQ(Edit(sets, Remove(ConfigPart::kSet, "office")),
            "[sets]\nhome = { hosts = [\"h\"] } # home\n");
  EXPECT_EQ(Edit(sets, Remove(ConfigPart::kSet, "home")),
            "[sets]\noffice.addresses = [] # none\noffice.hosts = []\n");
  EXPECT_EQ(Edit(sets, Set(ConfigPart::kSet, "home", "hosts", TextsValue({"h", "i"}))),
            absl::StrReplaceAll(sets, {{"\"h\"", "\"h\", \"i\""}}));
  EXPECT_EQ(Edit("sets = { a = { hosts = [] } }\n", Add(ConfigPart::kSet, "b", TableValue({}))),
            "sets = { a = { hosts = [] }, b = {} }\n");
  EXPECT_EQ(Edit("", Add(ConfigPart::kSet, "b", TableValue({}))), "[sets.b]\n");
  EXPECT_EQ(Edit("", Add(ConfigPart::kGroup, "b", TextsValue({"x"}))), "[groups]\nb = [\"x\"]\n");
  EXPECT_EQ(Edit("# alone", Add(ConfigPart::kRule, "b", TableValue({}))),
            "# alone\n\n[[rule]]\nname = \"b\"");
  // Tables of one rule that others stand between: refused rather than done wrongly.
  const absl::StatusOr<std::string> apart = Apply(
      "[[rule]]\nname = \"a\"\n[socks]\nport = 1\n[rule.egress]\ninterface = \"e\"\n"
      "[[rule]]\nname = \"b\"\n",
      Move(ConfigPart::kRule, "a", std::nullopt));
  EXPECT_EQ(apart.status().code(), absl::StatusCode::kFailedPrecondition) << apart.status();
}

TEST(TomlEditTest, GroupsAreEntriesOnLinesOfTheirOwn) {
  const std::string text = R"([groups]
# The staff.
staff = ["alice"]
# Those of the night.
night = [
  "bob",  # Mondays
]

# No group: [x]

[[rule]]
)";
  EXPECT_EQ(Edit(text, Remove(ConfigPart::kGroup, "staff")),
            absl::StrReplaceAll(text, {{"# The staff.\nstaff = [\"alice\"]\n", ""}}));
  EXPECT_EQ(Edit(text, Add(ConfigPart::kGroup, "day", TextsValue({"carol"}))),
            absl::StrReplaceAll(text, {{"Mondays\n]\n", "Mondays\n]\nday = [\"carol\"]\n"}}));
  EXPECT_EQ(Edit(text, Add(ConfigPart::kGroup, "day", TextsValue({"carol"}), "night")),
            absl::StrReplaceAll(text, {{"# Those", "day = [\"carol\"]\n# Those"}}));
  EXPECT_EQ(Edit(text, Move(ConfigPart::kGroup, "night", "staff")),
            absl::StrReplaceAll(
                text, {{"# The staff.\nstaff = [\"alice\"]\n", ""},
                       {"Mondays\n]\n", "Mondays\n]\n# The staff.\nstaff = [\"alice\"]\n"}}));
}

TEST(TomlEditTest, ErrorsSayWhatWasExpectedWhatWasFoundAndWhatToDo) {
  EXPECT_EQ(Edit(kThree, Remove(ConfigPart::kRule, "offce")),
            "expected the name of a rule, found \"offce\"; did you mean \"office\"?");
  EXPECT_EQ(Edit(kThree, Add(ConfigPart::kRule, "office", DenyRule())),
            "expected a name that no other rule has, found \"office\"; choose another, or change "
            "that one");
  EXPECT_EQ(Edit(kThree, Remove(ConfigPart::kSet, "x")),
            "expected the name of a set, found \"x\"; there is none yet");
  EXPECT_EQ(Edit(kThree, Set(ConfigPart::kSection, "sock", "port", IntegerValue(1))),
            "expected a section, found \"sock\"; did you mean \"socks\"?");
  EXPECT_EQ(Edit("rule = 7\n", Add(ConfigPart::kRule, "x", DenyRule())),
            "expected tables [[rule]], found 7; mend the text first");
  EXPECT_EQ(Edit("[socks\n", Unset(ConfigPart::kSection, "socks", "port"))
                .find("the text is to be mended first: line 1, column "),
            0u);
  EXPECT_EQ(
      Edit("[[test]]\nname = \"a\"\n[[test]]\nname = \"a\"\n", Remove(ConfigPart::kTest, "a")),
      "expected one test of the name \"a\", found several; rename all but one of them in the "
      "text");
}

TEST(TomlEditTest, ARemovalLooksAtNothingButWhatIsRemoved) {
  ConfigEdit edit = Remove(ConfigPart::kRule, "b");
  edit.before = "a";
  EXPECT_EQ(Edit("[[rule]]\nname = \"a\"\n[[rule]]\nname = \"a\"\n[[rule]]\nname = \"b\"\n", edit),
            "[[rule]]\nname = \"a\"\n[[rule]]\nname = \"a\"\n");
}

TEST(TomlEditTest, AnEntryIsListedWithItsComments) {
  const absl::StatusOr<std::vector<WrittenEntry>> rules = ListEntries(kThree, ConfigPart::kRule);
  ASSERT_TRUE(rules.ok());
  ASSERT_EQ(rules->size(), 3u);
  EXPECT_EQ(rules->at(2).name, "backup");
  EXPECT_EQ(rules->at(2).line, 23u);
  EXPECT_EQ(rules->at(2).text,
            "# Backups leave at night.\n[[rule]]\nname = \"backup\"\negress = { address = "
            "\"192.0.2.1\" }   # the slow line\nverdict = \"allow\"\n");
}

}  // namespace
}  // namespace sluice

#include "tools/sluicectl/arguments.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/filter_words.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Arguments Parsed(const std::vector<std::string>& said) {
  absl::StatusOr<Arguments> arguments = ParseArguments(AllVerbs(), said);
  EXPECT_TRUE(arguments.ok()) << arguments.status();
  return arguments.ok() ? *arguments : Arguments{};
}

std::string Fault(const std::vector<std::string>& said) {
  const absl::Status status = ParseArguments(AllVerbs(), said).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

TEST(Arguments, OptionsStandAnywhere) {
  for (const std::vector<std::string>& said : std::vector<std::vector<std::string>>{
           {"--socket=/s", "-o", "json", "sessions", "rule=a", "rule=b", "--limit=5"},
           {"sessions", "rule=a", "--limit", "5", "rule=b", "-ojson", "--socket", "/s"},
           {"--socket", "/s", "sessions", "-o=json", "rule=a", "--limit=5", "--", "rule=b"},
           {"--output", "json", "sessions", "rule=a", "rule=b", "--limit=7", "--limit=5",
            "--socket=/s"}}) {
    const Arguments arguments = Parsed(said);
    ASSERT_NE(arguments.verb, nullptr);
    EXPECT_STREQ(arguments.verb->name, "sessions");
    EXPECT_THAT(arguments.words, ElementsAre("rule=a", "rule=b"));
    EXPECT_EQ(arguments.format, Format::kJson);
    EXPECT_EQ(arguments.Get("limit"), "5");
    EXPECT_EQ(arguments.Get("socket"), "/s");
  }
}

TEST(Arguments, AnOptionMayBeGivenSeveralTimes) {
  const Arguments arguments =
      Parsed({"explain", "10.0.0.1", "a.test", "443", "--address=::1", "--address=192.0.2.1"});
  EXPECT_THAT(arguments.All("address"), ElementsAre("::1", "192.0.2.1"));
}

TEST(Arguments, BehindTwoDashesEverythingIsAWord) {
  EXPECT_THAT(Parsed({"sessions", "--", "--limit=5", "-o"}).words, ElementsAre("--limit=5", "-o"));
}

TEST(Arguments, ASingleDashIsAWord) { EXPECT_THAT(Parsed({"check", "-"}).words, ElementsAre("-")); }

TEST(Arguments, HelpAndVersionAskForNothingElse) {
  EXPECT_TRUE(Parsed({"--help"}).Has("help"));
  EXPECT_TRUE(Parsed({"-h"}).Has("help"));
  EXPECT_TRUE(Parsed({"explain", "--help"}).Has("help"));
  EXPECT_TRUE(Parsed({"--version"}).Has("version"));
}

TEST(Arguments, MistypedWordsAreAnsweredWithTheNearest) {
  EXPECT_EQ(Fault({"sesions"}), "expected a verb, found \"sesions\"; did you mean sessions?");
  EXPECT_EQ(Fault({"frobnicate"}),
            "expected a verb, found \"frobnicate\"; sluicectl help has the list");
  EXPECT_EQ(Fault({"sessions", "--limt=5"}),
            "expected an option of sessions, found \"--limt\"; did you mean --limit?");
  EXPECT_EQ(Fault({"--soket=/s", "status"}),
            "expected an option of status, found \"--soket\"; did you mean --socket?");
  EXPECT_EQ(Fault({"status", "--limit=5"}),
            "expected an option of status, found \"--limit\"; see sluicectl help status");
  EXPECT_EQ(Fault({"-x", "status"}),
            "expected an option of status, found \"--x\"; see sluicectl help status");
}

TEST(Arguments, MistakesSayWhatWasExpected) {
  EXPECT_EQ(Fault({}), "expected a verb, found none; sluicectl help has the list");
  EXPECT_EQ(Fault({"why"}), "why: expected SESSION, found nothing; see sluicectl help why");
  EXPECT_EQ(Fault({"status", "now"}),
            "status: expected nothing more, found 1 word; see sluicectl help status");
  EXPECT_EQ(Fault({"sessions", "--limit"}), "--limit: expected N, found nothing; write --limit=N");
  EXPECT_EQ(Fault({"end", "1-2", "--yes=now"}),
            "--yes: expected no value, found \"now\"; leave it away");
  EXPECT_EQ(Fault({"status", "-o", "xml"}),
            "-o: expected table, wide, json or csv, found \"xml\"; table is the default");
  EXPECT_EQ(Fault({"metrics", "-o", "json"}),
            "metrics: expected no -o, since it gives text as it is; leave it away");
}

TEST(Arguments, HostileWordsAreNotEchoedRaw) {
  EXPECT_THAT(Fault({"\x1b[2J"}), HasSubstr("\\x1b[2J"));
  EXPECT_THAT(Fault({"status", "--\x1b[2J"}), HasSubstr("\\x1b[2J"));
}

TEST(Help, HasALineForEachVerbAndOption) {
  const std::string all = HelpText(AllVerbs());
  for (const Verb& verb : AllVerbs()) {
    if (verb.hidden) continue;
    EXPECT_THAT(all, HasSubstr(std::string("  ") + verb.name + " "));
    EXPECT_NE(*verb.help, '\0') << verb.name;
    for (const VerbOption& option : verb.options) {
      EXPECT_THAT(HelpText(verb), HasSubstr(std::string("  --") + option.name));
    }
  }
  EXPECT_EQ(all.find("__complete"), all.npos);
}

TEST(Help, FitsATerminal) {
  std::string all = HelpText(AllVerbs());
  for (const Verb& verb : AllVerbs()) all += HelpText(verb);
  size_t start = 0;
  for (size_t end = all.find('\n'); end != all.npos; start = end + 1, end = all.find('\n', start)) {
    EXPECT_LE(end - start, 100u) << all.substr(start, end - start);
  }
}

TEST(FilterWords, AWordOfTheShellIsATerm) {
  EXPECT_EQ(FilterOf({}), "");
  EXPECT_EQ(FilterOf({"client=10.0.0.0/8", "bytes>1GB"}), "client=10.0.0.0/8 bytes>1GB");
  EXPECT_EQ(FilterOf({"rule=my rule", "user!=a b"}), "rule=\"my rule\" user!=\"a b\"");
}

TEST(FilterWords, AWholeFilterInOneWordStaysOne) {
  EXPECT_EQ(FilterOf({"client=10.0.0.0/8 rule=office"}), "client=10.0.0.0/8 rule=office");
  EXPECT_EQ(FilterOf({"rule=\"my rule\" age>1h"}), "rule=\"my rule\" age>1h");
  EXPECT_EQ(FilterOf({"user="}), "user=");
}

TEST(FilterWords, WhatIsNoTermIsLeftToTheDaemonToRefuse) {
  EXPECT_EQ(FilterOf({"no term"}), "no term");
  EXPECT_EQ(FilterOf({"=x"}), "=x");
}

TEST(FilterWords, NamesOfSessionsAreKnown) {
  for (const char* name : {"1-755", "0-0", "12-2f3"}) EXPECT_TRUE(IsSessionName(name)) << name;
  for (const char* name : {"", "-", "1-", "-1", "1-2-3", "user=1-2", "1-x"}) {
    EXPECT_FALSE(IsSessionName(name)) << name;
  }
}

}  // namespace
}  // namespace sluice

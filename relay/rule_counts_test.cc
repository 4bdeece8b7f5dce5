#include "relay/rule_counts.h"

#include <map>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1000);

std::map<std::string, RuleCounts::Counts> All(const RuleCounts& counts) {
  std::map<std::string, RuleCounts::Counts> all;
  counts.ForEach([&](std::string_view name, const RuleCounts::Counts& of) {
    if (name != RuleCounts::kOthers || of.hits > 0) all[std::string(name)] = of;
  });
  return all;
}

TEST(RuleCountsTest, OneNameIsOneEntryHoweverOftenItIsEntered) {
  RuleCounts counts;
  const RuleCounts::Entry office = counts.Enter("office");
  EXPECT_EQ(counts.Enter("office"), office);
  EXPECT_NE(counts.Enter("partners"), office);
  EXPECT_EQ(counts.NameOf(office), "office");
  EXPECT_EQ(counts.NameOf(RuleCounts::kNone), "");
  counts.Hit(office, kNow);
  counts.Hit(office, kNow + absl::Seconds(5));
  counts.Move(office, 3, 4);
  counts.Move(office, 30, 40);
  counts.Leave(office);
  const auto all = All(counts);
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all.at("office").hits, 2u);
  EXPECT_EQ(all.at("office").sessions, 1u);
  EXPECT_EQ(all.at("office").bytes_up, 33u);
  EXPECT_EQ(all.at("office").bytes_down, 44u);
  EXPECT_EQ(all.at("office").first, kNow);
  EXPECT_EQ(all.at("office").last, kNow + absl::Seconds(5));
  EXPECT_EQ(all.at("partners").hits, 0u);
  EXPECT_EQ(all.at("partners").last, absl::InfinitePast());
}

TEST(RuleCountsTest, NamesBeyondTheBoundShareOneEntry) {
  RuleCounts counts(/*most=*/2);
  const RuleCounts::Entry first = counts.Enter("first");
  counts.Enter("second");
  const RuleCounts::Entry third = counts.Enter("third");
  EXPECT_EQ(counts.NameOf(third), RuleCounts::kOthers);
  EXPECT_EQ(counts.Enter("fourth"), third);
  EXPECT_EQ(counts.Enter("first"), first);
}

TEST(RuleCountsTest, ManyNamesAreKeptApart) {
  RuleCounts counts;
  std::map<std::string, RuleCounts::Entry> entries;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "rule " + std::to_string(i);
    entries[name] = counts.Enter(name);
  }
  for (const auto& [name, entry] : entries) {
    EXPECT_EQ(counts.NameOf(entry), name);
    EXPECT_EQ(counts.Enter(name), entry);
  }
}

TEST(RuleCountsTest, AnotherThreadReadsWholeNames) {
  RuleCounts counts;
  std::atomic<bool> over = false;
  std::thread reader([&] {
    while (!over) {
      counts.ForEach([](std::string_view name, const RuleCounts::Counts&) {
        ASSERT_TRUE(name.starts_with("rule ") || name == RuleCounts::kOthers) << name;
      });
    }
  });
  for (int i = 0; i < 20'000; ++i)
    counts.Hit(counts.Enter("rule " + std::to_string(i % 300)), kNow);
  over = true;
  reader.join();
  EXPECT_EQ(All(counts).at("rule 7").hits, 67u);
}

}  // namespace
}  // namespace sluice

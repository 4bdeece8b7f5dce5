// What is long in a reload and does not allocate: it gives way by itself (core/give_way.h).

#include "core/give_way.h"

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/config_errors.h"
#include "policy/interval_map.h"
#include "policy/list_file.h"
#include "policy/name_set.h"
#include "policy/toml_prescan.h"

namespace sluice {
namespace {

constexpr uint32_t kMany = 10'000;
constexpr uint64_t kFew = 100;  // yields; GiveWay does not look at the clock in every call

uint64_t YieldsOf(const std::function<void()>& work) {
  const std::atomic<bool> hurry = false;
  const GivesWay gives_way(absl::Nanoseconds(1), hurry);
  const uint64_t before = GivesWay::yields();
  work();
  return GivesWay::yields() - before;
}

TEST(PolicyGivesWayTest, LookingForHazards) {
  std::string text;
  for (uint32_t i = 0; i < kMany; ++i) absl::StrAppend(&text, "key", i, " = 1\n");
  EXPECT_GT(YieldsOf([&] { EXPECT_EQ(FindTomlHazard(text), std::nullopt); }), kFew);
}

TEST(PolicyGivesWayTest, ReadingAListFile) {
  std::string text;
  for (uint32_t i = 0; i < kMany; ++i) absl::StrAppend(&text, "host", i, ".example\n");
  EntryList list;
  ConfigErrors errors("list");
  EXPECT_GT(YieldsOf([&] { ParseListFile(text, "list", kAllEntries, kMany, errors, &list); }),
            kFew);
  EXPECT_EQ(list.names.size(), kMany);
}

TEST(PolicyGivesWayTest, AddingNamesWithoutGrowing) {
  RowBuilder rows(1);
  const Row row = rows.Single(0);
  NameSet::Builder builder;
  EXPECT_GT(YieldsOf([&] {
              for (uint32_t i = 0; i < kMany; ++i) builder.Add({"host.example", false}, row, rows);
            }),
            kFew);
}

TEST(PolicyGivesWayTest, GrowingAndBuildingASetOfNames) {
  RowBuilder rows(1);
  const Row row = rows.Single(0);
  NameSet::Builder builder;
  EXPECT_GT(YieldsOf([&] {
              for (uint32_t i = 0; i < kMany; ++i)
                builder.Add({absl::StrCat("host", i, ".example"), false}, row, rows);
            }),
            kFew);
  NameSet set;
  EXPECT_GT(YieldsOf([&] { set = std::move(builder).Build(rows); }), kFew);
  EXPECT_EQ(set.Find("host7.example"), row);
}

TEST(PolicyGivesWayTest, SweepingOverRanges) {
  RowBuilder rows(1);
  IntervalSweep<uint32_t> sweep;
  for (uint32_t i = kMany; i > 0; --i) sweep.Add(i * 10, i * 10 + 5, 0);
  size_t starts = 0;
  EXPECT_GT(YieldsOf([&] { sweep.Run(1, rows, [&](uint32_t, Row) { ++starts; }); }), kFew);
  EXPECT_EQ(starts, 2 * kMany + 1);
}

}  // namespace
}  // namespace sluice

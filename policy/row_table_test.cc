#include "policy/row_table.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using Members = std::set<uint32_t>;

Members RandomMembers(Prng& prng, size_t universe) {
  Members members;
  const uint64_t count = prng.OneIn(5) ? prng.Below(universe) : prng.Below(8);
  // Neighbours share words; far ones use other blocks.
  const bool near = prng.OneIn(2);
  for (uint64_t i = 0; i < count; ++i) {
    members.insert(static_cast<uint32_t>(near ? prng.Below(std::min<size_t>(universe, 70))
                                              : prng.Below(universe)));
  }
  return members;
}

Row Intern(const Members& members, size_t universe, RowBuilder& rows) {
  BitSet set(universe);
  for (const uint32_t member : members) set.Set(member);
  return rows.Intern(set);
}

Members MembersOf(Row row, const RowBuilder& rows) {
  Members members;
  rows.ForEach(row, [&](size_t member) { members.insert(static_cast<uint32_t>(member)); });
  return members;
}

constexpr size_t kUniverses[] = {1, 63, 64, 65, 4095, 4096, 4097, 10'000, 65'536};

TEST(RowTableTest, HoldsEverySetOfEveryUniverse) {
  for (const size_t universe : kUniverses) {
    Prng prng(universe);
    RowBuilder rows(universe);
    std::vector<std::pair<Members, Row>> all;
    for (int i = 0; i < 100; ++i) {
      const Members members = RandomMembers(prng, universe);
      all.emplace_back(members, Intern(members, universe, rows));
    }
    for (const auto& [members, row] : all) {
      ASSERT_EQ(MembersOf(row, rows), members) << universe;
      ASSERT_EQ(Intern(members, universe, rows), row)
          << "the same set has one row, universe " << universe;
      ASSERT_EQ(row == kEmptyRow, members.empty());
    }
  }
}

TEST(RowTableTest, UnionHasTheMembersOfBoth) {
  for (const size_t universe : kUniverses) {
    Prng prng(universe);
    RowBuilder rows(universe);
    for (int i = 0; i < 100; ++i) {
      const Members a = RandomMembers(prng, universe);
      const Members b = RandomMembers(prng, universe);
      Members both = a;
      both.insert(b.begin(), b.end());
      const Row joined = rows.Union(Intern(a, universe, rows), Intern(b, universe, rows));
      ASSERT_EQ(MembersOf(joined, rows), both) << universe;
      ASSERT_EQ(Intern(both, universe, rows), joined);
    }
  }
}

TEST(RowTableTest, WordsAndSummariesAreThoseOfTheSet) {
  constexpr size_t kUniverse = 10'000;
  Prng prng(7);
  RowBuilder rows(kUniverse);
  std::vector<BitSet> sets;
  std::vector<Row> all;
  for (int i = 0; i < 200; ++i) {
    BitSet& set = sets.emplace_back(kUniverse);
    for (const uint32_t member : RandomMembers(prng, kUniverse)) set.Set(member);
    all.push_back(rows.Intern(set));
  }
  const RowTable table = rows.Take();
  for (size_t i = 0; i < sets.size(); ++i) {
    for (size_t b = 0; b < sets[i].summary_count(); ++b)
      ASSERT_EQ(table.summary(all[i], b), sets[i].summary(b));
    for (size_t w = 0; w < sets[i].word_count(); ++w)
      ASSERT_EQ(table.word(all[i], w), sets[i].word(w));
  }
}

TEST(RowTableTest, RowsBeyondTheBoundAreToldAndEmpty) {
  RowBuilder rows(1000, /*bytes_max=*/1000);
  Row last = kEmptyRow;
  for (uint32_t i = 0; i < 1000 && !rows.overflowed(); ++i) last = rows.Single(i);
  EXPECT_TRUE(rows.overflowed());
  EXPECT_EQ(last, kEmptyRow);
  EXPECT_EQ(MembersOf(rows.Single(0), rows), Members{0});
}

TEST(BitSetTest, SummaryFollowsTheWords) {
  BitSet set(10'000);
  EXPECT_EQ(set, BitSet(10'000));
  set.Set(9'999);
  set.Set(9'998);
  EXPECT_TRUE(set.Has(9'999));
  EXPECT_EQ(set.summary(2), uint64_t{1} << (9'999 / 64 % 64));
  set.Clear(9'999);
  EXPECT_EQ(set.summary(2), uint64_t{1} << (9'998 / 64 % 64));
  set.Clear(9'998);
  EXPECT_EQ(set, BitSet(10'000));
  set.Set(1);
  set.Set(5'000);
  set.ClearAll();
  EXPECT_EQ(set, BitSet(10'000));
}

}  // namespace
}  // namespace sluice

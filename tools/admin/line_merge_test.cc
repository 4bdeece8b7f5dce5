#include "tools/admin/line_merge.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kBase[] = "a\nb\nc\nd\ne\n";

std::string Merge(std::string_view ours, std::string_view theirs) {
  const Merged merged = MergeLines(kBase, ours, theirs);
  EXPECT_THAT(merged.conflicts, IsEmpty());
  return merged.text;
}

TEST(LineMergeTest, WhatOneChangedIsTaken) {
  EXPECT_EQ(Merge(kBase, kBase), kBase);
  EXPECT_EQ(Merge("a\nB\nc\nd\ne\n", kBase), "a\nB\nc\nd\ne\n");
  EXPECT_EQ(Merge(kBase, "b\nc\nd\ne\nf\n"), "b\nc\nd\ne\nf\n");
}

TEST(LineMergeTest, ChangesThatDoNotTouchAreBothTaken) {
  EXPECT_EQ(Merge("a\nB\nc\nd\ne\n", "a\nb\nc\ne\n"), "a\nB\nc\ne\n");
  EXPECT_EQ(Merge("x\na\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\ny\n"), "x\na\nb\nc\nd\ne\ny\n");
}

TEST(LineMergeTest, TheSameChangeTwiceIsNoConflict) {
  EXPECT_EQ(Merge("a\nX\nc\nd\ne\n", "a\nX\nc\nd\nE\n"), "a\nX\nc\nd\nE\n");
}

TEST(LineMergeTest, DifferentChangesOfOneLineAreAConflictThatShowsBoth) {
  const Merged merged = MergeLines(kBase, "a\nX\nc\nd\ne\n", "a\nY\nc\nd\ne\n");
  ASSERT_THAT(merged.conflicts, SizeIs(1));
  EXPECT_EQ(merged.conflicts[0].line, 2u);
  EXPECT_EQ(merged.conflicts[0].base, "b\n");
  EXPECT_EQ(merged.conflicts[0].ours, "X\n");
  EXPECT_EQ(merged.conflicts[0].theirs, "Y\n");
}

TEST(LineMergeTest, EmptyTextsAndLastLinesWithoutAnEnd) {
  EXPECT_THAT(MergeLines("", "", "").conflicts, IsEmpty());
  EXPECT_EQ(MergeLines("", "a", "").text, "a");
  // "b" and "b\n" are different lines, but only one of the two has changed it.
  EXPECT_EQ(MergeLines("a\nb", "a\nb\nc", "x\na\nb").text, "x\na\nb\nc");
}

// Each of two changes of lines of its own survives, whatever they are.
TEST(LineMergeTest, ChangesOfDifferentLinesNeverLoseOneAnother) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string base, ours, theirs, both;
    for (int line = 0; line < 12; ++line) {
      const std::string text = "line " + std::to_string(random() % 3) + "\n";
      const std::string fixed = "fixed " + std::to_string(line) + "\n";
      const unsigned who = random() % 4;
      const std::string other = random() % 2 == 0 ? "" : text + "more\n";
      base += text + fixed;
      ours += (who == 1 ? other : text) + fixed;
      theirs += (who == 2 ? other : text) + fixed;
      both += (who == 1 || who == 2 ? other : text) + fixed;
    }
    const Merged merged = MergeLines(base, ours, theirs);
    EXPECT_THAT(merged.conflicts, IsEmpty());
    EXPECT_EQ(merged.text, both);
  }
}

}  // namespace
}  // namespace sluice

#include "policy/text_diff.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/prng.h"
#include "gtest/gtest.h"
#include "policy/sequence_diff.h"

namespace sluice {
namespace {

// The slow twin: how many can be kept.
size_t MostInCommon(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const uint32_t x : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = x == b[j - 1] ? diagonal + 1 : std::max(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return row[b.size()];
}

void CheckKept(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b,
               const std::vector<KeptPlace>& kept) {
  for (size_t i = 0; i < kept.size(); ++i) {
    ASSERT_LT(kept[i].before, a.size());
    ASSERT_LT(kept[i].after, b.size());
    ASSERT_EQ(a[kept[i].before], b[kept[i].after]);
    if (i == 0) continue;
    ASSERT_LT(kept[i - 1].before, kept[i].before);
    ASSERT_LT(kept[i - 1].after, kept[i].after);
  }
}

TEST(SequenceDiffTest, KeepsAsMuchAsThereIsInCommon) {
  Prng prng(1);
  for (int round = 0; round < 5000; ++round) {
    const uint64_t letters = 1 + prng.Below(6);
    std::vector<uint32_t> a(prng.Below(14));
    std::vector<uint32_t> b(prng.Below(14));
    for (uint32_t& x : a) x = static_cast<uint32_t>(prng.Below(letters));
    for (uint32_t& x : b) x = static_cast<uint32_t>(prng.Below(letters));
    const std::vector<KeptPlace> kept = KeepCommon(a, b);
    ASSERT_NO_FATAL_FAILURE(CheckKept(a, b, kept));
    ASSERT_EQ(kept.size(), MostInCommon(a, b)) << round;
  }
}

TEST(SequenceDiffTest, BeyondItsBoundWhatStandsOnceIsKept) {
  Prng prng(2);
  std::vector<uint32_t> a(5000);
  std::iota(a.begin(), a.end(), 0);
  std::vector<uint32_t> b;
  for (const uint32_t x : a) {
    if (!prng.OneIn(3)) b.push_back(x);
    if (prng.OneIn(3)) b.push_back(1'000'000 + x);
  }
  const std::vector<KeptPlace> kept = KeepCommon(a, b);
  ASSERT_NO_FATAL_FAILURE(CheckKept(a, b, kept));
  EXPECT_EQ(kept.size(), MostInCommon(a, b));
}

TEST(SequenceDiffTest, TheLongestAscendingPartIsFound) {
  EXPECT_EQ(LongestAscending(std::vector<uint32_t>{3, 0, 1, 4, 2}),
            (std::vector<uint32_t>{1, 2, 4}));
  EXPECT_EQ(LongestAscending(std::vector<uint32_t>{}), std::vector<uint32_t>());
}

TEST(TextDiffTest, IsUnified) {
  const std::string before =
      "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n";
  const std::string after =
      "0\n1\n2\n3\n4\n5\n6\nsieben\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n";
  EXPECT_EQ(UnifiedDiff(before, after, "a", "b"), R"(--- a
+++ b
@@ -1,10 +1,11 @@
+0
 1
 2
 3
 4
 5
 6
-7
+sieben
 8
 9
 10
@@ -17,4 +18,3 @@
 17
 18
 19
-20
)");
  EXPECT_EQ(UnifiedDiff(before, before, "a", "b"), "");
  EXPECT_EQ(UnifiedDiff("", "a", "x", "y"),
            "--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n");
  EXPECT_EQ(UnifiedDiff("a", "a\n", "x", "y"),
            "--- x\n+++ y\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

TEST(TextDiffTest, IsBounded) {
  std::string before;
  std::string after;
  for (int i = 0; i < 300'000; ++i) {
    absl::StrAppend(&before, "line ", i, "\n");
    absl::StrAppend(&after, i % 20 == 0 ? "other " : "line ", i, "\n");
  }
  const std::string diff = UnifiedDiff(before, after, "a", "b");
  EXPECT_LE(diff.size(), kTextDiffBytesMax + 100);
  EXPECT_TRUE(diff.ends_with("\\ more changes than are shown\n"));
}

}  // namespace
}  // namespace sluice

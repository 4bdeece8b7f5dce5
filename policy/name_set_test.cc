#include "policy/name_set.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/prng.h"
#include "gtest/gtest.h"
#include "policy/random_policy.h"

namespace sluice {
namespace {

struct Pattern {
  std::string name;
  bool below;
  uint32_t member;
};

// The slow twin.
std::vector<uint32_t> FindSlowly(const std::vector<Pattern>& patterns, std::string name) {
  if (!name.empty() && name.back() == '.') name.pop_back();
  absl::AsciiStrToLower(&name);
  std::vector<uint32_t> found;
  for (const Pattern& pattern : patterns) {
    const bool matches = pattern.below ? name.ends_with("." + pattern.name) : name == pattern.name;
    if (matches) found.push_back(pattern.member);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

class NameSetTest : public testing::Test {
 protected:
  static constexpr size_t kMembers = 100;

  void Build(const std::vector<Pattern>& patterns) {
    NameSet::Builder builder;
    for (const Pattern& p : patterns) builder.Add({p.name, p.below}, rows_.Single(p.member), rows_);
    set_ = std::move(builder).Build(rows_);
  }
  std::vector<uint32_t> Find(std::string_view name) const {
    std::vector<uint32_t> members;
    rows_.ForEach(set_.Find(name),
                  [&](size_t member) { members.push_back(static_cast<uint32_t>(member)); });
    return members;
  }

  RowBuilder rows_{kMembers};
  NameSet set_;
};

TEST_F(NameSetTest, AgreesWithItsSlowTwinOnRandomNames) {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Prng prng(seed);
    std::vector<Pattern> patterns(prng.Below(40));
    for (Pattern& pattern : patterns) {
      pattern = {RandomPolicy::RandomName(prng), prng.OneIn(2),
                 static_cast<uint32_t>(prng.Below(kMembers))};
    }
    Build(patterns);
    for (int i = 0; i < 40; ++i) {
      std::string name = RandomPolicy::RandomName(prng);
      // Names are whatever bytes a client sends.
      for (uint64_t changes = prng.Below(3); changes > 0; --changes) {
        const char kBytes[] = {'.', 'A', 'x', '\0', '\xff', '@', '[', '-'};
        const char byte = kBytes[prng.Below(sizeof(kBytes))];
        const size_t at = prng.Below(name.size() + 1);
        if (prng.OneIn(2) || at == name.size()) {
          name.insert(at, 1, byte);
        } else {
          name[at] = byte;
        }
      }
      ASSERT_EQ(Find(name), FindSlowly(patterns, name)) << "seed " << seed << ", name " << name;
    }
  }
}

TEST_F(NameSetTest, NamesOfEveryLengthAreFound) {
  std::vector<Pattern> patterns;
  for (size_t length = 1; length <= 253; ++length) {
    // Labels of all lengths, and names that differ only in their last, middle and first bytes.
    std::string name(length, 'a');
    for (size_t i = length % 60 + 1; i + 1 < length; i += length % 60 + 2) name[i] = '.';
    patterns.push_back({name, false, static_cast<uint32_t>(length % kMembers)});
  }
  Build(patterns);
  for (const Pattern& pattern : patterns) {
    EXPECT_EQ(Find(pattern.name), FindSlowly(patterns, pattern.name)) << pattern.name;
    for (const size_t at : {size_t{0}, pattern.name.size() / 2, pattern.name.size() - 1}) {
      std::string other = pattern.name;
      other[at] = 'b';
      EXPECT_EQ(Find(other), FindSlowly(patterns, other)) << other;
    }
  }
}

TEST_F(NameSetTest, ManyNamesAreFoundAndTheirNeighboursAreNot) {
  constexpr uint32_t kNames = 20'000;
  NameSet::Builder builder;
  for (uint32_t i = 0; i < kNames; ++i) {
    builder.Add({absl::StrCat("h", i, ".d", i % 100, ".example"), false},
                rows_.Single(i % kMembers), rows_);
  }
  set_ = std::move(builder).Build(rows_);
  for (uint32_t i = 0; i < kNames; ++i) {
    ASSERT_EQ(Find(absl::StrCat("h", i, ".d", i % 100, ".example")),
              std::vector<uint32_t>{i % static_cast<uint32_t>(kMembers)});
    ASSERT_EQ(Find(absl::StrCat("h", i, ".d", (i + 1) % 100, ".example")), std::vector<uint32_t>{});
  }
}

TEST_F(NameSetTest, NamesThatAreTooLongOrEmptyMatchNothing) {
  Build({{"com", true, 1}});
  EXPECT_EQ(Find(std::string(251, 'a') + ".com"), std::vector<uint32_t>{1});
  EXPECT_EQ(Find(std::string(252, 'a') + ".com"), std::vector<uint32_t>{});
  EXPECT_EQ(Find(""), std::vector<uint32_t>{});
  EXPECT_EQ(Find("."), std::vector<uint32_t>{});
  std::string labels = "a";
  while (labels.size() < 251) labels += ".a";
  EXPECT_EQ(Find(labels + ".com"), std::vector<uint32_t>{1});
  EXPECT_EQ(Find(std::string(255, '.')), std::vector<uint32_t>{});
}

}  // namespace
}  // namespace sluice

#include "policy/range_set.h"

#include <utility>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"
#include "policy/random_policy.h"

namespace sluice {
namespace {

struct Member {
  AddressRange range;
  uint32_t number;
};

std::vector<uint32_t> MembersOf(Row row, const RowBuilder& rows) {
  std::vector<uint32_t> members;
  rows.ForEach(row, [&](size_t member) { members.push_back(static_cast<uint32_t>(member)); });
  return members;
}

// The slow twin.
std::vector<uint32_t> FindSlowly(const std::vector<Member>& all, size_t members,
                                 const Address& address) {
  std::vector<uint32_t> found;
  for (uint32_t number = 0; number < members; ++number) {
    bool contains = false;
    for (const Member& member : all)
      contains |= member.number == number && member.range.Contains(address);
    if (contains) found.push_back(number);
  }
  return found;
}

void Compare(uint64_t seed) {
  Prng prng(seed);
  const size_t members = 1 + prng.Below(prng.OneIn(10) ? 6000 : 100);
  std::vector<Member> all(prng.Below(prng.OneIn(10) ? 2000 : 60));
  RangeSet::Builder builder;
  for (Member& member : all) {
    member = {RandomPolicy::RandomRange(prng), static_cast<uint32_t>(prng.Below(members))};
    builder.Add(member.range, member.number);
  }
  RowBuilder rows(members);
  const RangeSet set = std::move(builder).Build(members, rows);
  std::vector<Address> asked;
  for (int i = 0; i < 20; ++i) asked.push_back(RandomPolicy::RandomAddress(prng));
  for (int i = 0; i < 5 && !all.empty(); ++i) {
    const AddressRange& range = all[prng.Below(all.size())].range;
    asked.insert(asked.end(), {range.first, range.last});
  }
  for (const Address& address : asked) {
    ASSERT_EQ(MembersOf(set.Find(address), rows), FindSlowly(all, members, address))
        << "seed " << seed << ", " << address.ToString();
  }
}

TEST(RangeSetTest, AgreesWithItsSlowTwinOnRandomRanges) {
  for (uint64_t seed = 1; seed <= 1500 && !HasFatalFailure(); ++seed) Compare(seed);
}

TEST(RangeSetTest, AnEmptySetContainsNothing) {
  EXPECT_EQ(RangeSet().Find(*Address::Parse("10.0.0.1")), kEmptyRow);
  EXPECT_EQ(RangeSet().Find(*Address::Parse("::1")), kEmptyRow);
}

TEST(RangeSetTest, TheGreatestAddressesAreFound) {
  RowBuilder rows(2);
  RangeSet::Builder builder;
  const Address v4 = *Address::Parse("255.255.255.255");
  const Address v6 = *Address::Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  builder.Add({v4, v4}, 0);
  builder.Add({v6, v6}, 1);
  const RangeSet set = std::move(builder).Build(2, rows);
  EXPECT_EQ(MembersOf(set.Find(v4), rows), std::vector<uint32_t>{0});
  EXPECT_EQ(MembersOf(set.Find(v6), rows), std::vector<uint32_t>{1});
  EXPECT_EQ(set.Find(*Address::Parse("255.255.255.254")), kEmptyRow);
  EXPECT_EQ(set.Find(*Address::Parse("::")), kEmptyRow);
}

// Trees of one, two and three levels, with a last block that is full, and one that is not.
TEST(RangeSetTest, EveryStartOfATreeIsFoundAtAllSizes) {
  for (const uint32_t size : {1u, 7u, 8u, 9u, 127u, 128u, 129u, 2048u, 2050u}) {
    IntervalSweep<uint32_t> sweep;
    RowBuilder rows(size);
    for (uint32_t i = 0; i < size; ++i) sweep.Add(10 * i + 5, 10 * i + 9, i);
    const IntervalMap<uint32_t> map(std::move(sweep), size, &rows);
    for (uint32_t i = 0; i < size; ++i) {
      ASSERT_EQ(map.Find(10 * i + 4), kEmptyRow) << size;
      ASSERT_EQ(MembersOf(map.Find(10 * i + 5), rows), std::vector<uint32_t>{i}) << size;
      ASSERT_EQ(MembersOf(map.Find(10 * i + 9), rows), std::vector<uint32_t>{i}) << size;
    }
    ASSERT_EQ(map.Find(~0u), kEmptyRow);
  }
}

}  // namespace
}  // namespace sluice

#include "policy/special_entries.h"

#include <string>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"
#include "policy/random_policy.h"

namespace sluice {
namespace {

AddressRange Range(const char* first, const char* last) {
  return {*Address::Parse(first), *Address::Parse(last)};
}

bool IsInSpecialRanges(const Address& address) {
  int containing = 0;
  for (const AddressRange& range : SpecialRanges()) containing += range.Contains(address);
  EXPECT_LE(containing, 1) << address.ToString();
  return containing == 1;
}

TEST(SpecialEntriesTest, TheRangesAreExactlyWhatIsClassifiedAsSpecialUse) {
  std::vector<Address> asked;
  for (const AddressRange& range : SpecialRanges()) {
    for (const Address& edge : {range.first, range.last}) {
      asked.insert(asked.end(), {AddressBefore(edge), edge, AddressAfter(edge)});
    }
  }
  Prng prng(1);
  for (int i = 0; i < 100'000; ++i) asked.push_back(RandomPolicy::RandomAddress(prng));
  for (const Address& address : asked) {
    EXPECT_EQ(IsInSpecialRanges(address), ClassifySpecialUse(address) != SpecialUse::kNone)
        << address.ToString();
  }
}

TEST(SpecialEntriesTest, OnlyEntriesInsideOneBlockNameSpecialUse) {
  EXPECT_TRUE(NamesSpecialUse(Range("127.0.0.1", "127.0.0.1")));
  EXPECT_TRUE(NamesSpecialUse(Range("127.0.0.0", "127.255.255.255")));
  EXPECT_TRUE(NamesSpecialUse(Range("::1", "::1")));
  EXPECT_TRUE(NamesSpecialUse(Range("64:ff9b::127.0.0.0", "64:ff9b::127.255.255.255")));
  EXPECT_FALSE(NamesSpecialUse(Range("126.255.255.255", "127.0.0.1")));
  EXPECT_FALSE(NamesSpecialUse(Range("0.0.0.0", "255.255.255.255")));
  EXPECT_FALSE(NamesSpecialUse(Range("224.0.0.0", "255.255.255.255")));
  EXPECT_FALSE(NamesSpecialUse(Range("64:ff9b::", "64:ff9b::255.255.255.255")));
  EXPECT_FALSE(NamesSpecialUse(Range("::", "::1")));
  EXPECT_FALSE(NamesSpecialUse(Range("198.51.100.1", "198.51.100.1")));
}

TEST(SpecialEntriesTest, PartsAreTheEntryWithoutTheSpecialUseAddresses) {
  Prng prng(2);
  for (int i = 0; i < 2000; ++i) {
    const AddressRange range = RandomPolicy::RandomRange(prng);
    std::vector<AddressRange> parts;
    AppendMatchableParts(range, &parts);
    std::vector<Address> asked = {range.first, range.last};
    for (const AddressRange& part : parts) asked.insert(asked.end(), {part.first, part.last});
    for (int j = 0; j < 50; ++j) asked.push_back(RandomPolicy::RandomAddress(prng));
    for (const Address& address : asked) {
      const bool special = ClassifySpecialUse(address) != SpecialUse::kNone;
      const bool expected = range.Contains(address) && (!special || NamesSpecialUse(range));
      int containing = 0;
      for (const AddressRange& part : parts) containing += part.Contains(address);
      ASSERT_EQ(containing, expected ? 1 : 0)
          << range.first.ToString() << "-" << range.last.ToString() << " and "
          << address.ToString();
    }
  }
}

TEST(SpecialEntriesTest, NeighboursCarryOverBytes) {
  EXPECT_EQ(AddressAfter(*Address::Parse("10.0.255.255")), *Address::Parse("10.1.0.0"));
  EXPECT_EQ(AddressBefore(*Address::Parse("10.1.0.0")), *Address::Parse("10.0.255.255"));
}

}  // namespace
}  // namespace sluice

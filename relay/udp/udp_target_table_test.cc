#include "relay/udp/udp_target_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// The slow twin: each association's targets in a list, the one used last first.
class Twin {
 public:
  struct Known {
    Endpoint endpoint;
    uint32_t name;
    uint32_t mark;
  };
  using List = std::list<Known>;

  Twin(size_t capacity, size_t per_list) : room_(capacity), per_list_(per_list) {}

  bool HasRoom(size_t count) const { return room_ >= count; }
  static const Known* Find(List& list, const Endpoint& endpoint, uint32_t name) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const Known& known) {
      return known.endpoint == endpoint && known.name == name;
    });
    if (found == list.end()) return nullptr;
    list.splice(list.begin(), list, found);
    return &list.front();
  }
  static uint32_t SumOfMarks(const List& list, const Endpoint& endpoint) {
    uint32_t sum = 0;
    for (const Known& known : list) sum += known.endpoint == endpoint ? known.mark : 0;
    return sum;
  }
  void Add(List& list, const Known& known) {
    if (list.size() == per_list_ || room_ == 0) {
      list.pop_back();
      ++room_;
    }
    list.push_front(known);
    --room_;
  }
  void Clear(List& list) {
    room_ += list.size();
    list.clear();
  }

 private:
  size_t room_;
  const size_t per_list_;
};

TEST(UdpTargetTableTest, KnowsAndForgetsWhatItsSlowTwinDoes) {
  constexpr size_t kLists = 5;
  constexpr size_t kPerList = 40;
  // Fewer than all lists together want.
  constexpr size_t kCapacity = 120;
  UdpTargetTable table(kCapacity, kPerList);
  Twin twin(kCapacity, kPerList);
  std::array<UdpTargetTable::List, kLists> lists;
  std::array<Twin::List, kLists> twin_lists;
  Prng prng(1);
  uint64_t found_count = 0;
  for (uint32_t step = 1; step < 100'000; ++step) {
    const size_t at = prng.Below(kLists);
    UdpTargetTable::List& list = lists[at];
    Twin::List& twin_list = twin_lists[at];
    const Endpoint endpoint{Address::FromV4({10, 0, 0, static_cast<uint8_t>(prng.Below(10))}),
                            static_cast<uint16_t>(1 + prng.Below(6))};
    const auto name = static_cast<uint32_t>(prng.Below(2));
    if (prng.Below(2000) == 0) {
      table.Clear(list);
      twin.Clear(twin_list);
    }
    uint32_t sum = 0;
    table.AnyOf(list, endpoint, [&](const UdpTarget& target) {
      sum += target.generation;
      return false;
    });
    ASSERT_EQ(sum, Twin::SumOfMarks(twin_list, endpoint)) << "at step " << step;
    const UdpTarget* found = table.Find(list, endpoint, name);
    const Twin::Known* known = Twin::Find(twin_list, endpoint, name);
    ASSERT_EQ(found != nullptr, known != nullptr) << "at step " << step;
    if (found != nullptr) {
      ++found_count;
      ASSERT_EQ(found->generation, known->mark) << "at step " << step;
    } else if (twin.HasRoom(1) || !twin_list.empty()) {
      table.Add(list, endpoint, name).generation = step;
      twin.Add(twin_list, {endpoint, name, step});
    }
    ASSERT_EQ(list.count, twin_list.size());
    ASSERT_EQ(table.HasRoom(1), twin.HasRoom(1));
  }
  EXPECT_GT(found_count, 10'000u);
  for (UdpTargetTable::List& list : lists) table.Clear(list);
  EXPECT_TRUE(table.HasRoom(kCapacity));
}

}  // namespace
}  // namespace sluice

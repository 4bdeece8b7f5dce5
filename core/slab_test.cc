#include "core/slab.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

struct Counted {
  explicit Counted(int value_in, int* alive_in) : value(value_in), alive(alive_in) { ++*alive; }
  ~Counted() { --*alive; }
  int value;
  int* alive;
};

TEST(SlabTest, TakenObjectsAreConstructedAndGivenOnesDestroyed) {
  int alive = 0;
  Slab<Counted> slab(3);
  Counted* object = slab.Take(42, &alive);
  EXPECT_EQ(object->value, 42);
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(slab.in_use(), 1u);
  slab.Give(object);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(slab.in_use(), 0u);
}

TEST(SlabTest, FullSlabGivesNothingUntilSomethingComesBack) {
  Slab<int> slab(2);
  int* first = slab.Take(1);
  int* second = slab.Take(2);
  EXPECT_EQ(slab.Take(3), nullptr);
  slab.Give(first);
  int* third = slab.Take(3);
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(*second, 2);
  EXPECT_EQ(*third, 3);
  slab.Give(second);
  slab.Give(third);
}

TEST(SlabTest, SlabOfNoCapacityGivesNothing) {
  Slab<int> slab(0);
  EXPECT_EQ(slab.Take(1), nullptr);
}

TEST(SlabTest, SlotGivenBackLastIsTakenFirst) {
  Slab<int> slab(8);
  int* first = slab.Take(1);
  int* second = slab.Take(2);
  slab.Give(second);
  slab.Give(first);
  EXPECT_EQ(slab.Take(3), first);
  EXPECT_EQ(slab.Take(4), second);
  slab.Give(first);
  slab.Give(second);
}

TEST(SlabTest, HandleFindsItsObjectUntilItIsGivenBack) {
  Slab<int> slab(4);
  EXPECT_EQ(slab.Find(Slab<int>::Handle()), nullptr);
  int* object = slab.Take(7);
  const Slab<int>::Handle handle = slab.HandleOf(object);
  EXPECT_EQ(slab.Find(handle), object);
  slab.Give(object);
  EXPECT_EQ(slab.Find(handle), nullptr);
}

TEST(SlabTest, HandleNoticesThatItsSlotIsInUseAgain) {
  Slab<int> slab(1);
  int* object = slab.Take(7);
  const Slab<int>::Handle old = slab.HandleOf(object);
  slab.Give(object);
  int* other = slab.Take(8);
  ASSERT_EQ(other, object);
  EXPECT_EQ(slab.Find(old), nullptr);
  EXPECT_EQ(slab.Find(slab.HandleOf(other)), other);
  slab.Give(other);
}

TEST(SlabTest, HandleBeyondWhatWasEverTakenFindsNothing) {
  Slab<int> slab(1000);
  int* object = slab.Take(7);
  EXPECT_EQ(slab.Find({500, 1}), nullptr);
  EXPECT_EQ(slab.Find({UINT32_MAX, 1}), nullptr);
  slab.Give(object);
}

TEST(SlabTest, WalkSeesEachObjectOnceInAnyPieces) {
  Slab<int> slab(10);
  std::vector<int*> taken;
  for (int i = 0; i < 7; ++i) taken.push_back(slab.Take(i));
  slab.Give(taken[2]);
  slab.Give(taken[6]);
  for (const uint32_t piece : {1u, 3u, 100u}) {
    std::vector<int> seen;
    uint32_t at = 0;
    while (at < slab.touched()) {
      at = slab.Walk(at, piece, [&](const Slab<int>::Handle& handle, int& object) {
        EXPECT_EQ(slab.Find(handle), &object);
        seen.push_back(object);
        return seen.size() % 2 != 0;
      });
    }
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 3, 4, 5})) << piece;
  }
  EXPECT_EQ(slab.Walk(1'000, 5, [](const auto&, int&) { return true; }), 7u);
  for (const int i : {0, 1, 3, 4, 5}) slab.Give(taken[static_cast<size_t>(i)]);
}

TEST(SlabTest, ObjectsKeepTheirAlignment) {
  struct alignas(64) Aligned {
    char bytes[65];
  };
  Slab<Aligned> slab(3);
  for (int i = 0; i < 3; ++i) {
    Aligned* object = slab.Take();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(object) % 64, 0u);
  }
  for (uint32_t i = 0; i < 3; ++i) slab.Give(slab.Find({i, 1}));
}

TEST(SlabTest, MemoryOfSlotsNeverTakenIsNotTouched) {
  struct Page {
    char bytes[4096];
  };
  constexpr size_t kCapacity = 1'000'000;
  Slab<Page> slab(kCapacity);
  Page* first = slab.Take();
  Page* second = slab.Take();
  slab.Give(first);
  first = slab.Take();
  // From the page after the second slot on.
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t beyond = (reinterpret_cast<uintptr_t>(second + 2) / page + 1) * page;
  std::vector<unsigned char> resident(10'000);
  ASSERT_EQ(mincore(reinterpret_cast<void*>(beyond), resident.size() * page, resident.data()), 0);
  for (const unsigned char one : resident) ASSERT_EQ(one & 1, 0);
  slab.Give(first);
  slab.Give(second);
}

TEST(SlabTest, RandomUseNeverGivesOneSlotTwice) {
  Prng prng(1);
  Slab<uint64_t> slab(50);
  struct Held {
    uint64_t* object;
    uint64_t value;
    Slab<uint64_t>::Handle handle;
  };
  std::vector<Held> held;
  for (int step = 0; step < 20'000; ++step) {
    if (prng.OneIn(2)) {
      const uint64_t value = prng.Next();
      uint64_t* object = slab.Take(value);
      ASSERT_EQ(object == nullptr, held.size() == 50);
      if (object != nullptr) held.push_back({object, value, slab.HandleOf(object)});
    } else if (!held.empty()) {
      const size_t which = prng.Below(held.size());
      ASSERT_EQ(*held[which].object, held[which].value);
      ASSERT_EQ(slab.Find(held[which].handle), held[which].object);
      slab.Give(held[which].object);
      ASSERT_EQ(slab.Find(held[which].handle), nullptr);
      held[which] = held.back();
      held.pop_back();
    }
    ASSERT_EQ(slab.in_use(), held.size());
  }
  std::set<uint64_t*> distinct;
  for (const Held& one : held) distinct.insert(one.object);
  EXPECT_EQ(distinct.size(), held.size());
  for (const Held& one : held) slab.Give(one.object);
}

TEST(SlabDeathTest, GivingBackTwiceOrSomethingForeignIsOurBug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Slab<int> slab(2);
  int* object = slab.Take(1);
  slab.Give(object);
  int foreign = 0;
  EXPECT_DEATH(slab.Give(object), "given back");
  EXPECT_DEATH(slab.Give(&foreign), "not an object of this slab");
}

}  // namespace
}  // namespace sluice

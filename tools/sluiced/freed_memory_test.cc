#include "tools/sluiced/freed_memory.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <fstream>
#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tools/sluiced/leisure.h"

namespace sluice {
namespace {

constexpr Leisure kForEver{absl::Hours(1), absl::Hours(2)};
constexpr size_t kBytes = 40'000'000;

size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t pages = 0;
  size_t resident = 0;
  file >> pages >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

class FreedMemoryTest : public testing::Test {
 protected:
  void AtLeisure(const std::function<void()>& work) { RunAtLeisure(kForEver, cpu_wanted_, work); }

  // What a reload does: much that is small, all of it freed in the end.
  void UseMuch() {
    AtLeisure([] {
      std::vector<std::unique_ptr<std::array<char, 200>>> pieces;
      for (size_t bytes = 0; bytes < kBytes; bytes += 200)
        pieces.push_back(std::make_unique<std::array<char, 200>>());
    });
  }

  std::atomic<bool> cpu_wanted_ = false;
};

TEST_F(FreedMemoryTest, IsKeptUntilItIsGivenBack) {
  const size_t before = ResidentBytes();
  KeepFreedMemory();
  UseMuch();
  EXPECT_GT(ResidentBytes(), before + kBytes);
  // Used again, not asked for anew.
  UseMuch();
  EXPECT_LT(ResidentBytes(), before + 2 * kBytes);
  size_t after = 0;
  AtLeisure([&after] {
    GiveBackFreedMemory();
    after = ResidentBytes();
  });
  EXPECT_LT(after, before + kBytes / 4);
}

TEST_F(FreedMemoryTest, LargeArraysAreKeptToo) {
  KeepFreedMemory();
  const size_t before = ResidentBytes();
  AtLeisure([] {
    const std::vector<char> array(kBytes / 2, 'x');
    // a compiler that sees no use leaves it out
    EXPECT_EQ(std::count(array.begin(), array.end(), 'x'), kBytes / 2);
  });
  EXPECT_GT(ResidentBytes(), before + kBytes / 4);
  AtLeisure(GiveBackFreedMemory);
  EXPECT_LT(ResidentBytes(), before + kBytes / 4);
}

TEST_F(FreedMemoryTest, IsNotKeptAnyLonger) {
  KeepFreedMemory();
  AtLeisure(GiveBackFreedMemory);
  const size_t before = ResidentBytes();
  UseMuch();
  EXPECT_LT(ResidentBytes(), before + kBytes / 4);
}

}  // namespace
}  // namespace sluice

#include "relay/limits/places.h"

#include <deque>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"
#include "tests/sim/sim_network.h"
#include "tests/sim/sim_process.h"

namespace sluice {
namespace {

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() {
    for (int i = 0; i < 3; ++i) {
      kernels_.emplace_back(process_, SimKernel::Options());
      places_.Join(kernels_.back());
    }
  }
  // Whether it was woken since it was asked last.
  bool Woken(size_t shard) { return kernels_[shard].Turn(absl::InfinitePast()); }
  int HowManyWoken() { return Woken(0) + Woken(1) + Woken(2); }

  SimNetwork network_{1};
  SimHost& host_{network_.AddHost({*Address::Parse("10.0.0.1")})};
  SimProcess process_{network_, host_};
  std::deque<SimKernel> kernels_;
  Places places_{3};
};

TEST_F(PlacesTest, ThereAreExactlySoMany) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(places_.Take());
  EXPECT_FALSE(places_.Take());
  EXPECT_EQ(places_.free(), 0);
  places_.Give();
  EXPECT_TRUE(places_.Take());
  EXPECT_FALSE(places_.Take());
}

TEST_F(PlacesTest, OfTheLastSixteenthNoneIsSpare) {
  Places many(160);
  while (many.TakeSpare()) {
  }
  EXPECT_EQ(many.free(), 10);
  EXPECT_TRUE(many.Take());
}

TEST_F(PlacesTest, APlaceThatIsGivenBackWakesOneThatWaits) {
  while (places_.Take()) {
  }
  places_.Give();
  EXPECT_EQ(HowManyWoken(), 0) << "nobody waits";
  ASSERT_TRUE(places_.Take());
  for (const size_t shard : {0u, 1u, 2u}) places_.Await(shard);
  places_.Await(0);
  for (int i = 0; i < 3; ++i) {
    places_.Give();
    EXPECT_EQ(HowManyWoken(), 1);
  }
}

TEST_F(PlacesTest, WhoNeedsItNoMoreWakesAnother) {
  while (places_.Take()) {
  }
  places_.Await(1);
  places_.Give();
  EXPECT_TRUE(Woken(1));
  places_.Await(0);
  places_.PassOn();
  EXPECT_TRUE(Woken(0));
  places_.PassOn();
  EXPECT_EQ(HowManyWoken(), 0) << "nobody waits any more";
}

TEST_F(PlacesTest, WhoWithdrawsIsNotWokenAndTakesNoTurnFromOthers) {
  while (places_.Take()) {
  }
  places_.Await(0);
  places_.Await(2);
  places_.Withdraw(2);
  places_.Give();
  EXPECT_TRUE(Woken(0));
  EXPECT_FALSE(Woken(2));
  places_.Await(0);
  places_.Withdraw(1);
  EXPECT_TRUE(Woken(0)) << "a place is free, and it may have been this one's turn";
}

// Shards that take and give all the time never have more than there are, and lose none.
TEST_F(PlacesTest, ThreadsTakeNoMoreThanThereAre) {
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (size_t shard = 0; shard < 3; ++shard) {
    threads.emplace_back([&, shard] {
      for (int step = 0; step < 50'000; ++step) {
        if (!places_.Take()) {
          places_.Await(shard);
          continue;
        }
        EXPECT_LE(++taken, 3);
        --taken;
        places_.Give();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(places_.free(), 3);
}

}  // namespace
}  // namespace sluice

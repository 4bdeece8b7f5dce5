#include "tools/sluiced/orders.h"

#include <atomic>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(OrdersTest, WhoAsksWaitsUntilItIsDone) {
  std::atomic<bool> woken = false;
  Orders orders([&] {
    woken = true;
    woken.notify_one();
  });
  bool ordered = false;
  bool done = false;
  std::thread asker([&] { done = orders.Ask([&] { ordered = true; }); });
  woken.wait(false);
  orders.Run();
  asker.join();
  EXPECT_TRUE(ordered);
  EXPECT_TRUE(done);
}

TEST(OrdersTest, WhoeverWaitsAtTheEndHearsThatNothingIsDone) {
  std::atomic<bool> woken = false;
  Orders orders([&] {
    woken = true;
    woken.notify_one();
  });
  bool done = true;
  std::thread asker([&] { done = orders.Ask([] { ADD_FAILURE() << "nobody runs it"; }); });
  woken.wait(false);
  orders.Close();
  asker.join();
  EXPECT_FALSE(done);
  EXPECT_FALSE(orders.Ask([] { ADD_FAILURE() << "nobody runs it"; }));
}

}  // namespace
}  // namespace sluice

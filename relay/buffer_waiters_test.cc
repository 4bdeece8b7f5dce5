#include "core/buffer_waiters.h"

#include <functional>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// Writes its number down when it is resumed, and does what else it is told.
struct Customer {
  Customer(int number, std::vector<int>& served) : number(number), served(served) {
    waiter.Bind<&Customer::OnResume>(this);
  }
  void OnResume() {
    served.push_back(number);
    if (then) then();
  }

  int number;
  std::vector<int>& served;
  std::function<void()> then;
  BufferWaiter waiter;
};

class BufferWaitersTest : public ::testing::Test {
 protected:
  BufferWaitersTest() {
    for (int i = 0; i < 4; ++i) {
      customers_.push_back(std::make_unique<Customer>(i, served_));
      waiters_.Wait(customers_.back()->waiter);
    }
  }

  BufferWaiters waiters_;
  std::vector<int> served_;
  std::vector<std::unique_ptr<Customer>> customers_;
};

TEST_F(BufferWaitersTest, AsManyAreResumedAsThereAreBuffersInTheOrderOfTheirComing) {
  waiters_.Serve(3);
  EXPECT_EQ(served_, (std::vector<int>{0, 1, 2}));
  waiters_.Serve(3);
  EXPECT_EQ(served_, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_TRUE(waiters_.empty());
}

TEST_F(BufferWaitersTest, NobodyIsResumedWithoutBuffers) {
  waiters_.Serve(0);
  waiters_.Serve(-1);
  EXPECT_EQ(served_, std::vector<int>());
  EXPECT_FALSE(waiters_.empty());
}

TEST_F(BufferWaitersTest, WhoFindsThePoolEmptyAgainKeepsItsPlace) {
  waiters_.Serve(3);
  // In whatever order they find out.
  for (const int number : {1, 0, 2}) waiters_.Wait(customers_[number]->waiter);
  waiters_.Serve(2);
  waiters_.Wait(customers_[1]->waiter);
  waiters_.Serve(10);
  EXPECT_EQ(served_, (std::vector<int>{0, 1, 2, 0, 1, 1, 2, 3}));
}

TEST_F(BufferWaitersTest, WhoHasGotABufferComesBackAsANewcomer) {
  waiters_.Serve(1);
  customers_[0]->waiter.Served();
  waiters_.Wait(customers_[0]->waiter);
  waiters_.Serve(10);
  EXPECT_EQ(served_, (std::vector<int>{0, 1, 2, 3, 0}));
}

TEST_F(BufferWaitersTest, WhoComesBackIsNotServedTwiceAtATime) {
  for (auto& customer : customers_) {
    customer->then = [this, &customer = *customer] { waiters_.Wait(customer.waiter); };
  }
  waiters_.Serve(10);
  EXPECT_EQ(served_, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(BufferWaitersTest, WhoIsDestroyedLeavesTheLine) {
  customers_[1].reset();
  waiters_.Serve(2);
  EXPECT_EQ(served_, (std::vector<int>{0, 2}));
}

TEST_F(BufferWaitersTest, WhoIsDestroyedByAnotherWhileBothAreServedIsNotResumed) {
  customers_[0]->then = [&] { customers_[1].reset(); };
  waiters_.Serve(3);
  EXPECT_EQ(served_, (std::vector<int>{0, 2}));
}

}  // namespace
}  // namespace sluice

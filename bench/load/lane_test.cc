#include "bench/load/lane.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "bench/load/poller.h"
#include "gtest/gtest.h"

namespace sluice::load {
namespace {

// A descriptor that is always ready, and is not made less so by being called.
class Always final : public Poller::Ready {
 public:
  Always() : fd_(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Always() { close(fd_); }

  int fd() const { return fd_; }
  int calls() const { return calls_; }

 private:
  void OnReady(uint32_t) override { ++calls_; }

  int fd_;
  int calls_ = 0;
};

class LaneTest : public testing::Test {
 protected:
  LaneTest() {
    for (int i = 0; i < 3; ++i) {
      in_lane_.push_back(std::make_unique<Always>());
      EXPECT_TRUE(lane_.Add(in_lane_.back()->fd(), EPOLLIN, *in_lane_.back()));
    }
  }

  int CallsInLane() const {
    int calls = 0;
    for (const auto& always : in_lane_) calls += always->calls();
    return calls;
  }

  Poller poller_;
  Lane lane_{poller_};
  std::vector<std::unique_ptr<Always>> in_lane_;
};

TEST_F(LaneTest, HasOneCallInATurn) {
  for (int turn = 1; turn <= 7; ++turn) {
    poller_.Turn(0);
    EXPECT_EQ(CallsInLane(), turn);
  }
}

TEST_F(LaneTest, CallsEachWhenItComesToIt) {
  for (int turn = 0; turn < 9; ++turn) poller_.Turn(0);
  for (const auto& always : in_lane_) EXPECT_EQ(always->calls(), 3);
}

TEST_F(LaneTest, HoldsUpNobodyBesideIt) {
  Always beside[2];
  for (Always& always : beside) ASSERT_TRUE(poller_.Add(always.fd(), EPOLLIN, always));
  for (int turn = 0; turn < 5; ++turn) poller_.Turn(0);
  for (const Always& always : beside) EXPECT_EQ(always.calls(), 5);
}

TEST_F(LaneTest, ForgetsWhatIsClosed) {
  in_lane_.pop_back();
  for (int turn = 0; turn < 4; ++turn) poller_.Turn(0);
  for (const auto& always : in_lane_) EXPECT_EQ(always->calls(), 2);
}

TEST_F(LaneTest, CallsNobodyWhoWaitsForNothing) {
  for (const auto& always : in_lane_) lane_.Change(always->fd(), 0, *always);
  poller_.Turn(0);
  EXPECT_EQ(CallsInLane(), 0);
}

}  // namespace
}  // namespace sluice::load

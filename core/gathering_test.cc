#include "core/gathering.h"

#include "absl/time/time.h"
#include "core/limits.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using absl::Microseconds;

constexpr absl::Duration kWait = Microseconds(50);
constexpr size_t kMany = limits::kDatagramsInGreatNumbers;

class GatheringTest : public testing::Test {
 protected:
  // The next turn's wait, after one that brought so many completions. A second after the last:
  // senders pause, nothing is learned.
  absl::Duration Take(unsigned brought) {
    return gathering_.Take(brought, now_ += absl::Seconds(1));
  }

  // Lets the senders of datagrams prove that they wait for nobody, until the longest wait is found.
  void FindLongest(size_t datagrams) {
    for (int turn = 0; turn < 10'000; ++turn) {
      gathering_.Datagrams(datagrams);
      gathering_.Take(1, now_ += Microseconds(100));
    }
  }

  Gathering gathering_{kWait};
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(GatheringTest, WaitsOnlyAfterTurnsThatBroughtSomething) {
  EXPECT_EQ(Take(0), absl::ZeroDuration());
  EXPECT_EQ(Take(3), absl::ZeroDuration());
  gathering_.Stream(1);
  EXPECT_EQ(Take(1), kWait);
  EXPECT_EQ(Take(1), absl::ZeroDuration());
  gathering_.Datagrams(2);
  EXPECT_EQ(Take(1), kWait);
  EXPECT_EQ(Take(1), absl::ZeroDuration());
}

TEST_F(GatheringTest, DatagramsThatComeSinglyAreNotWaitedFor) {
  gathering_.Datagrams(1);
  gathering_.Datagrams(1);
  EXPECT_EQ(Take(2), absl::ZeroDuration());
}

TEST_F(GatheringTest, TurnsWithoutDatagramsTeachNothingOfThem) {
  gathering_.Datagrams(kMany);
  for (int turn = 0; turn < 10'000; ++turn) gathering_.Take(1, now_ += Microseconds(100));
  gathering_.Datagrams(kMany);
  EXPECT_EQ(Take(1), kWait);
}

TEST_F(GatheringTest, WaitsLongestOnlyForDatagramsInGreatNumbers) {
  FindLongest(kMany);
  gathering_.Datagrams(kMany);
  gathering_.Datagrams(kMany);
  EXPECT_EQ(Take(2), Gathering::kLongWaits * kWait);
  gathering_.Datagrams(kMany);
  gathering_.Datagrams(kMany - 1);
  EXPECT_EQ(Take(2), kWait);
}

TEST_F(GatheringTest, WaitsNoLongerThanAskedWhereAnythingElseCame) {
  FindLongest(kMany);
  gathering_.Datagrams(kMany);
  EXPECT_EQ(Take(2), kWait);
  gathering_.Datagrams(kMany);
  gathering_.Stream(1);
  EXPECT_EQ(Take(2), kWait);
}

TEST_F(GatheringTest, StreamsNeverWaitLongest) {
  for (int turn = 0; turn < 10'000; ++turn) {
    gathering_.Stream(1'000'000);
    EXPECT_LE(gathering_.Take(1, now_ += Microseconds(100)), kWait);
  }
}

TEST_F(GatheringTest, WaitsNoLongerThanEitherKindBears) {
  // Streams that move less the longer they are waited for.
  absl::Duration wait = kWait;
  for (int turn = 0; turn < 10'000; ++turn) {
    gathering_.Stream(1'000'000);
    wait = gathering_.Take(1, now_ += Microseconds(10) + wait);
  }
  gathering_.Stream(1'000'000);
  EXPECT_EQ(Take(1), absl::ZeroDuration());
  gathering_.Datagrams(2);
  EXPECT_EQ(Take(1), kWait);
  gathering_.Stream(1'000'000);
  gathering_.Datagrams(2);
  EXPECT_EQ(Take(2), absl::ZeroDuration());
}

TEST_F(GatheringTest, NeverWaitsWhereItIsTurnedOff) {
  gathering_ = Gathering(absl::ZeroDuration());
  FindLongest(kMany);
  gathering_.Datagrams(kMany);
  gathering_.Stream(1);
  EXPECT_EQ(Take(2), absl::ZeroDuration());
}

}  // namespace
}  // namespace sluice

#include "relay/auth/auth_throttle.h"

#include <thread>
#include <vector>

#include "core/limits.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'000'000);

Address Parse(const char* text) { return *Address::Parse(text); }

class AuthThrottleTest : public testing::Test {
 protected:
  AuthThrottleTest() {
    settings_.slow_after = 3;
    settings_.refuse_after = 5;
    settings_.refuse_for = absl::Minutes(5);
  }
  AuthThrottle::Terms terms() const { return AuthThrottle::Terms(settings_); }
  void Fail(const Address& client, int times, absl::Time at = kNow) {
    for (int i = 0; i < times; ++i) throttle_.NoteFailure(client, terms(), at);
  }
  bool Refused(const Address& client, absl::Time at = kNow) {
    return throttle_.StandingOf(client, terms(), at).refused;
  }
  absl::Duration Delay(const Address& client, absl::Time at = kNow) {
    return throttle_.StandingOf(client, terms(), at).delay;
  }

  AuthSettings settings_;
  AuthThrottle throttle_{AuthThrottle::Key{1, 2, 3}};
  const Address client_ = Parse("192.0.2.1");
};

TEST_F(AuthThrottleTest, FailuresSlowDownAndThenRefuse) {
  for (int failures = 0; failures <= 6; ++failures) {
    EXPECT_EQ(Refused(client_), failures >= 5) << failures;
    const int steps = failures < 3 ? 0 : failures - 2;
    EXPECT_EQ(Delay(client_), limits::kAuthDelayStep * steps) << failures;
    Fail(client_, 1);
  }
}

TEST_F(AuthThrottleTest, ADelayHasABound) {
  settings_.refuse_after = 0;
  Fail(client_, 10'000);
  EXPECT_FALSE(Refused(client_));
  EXPECT_EQ(Delay(client_), limits::kAuthDelayMax);
}

TEST_F(AuthThrottleTest, ZeroMeansNever) {
  settings_.refuse_after = settings_.slow_after = 0;
  Fail(client_, 100);
  EXPECT_FALSE(Refused(client_));
  EXPECT_EQ(Delay(client_), absl::ZeroDuration());
}

TEST_F(AuthThrottleTest, FailuresAreForgottenAfterAWhileWithoutOne) {
  Fail(client_, 5);
  EXPECT_TRUE(Refused(client_, kNow + absl::Minutes(5) - absl::Milliseconds(1)));
  EXPECT_FALSE(Refused(client_, kNow + absl::Minutes(5)));
  EXPECT_EQ(Delay(client_, kNow + absl::Minutes(5)), absl::ZeroDuration());
  Fail(client_, 1, kNow + absl::Minutes(5));
  EXPECT_EQ(Delay(client_, kNow + absl::Minutes(5)), absl::ZeroDuration())
      << "the count begins anew";
  Fail(client_, 2, kNow + absl::Minutes(9));
  EXPECT_EQ(Delay(client_, kNow + absl::Minutes(9)), limits::kAuthDelayStep);
}

TEST_F(AuthThrottleTest, ASourceIsAnIpv4AddressOrAnIpv6Network) {
  Fail(client_, 5);
  EXPECT_FALSE(Refused(Parse("192.0.2.2")));
  Fail(Parse("2001:db8:1:2::1"), 3);
  Fail(Parse("2001:db8:1:2:ffff::1"), 2);
  EXPECT_TRUE(Refused(Parse("2001:db8:1:2:3:4:5:6")));
  EXPECT_FALSE(Refused(Parse("2001:db8:1:3::1")));
}

TEST_F(AuthThrottleTest, AFullTableForgetsWhoFailedLongestAgo) {
  Fail(client_, 5);
  for (uint32_t i = 0; i < 20 * limits::kAuthSourcesMax; ++i) {
    Fail(Address::FromV4({10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8),
                          static_cast<uint8_t>(i)}),
         1, kNow + absl::Seconds(1));
  }
  EXPECT_FALSE(Refused(client_));
  Fail(client_, 5, kNow + absl::Seconds(2));
  EXPECT_TRUE(Refused(client_, kNow + absl::Seconds(2)));
}

TEST_F(AuthThrottleTest, NoFailureIsLostBetweenThreads) {
  settings_.refuse_after = 4000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 1000; ++n) {
        Fail(client_, 1);
        EXPECT_FALSE(Refused(Parse("192.0.2.9")));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Refused(client_));
  settings_.refuse_after = 4001;
  EXPECT_FALSE(Refused(client_));
}

}  // namespace
}  // namespace sluice

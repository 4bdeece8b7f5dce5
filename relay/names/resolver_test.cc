#include "relay/names/resolver.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Address kFirst = Address::FromV4({192, 0, 2, 1});
const Address kSecond = Address::FromV4({192, 0, 2, 2});

NameAnswer Found(const Address& address, absl::Duration ttl) {
  return {NameAnswer::Status::kFound, {address}, ttl};
}

// Remembers what it was asked; answers when the test says so.
class FakeLookup : public NameLookup {
 public:
  void Start(std::string_view name, Receiver& receiver) override {
    asked.emplace_back(name);
    receiver_ = &receiver;
    if (answer_at_once != nullptr) receiver.OnLookedUp(name, *answer_at_once);
  }
  void Answer(std::string_view name, const NameAnswer& answer) {
    receiver_->OnLookedUp(name, answer);
  }

  std::vector<std::string> asked;
  const NameAnswer* answer_at_once = nullptr;

 private:
  Receiver* receiver_ = nullptr;
};

struct FakeWaiter final : public Resolver::Waiter {
  void OnResolved(const NameAnswer& answer) override {
    told.push_back(answer);
    if (then) then();
  }
  std::vector<NameAnswer> told;
  std::function<void()> then;
};

class ResolverTest : public ::testing::Test {
 protected:
  // Asks and expects that the answer is known already.
  NameAnswer Cached(std::string_view name) {
    FakeWaiter waiter;
    const NameAnswer* answer = resolver_.Resolve(name, waiter);
    EXPECT_NE(answer, nullptr) << name;
    return answer != nullptr ? *answer : NameAnswer();
  }
  // Asks for a name that is not known, and has it answered.
  void Learn(std::string_view name, const NameAnswer& answer) {
    FakeWaiter waiter;
    const size_t asked = lookup_.asked.size();
    EXPECT_EQ(resolver_.Resolve(name, waiter), nullptr) << name;
    ASSERT_EQ(lookup_.asked.size(), asked + 1) << name;
    lookup_.Answer(lookup_.asked.back(), answer);
    EXPECT_EQ(waiter.told.size(), 1u);
  }
  bool IsKnown(std::string_view name) {
    FakeWaiter waiter;
    return resolver_.Resolve(name, waiter) != nullptr;
  }
  void Pass(absl::Duration time) {
    for (const absl::Time until = loop_.now() + time; loop_.now() < until;) loop_.Turn(until);
  }

  SimNetwork network_{1};
  SimHost& host_{network_.AddHost({Address::FromV4({10, 0, 0, 1})})};
  SimProcess process_{network_, host_};
  SimKernel kernel_{process_, SimKernel::Options()};
  Loop loop_{kernel_};
  Counters counters_;
  FakeLookup lookup_;
  Resolver resolver_{loop_, lookup_, counters_};
};

TEST_F(ResolverTest, UnknownNameIsAskedAndTheWaiterTold) {
  FakeWaiter waiter;
  EXPECT_EQ(resolver_.Resolve("www.example.com", waiter), nullptr);
  EXPECT_THAT(lookup_.asked, ElementsAre("www.example.com"));
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_EQ(waiter.told[0].status, NameAnswer::Status::kFound);
  EXPECT_THAT(waiter.told[0].addresses, ElementsAre(kFirst));
  EXPECT_EQ(counters_.resolver_queries.value(), 1u);
  EXPECT_EQ(counters_.resolver_cache_hits.value(), 0u);
  EXPECT_EQ(counters_.resolver_failures.value(), 0u);
}

TEST_F(ResolverTest, AnswerFromWithinTheCallIsGivenAtOnce) {
  const NameAnswer answer = Found(kFirst, absl::Minutes(1));
  lookup_.answer_at_once = &answer;
  EXPECT_THAT(Cached("localhost").addresses, ElementsAre(kFirst));
  EXPECT_EQ(counters_.resolver_queries.value(), 1u);
}

TEST_F(ResolverTest, AnswerIsKeptForItsTtlAndNotLonger) {
  Learn("www.example.com", Found(kFirst, absl::Seconds(60)));
  Pass(absl::Seconds(59));
  EXPECT_THAT(Cached("www.example.com").addresses, ElementsAre(kFirst));
  EXPECT_EQ(counters_.resolver_cache_hits.value(), 1u);
  Pass(absl::Seconds(1));
  Learn("www.example.com", Found(kSecond, absl::Seconds(60)));
  EXPECT_THAT(Cached("www.example.com").addresses, ElementsAre(kSecond));
}

TEST_F(ResolverTest, TtlHasABoundOnBothSides) {
  Learn("never.example", Found(kFirst, absl::ZeroDuration()));
  Learn("forever.example", Found(kFirst, absl::Hours(24)));
  Pass(limits::kResolverTtlMin - absl::Milliseconds(1));
  EXPECT_TRUE(IsKnown("never.example"));
  Pass(absl::Milliseconds(1));
  EXPECT_FALSE(IsKnown("never.example"));
  Pass(limits::kResolverTtlMax - limits::kResolverTtlMin - absl::Milliseconds(1));
  EXPECT_TRUE(IsKnown("forever.example"));
  Pass(absl::Milliseconds(1));
  EXPECT_FALSE(IsKnown("forever.example"));
}

TEST_F(ResolverTest, FailureIsRememberedBrieflyWhateverItsTtl) {
  Learn("missing.example", {NameAnswer::Status::kNotFound, {}, absl::Hours(1)});
  Learn("broken.example", {NameAnswer::Status::kFailed, {}, absl::ZeroDuration()});
  Pass(limits::kResolverTtlNegative - absl::Milliseconds(1));
  EXPECT_EQ(Cached("missing.example").status, NameAnswer::Status::kNotFound);
  EXPECT_EQ(Cached("broken.example").status, NameAnswer::Status::kFailed);
  Pass(absl::Milliseconds(1));
  EXPECT_FALSE(IsKnown("missing.example"));
  EXPECT_FALSE(IsKnown("broken.example"));
  EXPECT_EQ(counters_.resolver_failures.value(), 2u);
}

TEST_F(ResolverTest, NameIsAskedOnceForAllWhoWait) {
  FakeWaiter waiters[3];
  for (FakeWaiter& waiter : waiters)
    EXPECT_EQ(resolver_.Resolve("www.example.com", waiter), nullptr);
  EXPECT_EQ(lookup_.asked.size(), 1u);
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  for (const FakeWaiter& waiter : waiters) EXPECT_EQ(waiter.told.size(), 1u);
  EXPECT_EQ(counters_.resolver_queries.value(), 1u);
}

TEST_F(ResolverTest, WaitersAreToldInTheOrderOfTheirAsking) {
  std::vector<int> order;
  FakeWaiter waiters[3];
  for (int i = 0; i < 3; ++i) {
    waiters[i].then = [&order, i] { order.push_back(i); };
    resolver_.Resolve("www.example.com", waiters[i]);
  }
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST_F(ResolverTest, CaseAndOneFinalDotDoNotMatter) {
  Learn("WWW.Example.COM.", Found(kFirst, absl::Minutes(1)));
  EXPECT_THAT(lookup_.asked, ElementsAre("www.example.com"));
  EXPECT_TRUE(IsKnown("www.example.com"));
  EXPECT_TRUE(IsKnown("wWw.example.com."));
  EXPECT_FALSE(IsKnown("www.example.com.."));
}

TEST_F(ResolverTest, WhoHasLeftIsNotTold) {
  FakeWaiter stays;
  FakeWaiter leaves;
  auto dies = std::make_unique<FakeWaiter>();
  for (FakeWaiter* waiter : {&stays, &leaves, dies.get()})
    resolver_.Resolve("www.example.com", *waiter);
  leaves.Unlink();
  dies.reset();
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  EXPECT_EQ(stays.told.size(), 1u);
  EXPECT_THAT(leaves.told, IsEmpty());
}

TEST_F(ResolverTest, WhoIsToldMayRemoveAnotherWhoWaits) {
  FakeWaiter first;
  auto second = std::make_unique<FakeWaiter>();
  FakeWaiter third;
  first.then = [&] { second.reset(); };
  for (FakeWaiter* waiter : {&first, second.get(), &third})
    resolver_.Resolve("www.example.com", *waiter);
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  EXPECT_EQ(third.told.size(), 1u);
}

TEST_F(ResolverTest, WhoIsToldMayAskAgain) {
  FakeWaiter first;
  FakeWaiter second;
  const NameAnswer* again = nullptr;
  first.then = [&] {
    again = resolver_.Resolve("www.example.com", first);
    resolver_.Resolve("other.example.com", first);
  };
  resolver_.Resolve("www.example.com", first);
  resolver_.Resolve("www.example.com", second);
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  ASSERT_NE(again, nullptr);
  EXPECT_THAT(again->addresses, ElementsAre(kFirst));
  EXPECT_EQ(second.told.size(), 1u);
  EXPECT_THAT(lookup_.asked, ElementsAre("www.example.com", "other.example.com"));
}

TEST_F(ResolverTest, OldestAnswerGoesWhenTheCacheIsFull) {
  for (size_t i = 0; i < limits::kResolverCacheEntries; ++i) {
    Learn(absl::StrCat("n", i, ".example"), Found(kFirst, absl::Minutes(5)));
  }
  EXPECT_TRUE(IsKnown("n0.example"));
  Learn("one.more.example", Found(kFirst, absl::Minutes(5)));
  EXPECT_TRUE(IsKnown("n1.example"));
  EXPECT_FALSE(IsKnown("n0.example"));
}

TEST_F(ResolverTest, AnswerThatWasLearntAgainIsNotTheOldest) {
  Learn("again.example", Found(kFirst, absl::Seconds(1)));
  Learn("old.example", Found(kFirst, absl::Minutes(5)));
  Pass(absl::Seconds(1));
  Learn("again.example", Found(kSecond, absl::Minutes(5)));
  for (size_t i = 2; i < limits::kResolverCacheEntries; ++i) {
    Learn(absl::StrCat("n", i, ".example"), Found(kFirst, absl::Minutes(5)));
  }
  Learn("one.more.example", Found(kFirst, absl::Minutes(5)));
  EXPECT_TRUE(IsKnown("again.example"));
  EXPECT_FALSE(IsKnown("old.example"));
}

TEST_F(ResolverTest, QueriesInFlightHaveABoundBeyondWhichNamesFailAtOnce) {
  std::vector<FakeWaiter> waiters(limits::kResolverQueriesMax);
  for (size_t i = 0; i < waiters.size(); ++i) {
    EXPECT_EQ(resolver_.Resolve(absl::StrCat("n", i, ".example"), waiters[i]), nullptr);
  }
  EXPECT_EQ(Cached("one.more.example").status, NameAnswer::Status::kFailed);
  EXPECT_EQ(lookup_.asked.size(), limits::kResolverQueriesMax);
  EXPECT_EQ(counters_.resolver_failures.value(), 1u);
  FakeWaiter joins;
  EXPECT_EQ(resolver_.Resolve("n0.example", joins), nullptr);
  // Room for one comes back with an answer, and the refusal was not remembered.
  lookup_.Answer("n0.example", Found(kFirst, absl::Minutes(1)));
  Learn("one.more.example", Found(kFirst, absl::Minutes(1)));
}

TEST_F(ResolverTest, NamesThatWereTurnedAwayTakeNoRoomInTheCache) {
  std::vector<FakeWaiter> waiters(limits::kResolverQueriesMax);
  for (size_t i = 0; i < waiters.size(); ++i) resolver_.Resolve(absl::StrCat("n", i), waiters[i]);
  for (size_t i = 0; i < limits::kResolverCacheEntries; ++i) Cached(absl::StrCat("turned.away", i));
  lookup_.Answer("n0", Found(kFirst, absl::Minutes(1)));
  Learn("one.example", Found(kFirst, absl::Minutes(1)));
  EXPECT_TRUE(IsKnown("n0"));
}

TEST_F(ResolverTest, AnswerThatNobodyAskedForIsIgnored) {
  Learn("www.example.com", Found(kFirst, absl::Minutes(1)));
  lookup_.Answer("www.example.com", Found(kSecond, absl::Minutes(1)));
  lookup_.Answer("other.example.com", Found(kSecond, absl::Minutes(1)));
  EXPECT_THAT(Cached("www.example.com").addresses, ElementsAre(kFirst));
  EXPECT_FALSE(IsKnown("other.example.com"));
}

}  // namespace
}  // namespace sluice

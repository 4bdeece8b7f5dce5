#include "relay/names/resolver.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/names/resolver_workbench.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// --- One name

TEST_F(ResolverTest, UnknownNameIsAskedAndTheWaiterTold) {
  FakeWaiter waiter;
  EXPECT_EQ(Resolve("www.example.com", waiter), nullptr);
  EXPECT_THAT(lookup_.names(), ElementsAre("www.example.com"));
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_EQ(waiter.told[0].status, NameAnswer::Status::kFound);
  EXPECT_THAT(waiter.told[0].addresses, ElementsAre(kFirst));
  EXPECT_EQ(counters_.resolver_queries.value(), 1u);
  EXPECT_EQ(counters_.resolver_cache_hits.value(), 0u);
  EXPECT_EQ(counters_.resolver_failures.value(), 0u);
}

TEST_F(ResolverTest, AnswerFromWithinTheCallIsGivenAtOnce) {
  const FamilyAnswer answer = Found(kFirst, absl::Minutes(1));
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
  Learn("missing.example", {FamilyAnswer::Status::kNotFound, {}, absl::Hours(1)});
  Learn("broken.example", {.status = FamilyAnswer::Status::kRefused});
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
  for (FakeWaiter& waiter : waiters) EXPECT_EQ(Resolve("www.example.com", waiter), nullptr);
  EXPECT_EQ(lookup_.names().size(), 1u);
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  for (const FakeWaiter& waiter : waiters) EXPECT_EQ(waiter.told.size(), 1u);
  EXPECT_EQ(counters_.resolver_queries.value(), 1u);
}

TEST_F(ResolverTest, WaitersAreToldInTheOrderOfTheirAsking) {
  std::vector<int> order;
  FakeWaiter waiters[3];
  for (int i = 0; i < 3; ++i) {
    waiters[i].then = [&order, i] { order.push_back(i); };
    Resolve("www.example.com", waiters[i]);
  }
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
}

TEST_F(ResolverTest, CaseAndOneFinalDotDoNotMatter) {
  Learn("WWW.Example.COM.", Found(kFirst, absl::Minutes(1)));
  EXPECT_THAT(lookup_.names(), ElementsAre("www.example.com"));
  EXPECT_TRUE(IsKnown("www.example.com"));
  EXPECT_TRUE(IsKnown("wWw.example.com."));
}

TEST_F(ResolverTest, WhoHasLeftIsNotTold) {
  FakeWaiter stays;
  FakeWaiter leaves;
  auto dies = std::make_unique<FakeWaiter>();
  for (FakeWaiter* waiter : {&stays, &leaves, dies.get()}) Resolve("www.example.com", *waiter);
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
  for (FakeWaiter* waiter : {&first, second.get(), &third}) Resolve("www.example.com", *waiter);
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  EXPECT_EQ(third.told.size(), 1u);
}

TEST_F(ResolverTest, WhoIsToldMayAskAgain) {
  FakeWaiter first;
  FakeWaiter second;
  const NameAnswer* again = nullptr;
  first.then = [&] {
    again = Resolve("www.example.com", first);
    Resolve("other.example.com", first);
  };
  Resolve("www.example.com", first);
  Resolve("www.example.com", second);
  lookup_.Answer("www.example.com", Found(kFirst, absl::Minutes(1)));
  ASSERT_NE(again, nullptr);
  EXPECT_THAT(again->addresses, ElementsAre(kFirst));
  EXPECT_EQ(second.told.size(), 1u);
  EXPECT_THAT(lookup_.names(), ElementsAre("www.example.com", "other.example.com"));
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

TEST_F(ResolverTest, AnswerThatNobodyAskedForIsIgnored) {
  Learn("www.example.com", Found(kFirst, absl::Minutes(1)));
  lookup_.Answer("www.example.com", Found(kSecond, absl::Minutes(1)));
  EXPECT_THAT(Cached("www.example.com").addresses, ElementsAre(kFirst));
}

// --- Places

TEST_F(ResolverTest, NamesThatAreAskedHaveABoundBeyondWhichTheyAreTurnedAway) {
  std::vector<FakeWaiter> waiters(limits::kResolverQueriesMax);
  for (size_t i = 0; i < waiters.size(); ++i) {
    ASSERT_EQ(Resolve(absl::StrCat("n", i, ".example"), waiters[i]), nullptr);
  }
  EXPECT_EQ(Cached("one.more.example").status, NameAnswer::Status::kNoPlace);
  EXPECT_EQ(lookup_.names().size(), limits::kResolverQueriesMax);
  EXPECT_EQ(counters_.resolver_refused.value(), 1u);
  FakeWaiter joins;
  EXPECT_EQ(Resolve("n0.example", joins), nullptr);
  // Room for one comes back with an answer, and the refusal was not remembered.
  lookup_.Answer("n0.example", Found(kFirst));
  Learn("one.more.example", Found(kFirst));
}

TEST_F(ResolverTest, NamesThatWereTurnedAwayTakeNoRoomInTheCache) {
  std::vector<FakeWaiter> waiters(limits::kResolverQueriesMax);
  for (size_t i = 0; i < waiters.size(); ++i) Resolve(absl::StrCat("n", i), waiters[i]);
  for (size_t i = 0; i < limits::kResolverCacheEntries; ++i) Cached(absl::StrCat("turned.away", i));
  lookup_.Answer("n0", Found(kFirst));
  Learn("one.example", Found(kFirst));
  EXPECT_TRUE(IsKnown("n0"));
}

TEST_F(ResolverTest, OneSourceTakesItsOwnPlacesOnly) {
  Source* source = holdings_.Enter(*Address::Parse("2001:db8:6::1"));
  Source* another = holdings_.Enter(*Address::Parse("2001:db8:6:1::1"));
  const NameAccount greedy{source, 3};
  const NameAccount other{another, 3};
  std::vector<FakeWaiter> waiters(6);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(resolver_.Resolve(absl::StrCat("n", i), greedy, waiters[i]), nullptr);
  FakeWaiter turned_away;
  EXPECT_EQ(resolver_.Resolve("n3", greedy, turned_away)->status, NameAnswer::Status::kNoPlace);
  EXPECT_EQ(resolver_.Resolve("n3", other, waiters[3]), nullptr);
  // Who joins another's question needs no place.
  EXPECT_EQ(resolver_.Resolve("n3", greedy, waiters[4]), nullptr);
  lookup_.Answer("n0", Found(kFirst));
  EXPECT_EQ(resolver_.Resolve("n4", greedy, waiters[5]), nullptr);
  // What is asked counts for a source also when all its sessions are gone.
  holdings_.Leave(*source);
  holdings_.Leave(*another);
  EXPECT_EQ(holdings_.entered(), 2u);
  for (const char* name : {"n1", "n2", "n3", "n4"}) lookup_.Answer(name, Found(kFirst));
  EXPECT_EQ(holdings_.entered(), 0u);
  EXPECT_TRUE(holdings_.settled());
}

TEST_F(ResolverTest, NamesOfTheHostsFileAndKnownOnesNeedNoPlace) {
  Learn("known.example", Found(kFirst));
  lookup_.sources = SourcesOf("nameserver 192.0.2.53", "192.0.2.9 hosted");
  resolver_.TakeSources();
  Learn("known.example", Found(kFirst));
  Source* source = holdings_.Enter(kFirst);
  const NameAccount greedy{source, 1};
  FakeWaiter waits;
  EXPECT_EQ(resolver_.Resolve("n0", greedy, waits), nullptr);
  FakeWaiter waiter;
  EXPECT_EQ(resolver_.Resolve("n1", greedy, waiter)->status, NameAnswer::Status::kNoPlace);
  EXPECT_EQ(resolver_.Resolve("HOSTED.", greedy, waiter)->status, NameAnswer::Status::kFound);
  EXPECT_EQ(resolver_.Resolve("known.example", greedy, waiter)->status, NameAnswer::Status::kFound);
  holdings_.Leave(*source);
}

}  // namespace
}  // namespace sluice

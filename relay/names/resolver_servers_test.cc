// Of Resolver: two families, several servers, and what they are asked.

#include <memory>
#include <string>
#include <vector>

#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "relay/names/resolver_workbench.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// --- Two families (RFC 8305 section 3)

TEST_F(ResolverTest, SecondFamilyIsWaitedForFiftyMilliseconds) {
  FakeWaiter waiter;
  Resolve("dual.example", waiter);
  lookup_.Answer("dual.example", Family::kV4, Found(kFirst));
  Pass(limits::kResolutionDelay - limits::kTimerTick);
  EXPECT_THAT(waiter.told, IsEmpty());
  Pass(2 * limits::kTimerTick);
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_THAT(waiter.told[0].addresses, ElementsAre(kFirst));
  EXPECT_FALSE(waiter.told[0].complete);
  // Who comes now does not wait again, and hears of the rest as well.
  FakeWaiter late;
  const NameAnswer* answer = Resolve("dual.example", late);
  ASSERT_NE(answer, nullptr);
  EXPECT_FALSE(answer->complete);
  lookup_.Answer("dual.example", Family::kV6, Found(kSix));
  for (const FakeWaiter* told : {&waiter, &late}) {
    ASSERT_FALSE(told->told.empty());
    EXPECT_TRUE(told->told.back().complete);
    EXPECT_THAT(told->told.back().addresses, ElementsAre(kSix, kFirst));
    EXPECT_FALSE(told->linked());
  }
}

TEST_F(ResolverTest, Ipv6ThatLeadsSomewhereDoesNotWaitForIpv4) {
  FakeWaiter waiter;
  Resolve("dual.example", waiter);
  lookup_.Answer("dual.example", Family::kV6, Found(kSix));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_THAT(waiter.told[0].addresses, ElementsAre(kSix));
  lookup_.Answer("dual.example", Family::kV4, Found(kFirst));
  EXPECT_EQ(waiter.told.size(), 2u);
}

TEST_F(ResolverTest, Ipv6WithoutARouteWaitsForIpv4AndGoesLast) {
  SimHost& host = network_.AddHost({Address::FromV4({10, 0, 0, 2})});
  SimProcess process(network_, host);
  SimKernel kernel(process, SimKernel::Options());
  Loop loop(kernel);
  FakeLookup lookup;
  Resolver resolver(loop, lookup, holdings_, counters_);
  FakeWaiter waiter;
  resolver.Resolve("dual.example", NameAccount{}, waiter);
  lookup.Answer("dual.example", Family::kV6, Found(kSix));
  EXPECT_THAT(waiter.told, IsEmpty());
  lookup.Answer("dual.example", Family::kV4, Found(kFirst));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_THAT(waiter.told[0].addresses, ElementsAre(kFirst, kSix));
}

TEST_F(ResolverTest, FamilyThatDoesNotExistIsNotWaitedFor) {
  FakeWaiter waiter;
  Resolve("four.example", waiter);
  lookup_.Answer("four.example", Family::kV6, Nothing());
  EXPECT_THAT(waiter.told, IsEmpty());
  lookup_.Answer("four.example", Family::kV4, Found(kFirst));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_TRUE(waiter.told[0].complete);
}

TEST_F(ResolverTest, OneSilentFamilyAndNothingInTheOtherIsAFailureNotAnAbsence) {
  FakeWaiter waiter;
  Resolve("silent.example", waiter);
  lookup_.Answer("silent.example", Family::kV4, Nothing());
  Pass(limits::kNameServerTimeout + limits::kTimerTick);
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_EQ(waiter.told[0].status, NameAnswer::Status::kFailed);
}

TEST_F(ResolverTest, FamiliesAreKeptEachForItsOwnTtl) {
  FakeWaiter waiter;
  Resolve("dual.example", waiter);
  lookup_.Answer("dual.example", Family::kV6, Found(kSix, absl::Seconds(10)));
  lookup_.Answer("dual.example", Family::kV4, Found(kFirst, absl::Seconds(60)));
  Pass(absl::Seconds(11));
  FakeWaiter again;
  EXPECT_EQ(Resolve("dual.example", again), nullptr);
  EXPECT_EQ(lookup_.servers(Family::kV6).size(), 2u);
  EXPECT_EQ(lookup_.servers(Family::kV4).size(), 1u);
  Pass(limits::kResolutionDelay + limits::kTimerTick);
  ASSERT_EQ(again.told.size(), 1u);
  EXPECT_THAT(again.told[0].addresses, ElementsAre(kFirst));
}

// --- Servers

TEST_F(ResolverTest, OnlyTheFirstNameWaitsForADeadServer) {
  lookup_.sources = SourcesOf("nameserver 192.0.2.53\nnameserver 192.0.2.54");
  resolver_.TakeSources();
  FakeWaiter waiter;
  Resolve("first.example", waiter);
  Pass(limits::kNameServerTimeout + limits::kTimerTick);
  EXPECT_THAT(lookup_.servers(Family::kV4), ElementsAre(0, 1));
  lookup_.Answer("first.example", Found(kFirst));
  EXPECT_EQ(waiter.told.size(), 1u);
  for (const char* name : {"second.example", "third.example"}) Learn(name, Found(kFirst));
  EXPECT_THAT(lookup_.servers(Family::kV4), ElementsAre(0, 1, 1, 1));
}

TEST_F(ResolverTest, DeadServerIsTriedAgainBesideAnotherAndComesBack) {
  lookup_.sources = SourcesOf("nameserver 192.0.2.53\nnameserver 192.0.2.54");
  resolver_.TakeSources();
  FakeWaiter waiter;
  Resolve("first.example", waiter);
  Pass(limits::kNameServerTimeout + limits::kTimerTick);
  lookup_.Answer("first.example", Found(kFirst));
  Pass(limits::kNameServerRetry);
  FakeWaiter beside;
  lookup_.asked.clear();
  Resolve("second.example", beside);
  EXPECT_THAT(lookup_.servers(Family::kV4), ElementsAre(1, 0));
  lookup_.Answer("second.example", Family::kV4, Found(kFirst));  // of the one that was dead
  lookup_.asked.clear();
  FakeWaiter third;
  Resolve("third.example", third);
  EXPECT_EQ(lookup_.servers(Family::kV4)[0], 0u);
}

TEST_F(ResolverTest, ServerThatIsSilentAboutOneFamilyIsNotDead) {
  lookup_.sources = SourcesOf("nameserver 192.0.2.53\nnameserver 192.0.2.54");
  resolver_.TakeSources();
  FakeWaiter waiter;
  Resolve("first.example", waiter);
  Pass(absl::Milliseconds(10));
  lookup_.Answer("first.example", Family::kV4, Found(kFirst));
  Pass(limits::kNameServerTimeout + limits::kTimerTick);
  EXPECT_THAT(lookup_.servers(Family::kV6), ElementsAre(0, 1));
  FakeWaiter second;
  Resolve("second.example", second);
  EXPECT_EQ(lookup_.servers(Family::kV4).back(), 0u);
}

TEST_F(ResolverTest, ServerThatFailsIsPassedOverAtOnceAndAllAttemptsAreMade) {
  lookup_.sources = SourcesOf("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions attempts:2");
  resolver_.TakeSources();
  FakeWaiter waiter;
  Resolve("broken.example", waiter);
  for (int i = 0; i < 4; ++i)
    lookup_.Answer("broken.example", {.status = FamilyAnswer::Status::kRefused});
  EXPECT_THAT(lookup_.servers(Family::kV4), ElementsAre(0, 1, 0, 1));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_EQ(waiter.told[0].status, NameAnswer::Status::kFailed);
}

TEST_F(ResolverTest, LateAnswerOfAnEarlierServerCounts) {
  lookup_.sources = SourcesOf("nameserver 192.0.2.53\nnameserver 192.0.2.54");
  resolver_.TakeSources();
  FakeWaiter waiter;
  Resolve("slow.example", waiter);
  const std::vector<FakeLookup::Asked> first = lookup_.asked;
  Pass(limits::kNameServerTimeout + limits::kTimerTick);
  lookup_.asked = first;
  lookup_.Answer("slow.example", Found(kFirst));
  ASSERT_EQ(waiter.told.size(), 1u);
  EXPECT_THAT(waiter.told[0].addresses, ElementsAre(kFirst));
}

TEST_F(ResolverTest, ServersTakeTurnsWhereTheyAreToldTo) {
  lookup_.sources = SourcesOf("nameserver 192.0.2.53\nnameserver 192.0.2.54\noptions rotate");
  resolver_.TakeSources();
  for (const char* name : {"a.example", "b.example", "c.example"}) Learn(name, Found(kFirst));
  const std::vector<size_t> servers = lookup_.servers(Family::kV4);
  EXPECT_EQ(servers[0], servers[2]);
  EXPECT_NE(servers[0], servers[1]);
  EXPECT_EQ(lookup_.servers(Family::kV6), servers);
}

TEST_F(ResolverTest, OtherServersAreAskedWhatTheOnesBeforeWereAndHadAnswered) {
  Learn("known.example", Found(kFirst));
  FakeWaiter waiter;
  Resolve("waits.example", waiter);
  lookup_.asked.clear();
  lookup_.sources = SourcesOf("nameserver 192.0.2.99");
  resolver_.TakeSources();
  EXPECT_THAT(lookup_.names(), ElementsAre("waits.example"));
  lookup_.Answer("waits.example", Found(kSecond));
  ASSERT_EQ(waiter.told.size(), 1u);
  Learn("known.example", Found(kSecond));
}

// --- What is asked is what the client said

TEST_F(ResolverTest, NameThatWouldBecomeAnotherOneOnTheWayIsNotAsked) {
  for (const char* name :
       {"intr\\a.corp.test", "intra.corp.tes\\t", "intra\\.corp.test", "intra.corp.test..",
        ".intra.corp.test", "intra..corp.test", "site.onion", "ONION."}) {
    EXPECT_EQ(Cached(name).status, NameAnswer::Status::kNotFound) << name;
  }
  EXPECT_THAT(lookup_.asked, IsEmpty());
}

TEST_F(ResolverTest, SingleLabelsAndLocalhostAreAskedAsTheyAre) {
  lookup_.sources =
      SourcesOf("search corp.test\ndomain corp.test\nnameserver 192.0.2.53\noptions ndots:5");
  resolver_.TakeSources();
  FakeWaiter waiters[2];
  Resolve("intra", waiters[0]);
  Resolve("localhost", waiters[1]);
  EXPECT_THAT(lookup_.names(), ElementsAre("intra", "localhost"));
}

}  // namespace
}  // namespace sluice

#include "relay/limits/sources.h"

#include <map>
#include <thread>
#include <vector>

#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

Address Parse(const char* text) { return *Address::Parse(text); }

Address V4(uint32_t number) {
  return Address::FromV4({static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16),
                          static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
}

class SourcesTest : public testing::Test {
 protected:
  ~SourcesTest() override {
    EXPECT_EQ(sources_.entered(), 0u);
    EXPECT_TRUE(sources_.settled());
  }
  Sources sources_{Sources::Key{1, 2, 3}};
};

TEST_F(SourcesTest, AnAddressOfIpv4AndANetworkOf64BitsOfIpv6AreOneSource) {
  Source* four = sources_.Enter(Parse("192.0.2.1"));
  EXPECT_EQ(sources_.Enter(Parse("192.0.2.1")), four);
  EXPECT_EQ(sources_.Enter(Parse("::ffff:192.0.2.1")), four);
  Source* other = sources_.Enter(Parse("192.0.2.2"));
  EXPECT_NE(other, four);
  Source* six = sources_.Enter(Parse("2001:db8:0:1::1"));
  EXPECT_EQ(sources_.Enter(Parse("2001:db8:0:1:ffff::2")), six);
  Source* next = sources_.Enter(Parse("2001:db8:0:2::1"));
  EXPECT_NE(next, six);
  EXPECT_EQ(sources_.entered(), 4u);
  for (Source* source : {four, four, four, other, six, six, next}) sources_.Leave(*source);
}

TEST_F(SourcesTest, WhoHasLeftIsForgotten) {
  Source* source = sources_.Enter(Parse("192.0.2.1"));
  sources_.EnterAgain(*source);
  sources_.Leave(*source);
  EXPECT_EQ(sources_.entered(), 1u);
  sources_.Leave(*source);
  EXPECT_EQ(sources_.entered(), 0u);
}

TEST_F(SourcesTest, ABoundIsExact) {
  Source* source = sources_.Enter(Parse("192.0.2.1"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(source->Take(Holding::kBinds, 3));
  EXPECT_FALSE(source->Take(Holding::kBinds, 3));
  EXPECT_EQ(source->held(Holding::kBinds), 3);
  EXPECT_EQ(source->held(Holding::kNames), 0);
  source->Give(Holding::kBinds);
  EXPECT_TRUE(source->Take(Holding::kBinds, 3));
  EXPECT_TRUE(source->Take(Holding::kBinds, 0)) << "0 is no bound";
  for (int i = 0; i < 4; ++i) source->Give(Holding::kBinds);
  sources_.Leave(*source);
}

// Alone it gets nearly all, and the more there are the more is left for those who come.
TEST_F(SourcesTest, ASourceGetsNoMoreOfTheLastThatAreFree) {
  constexpr int kPlaces = 1000;
  for (const int greedy : {1, 2, 5}) {
    std::vector<Source*> all;
    for (int i = 0; i < greedy; ++i) all.push_back(sources_.Enter(V4(static_cast<uint32_t>(i))));
    int free = kPlaces;
    for (bool any = true; any;) {
      any = false;
      for (Source* source : all) {
        if (free == 0 || !source->TakeWithPlace(Holding::kSessions, 0, free)) continue;
        --free;
        any = true;
      }
    }
    EXPECT_EQ(free, kPlaces / (1 + limits::kShareOfFree * greedy)) << greedy;
    Source* newcomer = sources_.Enter(Parse("2001:db8::1"));
    EXPECT_TRUE(newcomer->TakeWithPlace(Holding::kSessions, 0, free));
    newcomer->Give(Holding::kSessions);
    sources_.Leave(*newcomer);
    for (Source* source : all) {
      while (source->held(Holding::kSessions) > 0) source->Give(Holding::kSessions);
      sources_.Leave(*source);
    }
  }
}

TEST_F(SourcesTest, WhoHasFewMayHaveOneMoreHoweverFewAreLeft) {
  Source* source = sources_.Enter(Parse("192.0.2.1"));
  for (int i = 0; i < limits::kModestHoldings; ++i)
    EXPECT_TRUE(source->TakeWithPlace(Holding::kSessions, 0, 0));
  EXPECT_FALSE(source->TakeWithPlace(Holding::kSessions, 0, 0));
  EXPECT_FALSE(source->TakeWithPlace(Holding::kAssociations, 0, 0)) << "all its places count";
  EXPECT_TRUE(source->TakeWithPlace(Holding::kAssociations, 0, 1));
  source->Give(Holding::kAssociations);
  for (int i = 0; i < limits::kModestHoldings; ++i) source->Give(Holding::kSessions);
  sources_.Leave(*source);
}

// More sources than there is room for: the rest is not counted, and all that leave make room again.
TEST_F(SourcesTest, AFullTableCountsNobodyMoreAndIsEmptyAgain) {
  for (int round = 0; round < 2; ++round) {
    std::vector<Source*> entered;
    size_t uncounted = 0;
    for (uint32_t i = 0; i < 3 * limits::kSourcesMax; ++i) {
      Source* source = sources_.Enter(V4(i));
      source != nullptr ? entered.push_back(source) : void(++uncounted);
    }
    EXPECT_GT(uncounted, 0u);
    EXPECT_GT(entered.size(), limits::kSourcesMax * 95 / 100);
    EXPECT_EQ(sources_.entered(), entered.size());
    for (Source* source : entered) sources_.Leave(*source);
    EXPECT_EQ(sources_.entered(), 0u);
  }
}

// A map from source to counts, on random input.
TEST_F(SourcesTest, AgreesWithASlowTwin) {
  struct Slow {
    Source* source = nullptr;
    int entered = 0;
    int held = 0;
  };
  Prng prng(7);
  std::map<uint32_t, Slow> twin;
  for (int step = 0; step < 300'000; ++step) {
    const auto who = static_cast<uint32_t>(prng.Below(500));
    Slow& slow = twin[who];
    const uint64_t roll = prng.Below(4);
    if (roll < 2) {
      Source* source = sources_.Enter(V4(who));
      ASSERT_NE(source, nullptr);
      if (slow.entered > 0) {
        ASSERT_EQ(source, slow.source);
      } else {
        ASSERT_EQ(source->held(Holding::kSessions), 0);
      }
      slow.source = source;
      ++slow.entered;
      const int most = 1 + static_cast<int>(prng.Below(5));
      ASSERT_EQ(source->Take(Holding::kSessions, most), slow.held < most);
      if (slow.held < most) ++slow.held;
    } else if (slow.held > 0 && roll == 2) {
      slow.source->Give(Holding::kSessions);
      --slow.held;
    } else if (slow.entered > 1 || (slow.entered == 1 && slow.held == 0)) {
      sources_.Leave(*slow.source);
      --slow.entered;
    }
  }
  size_t entered = 0;
  for (auto& [who, slow] : twin) entered += slow.entered > 0;
  EXPECT_EQ(sources_.entered(), entered);
  for (auto& [who, slow] : twin) {
    for (; slow.held > 0; --slow.held) slow.source->Give(Holding::kSessions);
    for (; slow.entered > 0; --slow.entered) sources_.Leave(*slow.source);
  }
}

// Shards that enter and leave the same few sources all the time lose no count.
TEST_F(SourcesTest, ThreadsAgree) {
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([this, seed] {
      Prng prng(seed);
      std::vector<Source*> mine;
      for (int step = 0; step < 50'000; ++step) {
        if (mine.size() < 8 && prng.Below(2) == 0) {
          Source* source = sources_.Enter(V4(static_cast<uint32_t>(prng.Below(20))));
          ASSERT_NE(source, nullptr);
          ASSERT_TRUE(source->Take(Holding::kHandshakes, 1000));
          mine.push_back(source);
        } else if (!mine.empty()) {
          mine.back()->Give(Holding::kHandshakes);
          sources_.Leave(*mine.back());
          mine.pop_back();
        }
      }
      for (Source* source : mine) {
        source->Give(Holding::kHandshakes);
        sources_.Leave(*source);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice

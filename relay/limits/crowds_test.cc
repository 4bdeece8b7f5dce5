#include "relay/limits/crowds.h"

#include <algorithm>
#include <list>
#include <memory>
#include <vector>

#include "core/limits.h"
#include "core/prng.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

class CrowdsTest : public testing::Test {
 protected:
  struct Handshake final : public Crowds::Member {
    void OnCrowdedOut() override {}
    Source* source = nullptr;
  };

  Source& SourceOf(uint8_t number) {
    Source* source = sources_.Enter(Address::FromV4({192, 0, 2, number}));
    EXPECT_NE(source, nullptr);
    return *source;
  }
  Handshake& Come(uint8_t number) {
    Handshake& handshake = here_.emplace_back();
    handshake.source = &SourceOf(number);
    EXPECT_TRUE(handshake.source->Take(Holding::kHandshakes, 0));
    crowds_.Join(handshake, *handshake.source);
    return handshake;
  }
  void Go(Handshake& handshake) {
    crowds_.Leave(handshake);
    handshake.source->Give(Holding::kHandshakes);
    sources_.Leave(*handshake.source);
    here_.remove_if([&](const Handshake& other) { return &other == &handshake; });
  }
  ~CrowdsTest() override {
    while (!here_.empty()) Go(here_.front());
    EXPECT_EQ(sources_.entered(), 0u);
    EXPECT_TRUE(sources_.settled());
  }

  Sources sources_{Sources::Key{}};
  Crowds crowds_{sources_, 2000};
  std::list<Handshake> here_;
};

TEST_F(CrowdsTest, TheOldestOfTheSourceWithTheMostIsFound) {
  EXPECT_EQ(crowds_.Greediest(1), nullptr);
  Come(1);
  Handshake& oldest = Come(2);
  Handshake& second = Come(2);
  Come(1);
  Come(2);
  Come(3);
  EXPECT_EQ(crowds_.Greediest(1), &oldest);
  Go(oldest);
  Come(2);
  EXPECT_EQ(crowds_.Greediest(3), &second);
  EXPECT_EQ(crowds_.Greediest(4), nullptr) << "none has so many";
}

// The greedier one has only a few of its handshakes here.
TEST_F(CrowdsTest, HandshakesOfOtherShardsCount) {
  for (int i = 0; i < 20; ++i) Come(1);
  Handshake& first = Come(2);
  Source& elsewhere = SourceOf(2);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(elsewhere.Take(Holding::kHandshakes, 0));
  Come(2);
  EXPECT_EQ(crowds_.Greediest(8), &first);
  // They have finished there, and nobody has told this shard.
  for (int i = 0; i < 30; ++i) elsewhere.Give(Holding::kHandshakes);
  sources_.Leave(elsewhere);
  EXPECT_EQ(static_cast<Handshake*>(crowds_.Greediest(8))->source, here_.front().source);
}

TEST_F(CrowdsTest, WhoLeavesTwiceOrNeverJoinedIsOfNoAccount) {
  Handshake stranger;
  crowds_.Leave(stranger);
  Handshake& one = Come(1);
  crowds_.Leave(one);
  EXPECT_EQ(crowds_.Greediest(1), nullptr);
}

// Against a look at all of them, on random input.
TEST_F(CrowdsTest, AgreesWithASlowTwin) {
  Prng prng(11);
  for (int step = 0; step < 20'000; ++step) {
    const bool grows = prng.Below(3000) > here_.size();
    if (here_.empty() || (here_.size() < 1500 && grows)) {
      // Low numbers are greedy.
      const uint64_t among = 1 + prng.Below(40);
      Come(static_cast<uint8_t>(prng.Below(among)));
    } else {
      auto at = here_.begin();
      std::advance(at, static_cast<long>(prng.Below(std::min<size_t>(here_.size(), 50))));
      Go(*at);
    }
    const int at_least = 1 + static_cast<int>(prng.Below(16));
    int most = 0;
    for (const Handshake& handshake : here_)
      most = std::max(most, handshake.source->held(Holding::kHandshakes));
    const auto* found = static_cast<Handshake*>(crowds_.Greediest(at_least));
    ASSERT_EQ(found != nullptr, most >= at_least) << step;
    if (found == nullptr) continue;
    ASSERT_EQ(found->source->held(Holding::kHandshakes), most) << step;
    const auto oldest = std::find_if(here_.begin(), here_.end(), [&](const Handshake& handshake) {
      return handshake.source == found->source;
    });
    ASSERT_EQ(found, &*oldest) << step;
  }
}

}  // namespace
}  // namespace sluice

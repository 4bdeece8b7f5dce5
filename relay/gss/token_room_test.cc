#include "relay/gss/token_room.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kKilobyte = 1024;

class TokenRoomTest : public testing::Test {
 protected:
  struct Client {
    Client(TokenRoomTest& t, std::string n) : test(t), name(std::move(n)) {
      place.Bind<&Client::OnCrowdedOut>(this);
    }
    void OnCrowdedOut() { test.crowded_out_.push_back(name); }
    TokenRoomTest& test;
    std::string name;
    TokenRoom::Place place;
  };

  TokenRoom room_{100 * kKilobyte};
  std::vector<std::string> crowded_out_;
};

TEST_F(TokenRoomTest, WhatIsGivenBackIsRoomAgain) {
  Client a(*this, "a");
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(room_.Hold(a.place, 60 * kKilobyte));
    EXPECT_TRUE(room_.Hold(a.place, 100 * kKilobyte));
    EXPECT_EQ(room_.bytes(), 100 * kKilobyte);
    room_.Release(a.place);
    EXPECT_EQ(room_.bytes(), 0u);
  }
  {
    Client b(*this, "b");
    EXPECT_TRUE(room_.Hold(b.place, 60 * kKilobyte));
  }
  EXPECT_EQ(room_.bytes(), 0u);
  EXPECT_THAT(crowded_out_, IsEmpty());
}

TEST_F(TokenRoomTest, WhoHoldsMostIsCrowdedOut) {
  Client small(*this, "small"), greedy(*this, "greedy"), late(*this, "late");
  EXPECT_TRUE(room_.Hold(small.place, 10 * kKilobyte));
  EXPECT_TRUE(room_.Hold(greedy.place, 60 * kKilobyte));
  EXPECT_TRUE(room_.Hold(late.place, 16 * kKilobyte));
  EXPECT_TRUE(room_.Hold(late.place, 31 * kKilobyte));
  EXPECT_THAT(crowded_out_, ElementsAre("greedy"));
  EXPECT_EQ(room_.bytes(), 41 * kKilobyte);
}

TEST_F(TokenRoomTest, OfEqualsTheOldestIs) {
  Client a(*this, "a"), b(*this, "b"), c(*this, "c"), d(*this, "d");
  EXPECT_TRUE(room_.Hold(a.place, 33 * kKilobyte));
  EXPECT_TRUE(room_.Hold(b.place, 33 * kKilobyte));
  EXPECT_TRUE(room_.Hold(c.place, 33 * kKilobyte));
  EXPECT_TRUE(room_.Hold(a.place, 34 * kKilobyte)) << "it stays where it is";
  EXPECT_TRUE(room_.Hold(d.place, 1 * kKilobyte));
  EXPECT_THAT(crowded_out_, ElementsAre("a"));
}

TEST_F(TokenRoomTest, WhoWantsMoreThanAnybodyHasItsOwnRefusal) {
  Client small(*this, "small"), greedy(*this, "greedy");
  EXPECT_TRUE(room_.Hold(small.place, 40 * kKilobyte));
  EXPECT_TRUE(room_.Hold(greedy.place, 59 * kKilobyte));
  EXPECT_FALSE(room_.Hold(greedy.place, 66 * kKilobyte));
  EXPECT_THAT(crowded_out_, IsEmpty()) << "it is told at once";
  EXPECT_EQ(room_.bytes(), 40 * kKilobyte);
}

TEST_F(TokenRoomTest, ManySmallOnesAreBoundToo) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<Client>(*this, std::to_string(i)));
    EXPECT_TRUE(room_.Hold(clients.back()->place, kKilobyte));
    EXPECT_LE(room_.bytes(), 100 * kKilobyte);
  }
  EXPECT_EQ(crowded_out_.size(), 900u);
  EXPECT_EQ(crowded_out_[0], "0");
}

}  // namespace
}  // namespace sluice

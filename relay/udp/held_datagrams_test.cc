#include "relay/udp/held_datagrams.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

const std::vector<uint8_t> kOne = {1, 1};
const std::vector<uint8_t> kOther = {2};

TEST(HeldDatagramsTest, AreCopiesInTheirOrder) {
  HoldRoom room = 100;
  HeldDatagrams held(room);
  std::vector<uint8_t> datagram = kOne;
  EXPECT_TRUE(held.Add(datagram));
  datagram = kOther;
  EXPECT_TRUE(held.Add(datagram));
  EXPECT_TRUE(held.Add({}));
  EXPECT_THAT(held.datagrams(), ElementsAre(kOne, kOther, std::vector<uint8_t>()));
}

TEST(HeldDatagramsTest, RoomIsTakenAndGivenBack) {
  HoldRoom room = 3;
  {
    HeldDatagrams held(room);
    HeldDatagrams others(room);
    EXPECT_TRUE(held.Add(kOne));
    EXPECT_EQ(room, 1u);
    EXPECT_FALSE(others.Add(kOne));
    EXPECT_TRUE(others.Add(kOther));
    EXPECT_EQ(room, 0u);
    EXPECT_FALSE(held.Add(kOther));
  }
  EXPECT_EQ(room, 3u);
}

TEST(HeldDatagramsTest, OneNameHasItsBounds) {
  HoldRoom room = limits::kHeldBytesPerShard;
  HeldDatagrams large(room);
  EXPECT_FALSE(large.Add(std::vector<uint8_t>(limits::kHeldBytesPerName + 1)));
  EXPECT_TRUE(large.Add(std::vector<uint8_t>(limits::kHeldBytesPerName)));
  EXPECT_FALSE(large.Add(kOther));
  HeldDatagrams many(room);
  for (size_t i = 0; i < limits::kHeldDatagramsPerName; ++i) EXPECT_TRUE(many.Add({}));
  EXPECT_FALSE(many.Add({}));
}

}  // namespace
}  // namespace sluice

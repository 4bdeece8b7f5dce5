#include "bench/load/datagram_window.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::load {
namespace {

TEST(DatagramWindowTest, GivesEachPlaceOnceAndEachNumberOnce) {
  DatagramWindow window(3, 0);
  std::set<uint64_t> numbers;
  for (int round = 0; round < 100; ++round) {
    std::vector<uint64_t> taken;
    while (!window.full()) taken.push_back(window.Take(round));
    ASSERT_EQ(taken.size(), 3u);
    EXPECT_EQ(window.waiting(), 3);
    for (uint64_t number : taken) {
      EXPECT_TRUE(numbers.insert(number).second);
      EXPECT_EQ(window.Answer(number), round);
    }
    EXPECT_EQ(window.waiting(), 0);
  }
}

TEST(DatagramWindowTest, AnswersInAnyOrderFreeTheirOwnPlace) {
  DatagramWindow window(2, 0);
  const uint64_t first = window.Take(10);
  const uint64_t second = window.Take(20);
  EXPECT_EQ(window.Answer(second), 20);
  EXPECT_FALSE(window.full());
  EXPECT_EQ(window.Answer(first), 10);
}

TEST(DatagramWindowTest, ADuplicateIsNoAnswer) {
  DatagramWindow window(2, 0);
  const uint64_t number = window.Take(1);
  EXPECT_EQ(window.Answer(number), 1);
  EXPECT_EQ(window.Answer(number), std::nullopt);
}

TEST(DatagramWindowTest, ALostOneIsSentAnewAndKeepsTheTimeThatItHasWaited) {
  DatagramWindow window(2, 0);
  const uint64_t lost = window.Take(100);
  const uint64_t young = window.Take(190);
  std::vector<uint64_t> resent;
  window.Renew(150, 200, [&](uint64_t number) { resent.push_back(number); });
  ASSERT_EQ(resent.size(), 1u);
  EXPECT_NE(resent[0], lost);
  EXPECT_EQ(window.waiting(), 2);
  EXPECT_EQ(window.Answer(lost), std::nullopt) << "late";
  EXPECT_EQ(window.Answer(resent[0]), 100);
  EXPECT_EQ(window.Answer(young), 190);
  window.Renew(1000, 1000, [](uint64_t) { FAIL() << "nothing is under way"; });
}

TEST(DatagramWindowTest, WindowsAreToldApartByTheirNumbers) {
  DatagramWindow zero(4, 0);
  DatagramWindow one(4, 1);
  const uint64_t of_zero = zero.Take(1);
  const uint64_t of_one = one.Take(1);
  EXPECT_TRUE(zero.Owns(of_zero));
  EXPECT_FALSE(zero.Owns(of_one));
  EXPECT_TRUE(one.Owns(of_one));
  EXPECT_FALSE(one.Owns(of_zero));
}

}  // namespace
}  // namespace sluice::load

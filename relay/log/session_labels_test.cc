#include "relay/log/session_labels.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// What stands in the session itself.
constexpr size_t kShortBytes = 61;

class SessionLabelsTest : public ::testing::Test {
 protected:
  ~SessionLabelsTest() override {
    labels_.Clear(blocks_);
    EXPECT_EQ(blocks_.in_use(), 0u);
  }
  void ExpectKept(const std::string& name, const std::string& user) {
    labels_.SetUser(user, blocks_);
    EXPECT_EQ(labels_.user(), user);
    labels_.SetName(name, blocks_);
    EXPECT_EQ(labels_.name(), name);
    EXPECT_EQ(labels_.user(), user);
  }
  void ExpectMissing(const std::string& missing) {
    const std::string name(labels_.name());
    labels_.SetMissing(missing, blocks_);
    EXPECT_EQ(labels_.missing(), missing);
    EXPECT_EQ(labels_.name(), name);
  }

  Slab<LongLabels> blocks_{1};
  SessionLabels labels_;
};

TEST_F(SessionLabelsTest, NewOnesAreEmpty) {
  EXPECT_EQ(labels_.name(), "");
  EXPECT_EQ(labels_.user(), "");
}

TEST_F(SessionLabelsTest, ShortOnesBorrowNothing) {
  ExpectKept("www.example.com", "alice");
  EXPECT_EQ(blocks_.in_use(), 0u);
}

TEST_F(SessionLabelsTest, AsManyBytesAsFitBorrowNothing) {
  ExpectKept(std::string(kShortBytes - 5, 'n'), "alice");
  EXPECT_EQ(blocks_.in_use(), 0u);
}

TEST_F(SessionLabelsTest, OneByteMoreBorrowsABlock) {
  ExpectKept(std::string(kShortBytes - 4, 'n'), "alice");
  EXPECT_EQ(blocks_.in_use(), 1u);
}

TEST_F(SessionLabelsTest, LongestOnesAreKeptWhole) {
  ExpectKept(std::string(limits::kNameBytesMax, 'n'), std::string(limits::kUserIdBytesMax, 'u'));
  ExpectMissing(std::string(limits::kInterfaceBytesMax, 'i'));
}

TEST_F(SessionLabelsTest, WhatIsMissingMayBorrowTheBlock) {
  ExpectKept(std::string(kShortBytes - 5, 'n'), "alice");
  ExpectMissing("eth0");
  EXPECT_EQ(blocks_.in_use(), 1u);
}

TEST_F(SessionLabelsTest, BytesOfAUserAreKeptAsTheyAre) {
  ExpectKept("", std::string("\0\xff\n\"", 4));
}

TEST_F(SessionLabelsTest, ClearGivesTheBlockBackAndForgets) {
  ExpectKept(std::string(200, 'n'), "alice");
  labels_.Clear(blocks_);
  EXPECT_EQ(blocks_.in_use(), 0u);
  EXPECT_EQ(labels_.name(), "");
  EXPECT_EQ(labels_.user(), "");
  labels_.Clear(blocks_);
  EXPECT_EQ(blocks_.in_use(), 0u);
}

}  // namespace
}  // namespace sluice

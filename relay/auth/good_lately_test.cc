#include "relay/auth/good_lately.h"

#include <string>

#include "core/limits.h"
#include "gtest/gtest.h"
#include "relay/auth/source.h"

namespace sluice {
namespace {

class GoodLatelyTest : public testing::Test {
 protected:
  static uint64_t Source(const std::string& text) { return SourceOf(*Address::Parse(text)); }
  void Note(const std::string& source, const std::string& user, const std::string& password) {
    good_.Note(Source(source), user, cache_.DigestOf({user, password}), now_);
  }
  bool Knows(const std::string& source, const std::string& user, const std::string& password) {
    return good_.Knows(Source(source), user, cache_.DigestOf({user, password}), now_);
  }

  absl::Time now_ = absl::UnixEpoch();
  CredentialCache cache_{CredentialCache::Key{7}};
  GoodLately good_{GoodLately::Key{1, 2, 3}};
};

TEST_F(GoodLatelyTest, ASourceIsKnownWhoeverComesFromIt) {
  EXPECT_FALSE(Knows("192.0.2.1", "alice", "secret"));
  Note("192.0.2.1", "alice", "secret");
  EXPECT_TRUE(Knows("192.0.2.1", "bob", "another"));
  Note("2001:db8:1:2::3", "alice", "secret");
  EXPECT_TRUE(Knows("2001:db8:1:2:ffff::", "carol", "x")) << "of IPv6 the network";
  EXPECT_FALSE(Knows("2001:db8:1:3::3", "carol", "x"));
}

TEST_F(GoodLatelyTest, CredentialsAreKnownFromAnywhereAndAUserAloneIsNot) {
  Note("192.0.2.1", "alice", "secret");
  EXPECT_TRUE(Knows("198.51.100.9", "alice", "secret"));
  EXPECT_FALSE(Knows("198.51.100.9", "alice", "guess")) << "that alice exists shows nowhere";
  EXPECT_FALSE(Knows("198.51.100.9", "bob", "secret"));
}

TEST_F(GoodLatelyTest, TheLatestPasswordOfAUserIsTheOneThatCounts) {
  Note("192.0.2.1", "alice", "old");
  Note("192.0.2.1", "alice", "new");
  EXPECT_TRUE(Knows("198.51.100.9", "alice", "new"));
  EXPECT_FALSE(Knows("198.51.100.9", "alice", "old"));
}

TEST_F(GoodLatelyTest, ADayWithoutOneForgets) {
  Note("192.0.2.1", "alice", "secret");
  now_ += limits::kGoodLatelyKept - absl::Seconds(1);
  EXPECT_TRUE(Knows("192.0.2.1", "alice", "secret"));
  now_ += absl::Seconds(2);
  EXPECT_FALSE(Knows("192.0.2.1", "alice", "secret"));
}

TEST_F(GoodLatelyTest, AFullTableForgetsWhoWasRightLongestAgo) {
  for (size_t i = 0; i < 4 * limits::kGoodLatelyEntries; ++i) {
    now_ += absl::Milliseconds(1);
    good_.Note(i + 1, std::to_string(i), cache_.DigestOf({std::to_string(i), "p"}), now_);
    ASSERT_TRUE(good_.Knows(i + 1, "nobody", {}, now_)) << i;
  }
  EXPECT_FALSE(good_.Knows(1, "nobody", {}, now_));
}

}  // namespace
}  // namespace sluice

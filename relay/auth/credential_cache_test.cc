#include "relay/auth/credential_cache.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'000'000);

class CredentialCacheTest : public testing::Test {
 protected:
  CredentialCache::Digest DigestOf(const std::string& user, const std::string& password) const {
    return cache_.DigestOf({user, password});
  }
  CredentialCache cache_{CredentialCache::Key{7}};
  const CredentialCache::Digest alice_ = DigestOf("alice", "secret");
};

TEST_F(CredentialCacheTest, WhatIsRememberedIsKnownUntilItsEnd) {
  EXPECT_FALSE(cache_.Knows(alice_, 1, kNow));
  cache_.Remember(alice_, 1, kNow + absl::Seconds(60));
  EXPECT_TRUE(cache_.Knows(alice_, 1, kNow));
  EXPECT_TRUE(cache_.Knows(alice_, 1, kNow + absl::Seconds(60) - absl::Milliseconds(1)));
  EXPECT_FALSE(cache_.Knows(alice_, 1, kNow + absl::Seconds(60)));
}

TEST_F(CredentialCacheTest, AnotherSnapshotKnowsNothing) {
  cache_.Remember(alice_, 1, kNow + absl::Seconds(60));
  EXPECT_FALSE(cache_.Knows(alice_, 2, kNow));
  cache_.Remember(alice_, 2, kNow + absl::Seconds(60));
  EXPECT_TRUE(cache_.Knows(alice_, 2, kNow));
}

TEST_F(CredentialCacheTest, EveryByteAndTheSplitOfThemCount) {
  cache_.Remember(alice_, 1, kNow + absl::Seconds(60));
  const std::string all(255, 'p');
  std::set<CredentialCache::Digest> digests;
  for (const auto& [user, password] : {std::pair<std::string, std::string>{"alice", "secre"},
                                       {"alice", "secret2"},
                                       {"Alice", "secret"},
                                       {"alices", "ecret"},
                                       {"alic", "esecret"},
                                       {"alice", std::string("secret\0", 7)},
                                       {all, all},
                                       {all, all.substr(1)},
                                       {all.substr(1), all}}) {
    const CredentialCache::Digest digest = DigestOf(user, password);
    EXPECT_FALSE(cache_.Knows(digest, 1, kNow)) << user << " " << password;
    EXPECT_TRUE(digests.insert(digest).second) << user << " " << password;
  }
}

TEST_F(CredentialCacheTest, AnotherKeyGivesAnotherDigest) {
  EXPECT_NE(CredentialCache(CredentialCache::Key{8}).DigestOf({"alice", "secret"}), alice_);
}

TEST_F(CredentialCacheTest, AFullCacheForgetsWhatEndsFirst) {
  cache_.Remember(alice_, 1, kNow + absl::Seconds(1));
  for (size_t i = 0; i < 10 * limits::kAuthCacheEntries; ++i) {
    cache_.Remember(DigestOf(absl::StrCat(i), "p"), 1, kNow + absl::Seconds(60));
  }
  EXPECT_FALSE(cache_.Knows(alice_, 1, kNow));
  const CredentialCache::Digest bob = DigestOf("bob", "p");
  cache_.Remember(bob, 1, kNow + absl::Seconds(60));
  EXPECT_TRUE(cache_.Knows(bob, 1, kNow));
}

}  // namespace
}  // namespace sluice

#include "tools/sluiced/lock_rules.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/snapshot.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class LockRulesTest : public ::testing::Test {
 protected:
  LockRulesTest() {
    request_.client = *Endpoint::Parse("192.0.2.1:50000");
    request_.port = 443;
  }

  // A policy that lets everything through, the gateway itself too, below these locks.
  void Lock(const std::vector<AccessLock>& locks) {
    absl::StatusOr<Config> config = ParseConfig(
        "[sets.s]\naddresses = [\"203.0.113.0/24\"]\n[[rule]]\nname = \"all\"\ndestination = "
        "[\"any\", \"special-use\", \"@s\"]\nident = true\nverdict = \"allow\"\n"
        "bind_any_peer = true\n",
        "sluice.toml", [](std::string_view) { return absl::NotFoundError("no list"); });
    ASSERT_TRUE(config.ok()) << config.status();
    config_ = *std::move(config);
    lists_ = config_.lists.size();
    ASSERT_TRUE(AddLockRules(locks, &config_).ok());
    Compile();
  }
  void Compile() {
    auto snapshot = CompileSnapshot(config_, kNow, 1);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    snapshot_ = *std::move(snapshot);
  }
  std::string Decides(PolicyRequest request) {
    return std::string(snapshot_->RuleName(snapshot_->Decide(request).rule));
  }
  PolicyRequest To(const std::string& address, PolicyCommand command = PolicyCommand::kConnect) {
    PolicyRequest request = request_;
    request.command = command;
    request.address_known = true;
    request.address = *Address::Parse(address);
    return request;
  }
  PolicyRequest By(const std::string& user, UserProof proof) {
    PolicyRequest request = To("198.51.100.1");
    user_ = user;
    request.user = user_;
    request.proof = proof;
    return request;
  }
  std::string Refusal(const AccessLock& lock) {
    Config config;
    return std::string(AddLockRules({&lock, 1}, &config).message());
  }

  PolicyRequest request_;
  std::string user_;
  Config config_;
  size_t lists_ = 0;
  std::unique_ptr<const Snapshot> snapshot_;
};

TEST_F(LockRulesTest, ALockedClientMayNothingWhateverItAsksFor) {
  Lock({{.id = 3, .client = "192.0.2.0/24"}});
  for (const auto command :
       {PolicyCommand::kConnect, PolicyCommand::kBind, PolicyCommand::kUdpAssociate}) {
    EXPECT_EQ(Decides(To("198.51.100.1", command)), "lock:3");
    EXPECT_EQ(Decides(To("127.0.0.1", command)), "lock:3");
    EXPECT_EQ(Decides(To("0.0.0.0", command)), "lock:3");  // not said yet
  }
  PolicyRequest itself = To("198.51.100.1");
  itself.gateway_itself = true;
  EXPECT_EQ(Decides(itself), "lock:3");
  request_.name = "www.example";
  EXPECT_EQ(Decides(request_), "lock:3");
  request_.client = *Endpoint::Parse("192.0.3.1:50000");
  EXPECT_EQ(Decides(request_), "all");
}

TEST_F(LockRulesTest, ALockedUserIsLockedHoweverItIsKnown) {
  Lock({{.id = 1, .user = "mallory \"M\""}});
  for (const auto proof : {UserProof::kClaimed, UserProof::kIdent, UserProof::kAuthenticated})
    EXPECT_EQ(Decides(By("mallory \"M\"", proof)), "lock:1");
  EXPECT_EQ(Decides(By("alice", UserProof::kAuthenticated)), "all");
}

TEST_F(LockRulesTest, ALockedDestinationIsLockedForAllAndOthersAreNot) {
  Lock({{.id = 1, .destination = "*.evil.example"}, {.id = 2, .destination = "198.51.100.0/24"}});
  PolicyRequest named = request_;
  named.name = "www.evil.example";
  EXPECT_EQ(Decides(named), "lock:1");
  EXPECT_EQ(Decides(To("198.51.100.7")), "lock:2");
  EXPECT_EQ(Decides(To("198.51.101.7")), "all");
}

TEST_F(LockRulesTest, OfSeveralConditionsAllMustHold) {
  Lock({{.id = 1, .user = "bob", .client = "192.0.2.1"}});
  EXPECT_EQ(Decides(By("bob", UserProof::kAuthenticated)), "lock:1");
  EXPECT_EQ(Decides(By("alice", UserProof::kAuthenticated)), "all");
}

TEST_F(LockRulesTest, ALockExpiresAsARuleDoes) {
  Lock({{.id = 1, .client = "192.0.2.1", .expires = kNow + absl::Hours(1)},
        {.id = 2, .client = "192.0.2.1", .expires = kNow}});
  EXPECT_EQ(Decides(To("198.51.100.1")), "lock:1");
  EXPECT_EQ(snapshot_->next_expiry(), kNow + absl::Hours(1));
}

TEST_F(LockRulesTest, TakenAwayTheyLeaveWhatWasBelowThem) {
  Lock({{.id = 1, .client = "192.0.2.1"}, {.id = 2, .destination = "www.example"}});
  DropLockRules(2, lists_, &config_);
  Compile();
  EXPECT_EQ(config_.rules.size(), 1u);
  EXPECT_EQ(config_.lists.size(), lists_);
  EXPECT_EQ(Decides(To("198.51.100.1")), "all");
}

TEST_F(LockRulesTest, WhatNoRuleCouldSayIsRefusedWithASentence) {
  EXPECT_THAT(Refusal({.client = "10.0.0.0/33"}), HasSubstr("expected"));
  EXPECT_THAT(Refusal({.client = "www.example"}), HasSubstr("expected"));
  EXPECT_THAT(Refusal({.destination = "@partners"}), HasSubstr("expected the name of a set"));
  EXPECT_THAT(Refusal({.destination = "file:/etc/passwd"}), HasSubstr("a lock has no list file"));
  EXPECT_THAT(Refusal({.user = std::string(300, 'x')}), HasSubstr("expected"));
}

}  // namespace
}  // namespace sluice

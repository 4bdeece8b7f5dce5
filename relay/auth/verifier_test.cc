#include "relay/auth/verifier.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/config.h"
#include "tests/sim/sim_kernel.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kUsers[] =
    "[auth]\nmethods = [\"password\"]\ncache = \"60s\"\nslow_after = 2\nrefuse_after = "
    "4\nrefuse_for = \"5m\"\n";

// Remembers what it was asked; answers when the test says so.
class FakeAuthenticator : public Authenticator {
 public:
  struct Asked {
    std::string user, password, hash, service;
    bool decoy;
    uint32_t ticket;
  };
  bool Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) override {
    if (full) return false;
    receiver_ = &receiver;
    asked.push_back({std::string(question.credentials.user),
                     std::string(question.credentials.password),
                     std::string(question.password_hash), std::string(question.pam_service),
                     question.decoy, ticket});
    return true;
  }
  void Deliver() override {}
  void Answer(size_t index, AuthVerdict verdict) {
    receiver_->OnVerdict(asked[index].ticket, verdict);
  }

  std::vector<Asked> asked;
  bool full = false;

 private:
  Receiver* receiver_ = nullptr;
};

struct FakeWaiter final : public Verifier::Waiter {
  void OnVerified(AuthVerdict verdict, absl::Duration delay) override {
    told.push_back(verdict);
    delays.push_back(delay);
  }
  std::vector<AuthVerdict> told;
  std::vector<absl::Duration> delays;
};

class VerifierTest : public testing::Test {
 protected:
  VerifierTest() { Publish(""); }

  void Publish(const std::string& more, const std::string& user = "alice") {
    hash_ = absl::StrCat("$6$rounds=1000$saltsaltsalt$", std::string(86, 'a'));
    PublishText(absl::StrCat(kUsers, more, "[[user]]\nname = \"", user, "\"\npassword = \"", hash_,
                             "\"\n"));
  }
  void PublishText(const std::string& text) {
    const absl::StatusOr<Config> config =
        ParseConfig(text, "test.toml", [](std::string_view) { return absl::NotFoundError(""); });
    ASSERT_TRUE(config.ok()) << config.status();
    auto snapshot = CompileSnapshot(*config, HostAddresses(), absl::UnixEpoch(), ++generation_);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    snapshot_ = *std::move(snapshot);
  }
  std::optional<AuthVerdict> Verify(const std::string& user, const std::string& password,
                                    FakeWaiter& waiter, const char* client = "192.0.2.1") {
    return verifier_->Verify({user, password}, *Address::Parse(client), *snapshot_, waiter);
  }
  // Asks, and has it answered.
  void Try(const std::string& password, AuthVerdict verdict, const char* client = "192.0.2.1") {
    FakeWaiter waiter;
    ASSERT_EQ(Verify("alice", password, waiter, client), std::nullopt);
    authenticator_.Answer(authenticator_.asked.size() - 1, verdict);
    EXPECT_THAT(waiter.told, ElementsAre(verdict));
    last_delay_ = waiter.delays.at(0);
  }
  void Pass(absl::Duration time) {
    for (const absl::Time until = loop_.now() + time; loop_.now() < until;) loop_.Turn(until);
  }

  SimNetwork network_{1};
  SimHost& host_{network_.AddHost({Address::FromV4({10, 0, 0, 1})})};
  SimProcess process_{network_, host_};
  SimKernel kernel_{process_, SimKernel::Options()};
  Loop loop_{kernel_};
  Counters counters_;
  AuthThrottle throttle_{AuthThrottle::Key()};
  FakeAuthenticator authenticator_;
  std::string hash_;
  uint64_t generation_ = 0;
  std::unique_ptr<const Snapshot> snapshot_;
  std::unique_ptr<Verifier> verifier_ = std::make_unique<Verifier>(
      loop_, authenticator_, throttle_, counters_, CredentialCache::Key());
  absl::Duration last_delay_;
};

TEST_F(VerifierTest, AGoodAnswerIsRememberedAndNotAskedAgain) {
  Try("secret", AuthVerdict::kAccepted);
  EXPECT_EQ(authenticator_.asked.at(0).hash, hash_);
  EXPECT_FALSE(authenticator_.asked[0].decoy);
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "secret", waiter), AuthVerdict::kAccepted);
  EXPECT_EQ(Verify("alice", "secret", waiter, "2001:db8::1"), AuthVerdict::kAccepted)
      << "from anywhere";
  EXPECT_EQ(counters_.auth_cache_hits.value(), 2u);
  EXPECT_EQ(Verify("alice", "secret2", waiter), std::nullopt) << "only these credentials";
}

TEST_F(VerifierTest, AGoodAnswerIsForgottenInTimeAndWithItsSnapshot) {
  Try("secret", AuthVerdict::kAccepted);
  FakeWaiter waiter;
  Pass(absl::Seconds(59));
  EXPECT_EQ(Verify("alice", "secret", waiter), AuthVerdict::kAccepted);
  Pass(absl::Seconds(2));
  Try("secret", AuthVerdict::kAccepted);
  Publish("");
  Try("secret", AuthVerdict::kAccepted);
}

TEST_F(VerifierTest, WhatWasAskedUnderAnOldSnapshotIsNoAnswerForTheNewOne) {
  FakeWaiter before, after, later;
  EXPECT_EQ(Verify("alice", "secret", before), std::nullopt);
  Publish("", /*user=*/"bob");
  EXPECT_EQ(Verify("alice", "secret", after), std::nullopt);
  ASSERT_EQ(authenticator_.asked.size(), 2u);
  EXPECT_TRUE(authenticator_.asked[1].decoy);
  authenticator_.Answer(0, AuthVerdict::kAccepted);
  EXPECT_THAT(after.told, IsEmpty());
  EXPECT_EQ(Verify("alice", "secret", later), std::nullopt);
  authenticator_.Answer(1, AuthVerdict::kRejected);
  EXPECT_THAT(later.told, ElementsAre(AuthVerdict::kRejected));
}

TEST_F(VerifierTest, ACacheOfNoTimeRemembersNothing) {
  PublishText("[auth]\nmethods = [\"password\"]\npam_service = \"sluice\"\ncache = \"0s\"\n");
  Try("secret", AuthVerdict::kAccepted);
  Try("secret", AuthVerdict::kAccepted);
}

TEST_F(VerifierTest, ManyWhoAskTheSameAreAnsweredByOneCheck) {
  std::vector<FakeWaiter> waiters(100);
  for (FakeWaiter& waiter : waiters) EXPECT_EQ(Verify("alice", "secret", waiter), std::nullopt);
  FakeWaiter other;
  EXPECT_EQ(Verify("alice", "wrong", other), std::nullopt);
  EXPECT_EQ(authenticator_.asked.size(), 2u);
  authenticator_.Answer(0, AuthVerdict::kAccepted);
  for (FakeWaiter& waiter : waiters) EXPECT_THAT(waiter.told, ElementsAre(AuthVerdict::kAccepted));
  EXPECT_THAT(other.told, IsEmpty());
}

TEST_F(VerifierTest, WhoLeavesIsNotToldButHisGuessCounts) {
  for (int i = 0; i < 4; ++i) {
    {
      FakeWaiter waiter;
      EXPECT_EQ(Verify("alice", absl::StrCat("guess", i), waiter), std::nullopt);
    }
    authenticator_.Answer(static_cast<size_t>(i), AuthVerdict::kRejected);
  }
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "secret", waiter), AuthVerdict::kThrottled);
}

TEST_F(VerifierTest, FailuresAreSlowedDownAndThenRefusedUnchecked) {
  Try("a", AuthVerdict::kRejected);
  EXPECT_EQ(last_delay_, absl::ZeroDuration());
  Try("b", AuthVerdict::kRejected);
  EXPECT_EQ(last_delay_, limits::kAuthDelayStep);
  Try("secret", AuthVerdict::kAccepted);
  EXPECT_EQ(last_delay_, limits::kAuthDelayStep) << "good ones too: a late answer tells nothing";
  Try("c", AuthVerdict::kRejected);
  Try("d", AuthVerdict::kRejected);
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "secret", waiter), AuthVerdict::kThrottled)
      << "the cache would help a guesser";
  EXPECT_EQ(Verify("alice", "secret", waiter, "192.0.2.2"), AuthVerdict::kAccepted)
      << "others are served";
  Pass(absl::Minutes(5) + absl::Seconds(1));
  Try("secret", AuthVerdict::kAccepted);
}

TEST_F(VerifierTest, EachWhoFailsTogetherIsCounted) {
  FakeWaiter first, second;
  Verify("alice", "a", first, "192.0.2.1");
  Verify("alice", "a", second, "192.0.2.2");
  authenticator_.Answer(0, AuthVerdict::kRejected);
  Try("b", AuthVerdict::kRejected, "192.0.2.1");
  EXPECT_EQ(last_delay_, limits::kAuthDelayStep);
  Try("b", AuthVerdict::kRejected, "192.0.2.2");
  EXPECT_EQ(last_delay_, limits::kAuthDelayStep);
}

TEST_F(VerifierTest, WhatCouldNotBeCheckedIsNoFailureOfTheClients) {
  for (int i = 0; i < 10; ++i) Try("secret", AuthVerdict::kBroken);
  EXPECT_EQ(last_delay_, absl::ZeroDuration());
  Try("secret", AuthVerdict::kAccepted);
}

TEST_F(VerifierTest, AnUnknownUserIsHashedAllTheSameAndToldNothingElse) {
  FakeWaiter waiter, late;
  EXPECT_EQ(Verify("mallory", "secret", waiter), std::nullopt);
  EXPECT_TRUE(authenticator_.asked.at(0).decoy);
  EXPECT_EQ(authenticator_.asked[0].hash, hash_) << "of the same kind as a user's";
  // A reload took all users away, after this client was asked for its password.
  PublishText("");
  EXPECT_EQ(Verify("mallory", "secret", late), std::nullopt);
  EXPECT_TRUE(authenticator_.asked.at(1).hash.starts_with("$y$"));
  EXPECT_TRUE(authenticator_.asked[1].decoy);
}

TEST_F(VerifierTest, PamIsAskedOnlyForWhoIsNoUserOfOurs) {
  Publish("pam_service = \"sluice\"\n");
  FakeWaiter alice, bob;
  Verify("alice", "secret", alice);
  Verify("bob", "secret", bob);
  EXPECT_EQ(authenticator_.asked.at(0).hash, hash_);
  EXPECT_EQ(authenticator_.asked.at(1).hash, "");
  EXPECT_EQ(authenticator_.asked[1].service, "sluice");
  EXPECT_FALSE(authenticator_.asked[1].decoy);
}

TEST_F(VerifierTest, OneSourceCannotTakeAllPlaces) {
  std::vector<FakeWaiter> waiters(limits::kAuthQuestionsMax + 2);
  const int own = limits::kAuthQuestionsPerSourceMax;
  for (int i = 0; i < own; ++i)
    EXPECT_EQ(Verify("alice", absl::StrCat(i), waiters[i]), std::nullopt);
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "more", waiter), AuthVerdict::kBusy);
  EXPECT_EQ(Verify("alice", "0", waiter), std::nullopt) << "what is asked already takes no place";
  for (size_t i = static_cast<size_t>(own); i < limits::kAuthQuestionsMax; ++i) {
    const std::string client = absl::StrCat("198.51.100.", 1 + i % 200);
    EXPECT_EQ(Verify("alice", absl::StrCat(i), waiters[i], client.c_str()), std::nullopt) << i;
  }
  FakeWaiter late;
  EXPECT_EQ(Verify("alice", "late", late, "203.0.113.1"), AuthVerdict::kBusy);
}

TEST_F(VerifierTest, AFullAuthenticatorIsSaidToBeBusy) {
  authenticator_.full = true;
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "secret", waiter), AuthVerdict::kBusy);
  authenticator_.full = false;
  Try("secret", AuthVerdict::kAccepted);
}

TEST_F(VerifierTest, ItMayEndBeforeItsAnswersCome) {
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "secret", waiter), std::nullopt);
  verifier_.reset();
  EXPECT_FALSE(waiter.linked());
}

}  // namespace
}  // namespace sluice

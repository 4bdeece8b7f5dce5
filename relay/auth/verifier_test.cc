#include "relay/auth/verifier.h"

#include <array>
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
  bool HasRoom(AuthBackEnd back_end) const override {
    return room[static_cast<size_t>(back_end)] > 0;
  }
  bool Start(const AuthQuestion& question, uint32_t ticket, Receiver& receiver) override {
    --room[static_cast<size_t>(question.back_end())];
    back_ends_.push_back(question.back_end());
    receiver_ = &receiver;
    asked.push_back({std::string(question.credentials.user),
                     std::string(question.credentials.password),
                     std::string(question.password_hash), std::string(question.pam_service),
                     question.decoy, ticket});
    return true;
  }
  void Forget(uint32_t ticket) override { forgotten.push_back(ticket); }
  void Deliver() override {}
  void Answer(size_t index, AuthVerdict verdict) {
    ++room[static_cast<size_t>(back_ends_[index])];
    receiver_->OnVerdict(asked[index].ticket, verdict);
  }

  std::vector<Asked> asked;
  std::vector<uint32_t> forgotten;
  std::array<int, kAuthBackEnds> room = {1000, 1000};

 private:
  std::vector<AuthBackEnd> back_ends_;
  Receiver* receiver_ = nullptr;
};

struct FakeWaiter final : public Verifier::Waiter {
  void OnVerified(AuthVerdict verdict, absl::Duration delay) override {
    told.push_back(verdict);
    delays.push_back(delay);
  }
  Credentials credentials() const override { return {user, password}; }
  std::string user, password;
  std::vector<AuthVerdict> told;
  std::vector<absl::Duration> delays;
};

class VerifierTest : public testing::Test, private CurrentPolicy {
 protected:
  VerifierTest() { Publish(""); }

  static constexpr size_t kWaitersMax = 2000;

  void Publish(const std::string& more, const std::string& user = "alice") {
    hash_ = absl::StrCat("$6$rounds=1000$saltsaltsalt$", std::string(86, 'a'));
    PublishText(absl::StrCat(kUsers, more, "[[user]]\nname = \"", user, "\"\npassword = \"", hash_,
                             "\"\n"));
  }
  void PublishText(const std::string& text) {
    const absl::StatusOr<Config> config =
        ParseConfig(text, "test.toml", [](std::string_view) { return absl::NotFoundError(""); });
    ASSERT_TRUE(config.ok()) << config.status();
    auto snapshot = CompileSnapshot(*config, absl::UnixEpoch(), ++generation_);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    snapshot_ = *std::move(snapshot);
  }
  std::optional<AuthVerdict> Verify(const std::string& user, const std::string& password,
                                    FakeWaiter& waiter, const char* client = "192.0.2.1") {
    waiter.user = user;
    waiter.password = password;
    return verifier_->Verify(*Address::Parse(client), waiter);
  }
  // Who was asked about, by password, from the `first` question on.
  std::vector<std::string> Asked(size_t first = 0) const {
    std::vector<std::string> passwords;
    for (size_t i = first; i < authenticator_.asked.size(); ++i)
      passwords.push_back(authenticator_.asked[i].password);
    return passwords;
  }
  void AllowAtATime(int room) { authenticator_.room = {room, room}; }
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
      loop_, authenticator_, throttle_, counters_, static_cast<CurrentPolicy&>(*this),
      CredentialCache::Key(), kWaitersMax);
  absl::Duration last_delay_;

 private:
  const Snapshot& snapshot() override { return *snapshot_; }
  Decision Decide(PolicyRequest asked) override { return snapshot().Decide(asked); }
  uint32_t edition() override { return static_cast<uint32_t>(snapshot().generation()); }
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
      verifier_->Forget(waiter);
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

TEST_F(VerifierTest, WhoGuessesStandsInALineOfHisOwn) {
  AllowAtATime(1);
  std::vector<FakeWaiter> guesses(1000);
  for (size_t i = 0; i < guesses.size(); ++i)
    EXPECT_EQ(Verify("alice", absl::StrCat("guess", i), guesses[i]), std::nullopt);
  FakeWaiter good;
  EXPECT_EQ(Verify("alice", "secret", good, "192.0.2.2"), std::nullopt);
  EXPECT_THAT(Asked(), ElementsAre("guess0"));
  authenticator_.Answer(0, AuthVerdict::kRejected);
  authenticator_.Answer(1, AuthVerdict::kRejected);
  EXPECT_THAT(Asked(1), ::testing::Contains("secret")) << "in the first round";
}

TEST_F(VerifierTest, WhoIsGoneIsNotCheckedFor) {
  AllowAtATime(1);
  FakeWaiter first, gone, last;
  EXPECT_EQ(Verify("alice", "a", first, "192.0.2.1"), std::nullopt);
  EXPECT_EQ(Verify("alice", "b", gone, "192.0.2.2"), std::nullopt);
  EXPECT_EQ(Verify("alice", "c", last, "192.0.2.3"), std::nullopt);
  EXPECT_FALSE(verifier_->InLine(first));
  EXPECT_TRUE(verifier_->InLine(gone));
  verifier_->Forget(gone);
  EXPECT_THAT(authenticator_.forgotten, IsEmpty()) << "it never had it";
  authenticator_.Answer(0, AuthVerdict::kRejected);
  EXPECT_THAT(Asked(), ElementsAre("a", "c"));
  EXPECT_EQ(counters_.auth_abandoned.value(), 1u);
  // What it has it is told of; it may not have begun.
  verifier_->Forget(last);
  EXPECT_THAT(authenticator_.forgotten, ElementsAre(authenticator_.asked[1].ticket));
  authenticator_.Answer(1, AuthVerdict::kBusy);
  EXPECT_EQ(counters_.auth_abandoned.value(), 2u);
  EXPECT_THAT(last.told, IsEmpty());
}

TEST_F(VerifierTest, OneOfManyWhoAskTheSameMayLeave) {
  AllowAtATime(1);
  FakeWaiter first, gone, stays;
  EXPECT_EQ(Verify("alice", "a", first), std::nullopt);
  EXPECT_EQ(Verify("alice", "b", gone, "192.0.2.2"), std::nullopt);
  EXPECT_EQ(Verify("alice", "b", stays, "192.0.2.3"), std::nullopt);
  verifier_->Forget(gone);
  authenticator_.Answer(0, AuthVerdict::kRejected);
  authenticator_.Answer(1, AuthVerdict::kAccepted);
  EXPECT_THAT(stays.told, ElementsAre(AuthVerdict::kAccepted));
  EXPECT_THAT(gone.told, IsEmpty());
}

TEST_F(VerifierTest, AQuestionThatWasForgottenIsNoAnswerForWhoComesLater) {
  FakeWaiter gone, late;
  EXPECT_EQ(Verify("alice", "secret", gone), std::nullopt);
  verifier_->Forget(gone);
  EXPECT_EQ(Verify("alice", "secret", late), std::nullopt);
  ASSERT_EQ(authenticator_.asked.size(), 2u);
  authenticator_.Answer(0, AuthVerdict::kBusy);
  EXPECT_THAT(late.told, IsEmpty());
  authenticator_.Answer(1, AuthVerdict::kAccepted);
  EXPECT_THAT(late.told, ElementsAre(AuthVerdict::kAccepted));
}

TEST_F(VerifierTest, WhoWasRightLatelyComesBeforeStrangersAlsoAfterAReload) {
  Try("secret", AuthVerdict::kAccepted, "192.0.2.2");
  Publish("");
  AllowAtATime(1);
  std::vector<FakeWaiter> guesses(100);
  for (size_t i = 0; i < guesses.size(); ++i) {
    Verify("alice", absl::StrCat("guess", i), guesses[i], absl::StrCat("198.51.100.", i).c_str());
  }
  FakeWaiter same_source, same_credentials;
  Verify("bob", "another", same_source, "192.0.2.2");
  Verify("alice", "secret", same_credentials, "203.0.113.7");
  for (size_t i = 1; i < 5; ++i) authenticator_.Answer(i, AuthVerdict::kRejected);
  // One turn in two is theirs.
  EXPECT_THAT(Asked(2), ::testing::IsSupersetOf({"another", "secret"}));
}

TEST_F(VerifierTest, WhoHasFailedComesAfterWhoIsNew) {
  Try("wrong", AuthVerdict::kRejected, "192.0.2.1");
  AllowAtATime(1);
  FakeWaiter busy, failed, fresh;
  Verify("alice", "a", busy, "192.0.2.9");
  Verify("alice", "b", failed, "192.0.2.1");
  Verify("alice", "c", fresh, "192.0.2.3");
  authenticator_.Answer(1, AuthVerdict::kRejected);
  EXPECT_THAT(Asked(2), ElementsAre("c"));
}

TEST_F(VerifierTest, WhoWaitsInLineIsRefusedOnceItsSourceHasFailedTooOften) {
  AllowAtATime(1);
  std::vector<FakeWaiter> guesses(6);
  for (size_t i = 0; i < guesses.size(); ++i) Verify("alice", absl::StrCat(i), guesses[i]);
  FakeWaiter other;
  Verify("alice", "5", other, "192.0.2.2");
  for (size_t i = 0; i < 4; ++i) authenticator_.Answer(i, AuthVerdict::kRejected);
  EXPECT_THAT(guesses[4].told, ElementsAre(AuthVerdict::kThrottled));
  EXPECT_THAT(guesses[5].told, ElementsAre(AuthVerdict::kThrottled));
  EXPECT_THAT(other.told, IsEmpty());
  ASSERT_EQ(authenticator_.asked.size(), 5u) << "for the other";
  EXPECT_EQ(authenticator_.asked[4].password, "5");
  authenticator_.Answer(4, AuthVerdict::kAccepted);
  EXPECT_THAT(other.told, ElementsAre(AuthVerdict::kAccepted));
}

TEST_F(VerifierTest, WhatAThreadDidNotCheckBecauseOfOneSourceIsCheckedForAnother) {
  FakeWaiter first, second;
  Verify("alice", "secret", first, "192.0.2.1");
  Verify("alice", "secret", second, "192.0.2.2");
  for (int i = 0; i < 4; ++i) verifier_->NoteFailure(*Address::Parse("192.0.2.1"));
  authenticator_.Answer(0, AuthVerdict::kThrottled);
  EXPECT_THAT(first.told, ElementsAre(AuthVerdict::kThrottled));
  EXPECT_THAT(second.told, IsEmpty());
  authenticator_.Answer(1, AuthVerdict::kAccepted);
  EXPECT_THAT(second.told, ElementsAre(AuthVerdict::kAccepted));
}

TEST_F(VerifierTest, WhoWaitsInLineIsCheckedByTheUsersOfItsTurn) {
  AllowAtATime(1);
  FakeWaiter busy, bob;
  Verify("alice", "a", busy);
  Verify("bob", "secret", bob, "192.0.2.2");
  Publish("", /*user=*/"bob");
  authenticator_.Answer(0, AuthVerdict::kRejected);
  ASSERT_EQ(authenticator_.asked.size(), 2u);
  EXPECT_EQ(authenticator_.asked[1].hash, hash_);
  EXPECT_FALSE(authenticator_.asked[1].decoy);
}

TEST_F(VerifierTest, WhoWaitsForPamIsHashedWhereItIsAUserMeanwhile) {
  Publish("pam_service = \"sluice\"\n");
  authenticator_.room = {1000, 1};
  FakeWaiter busy, bob;
  Verify("carol", "a", busy);
  Verify("bob", "secret", bob, "192.0.2.2");
  ASSERT_EQ(authenticator_.asked.size(), 1u);
  Publish("pam_service = \"sluice\"\n", /*user=*/"bob");
  authenticator_.Answer(0, AuthVerdict::kRejected);
  ASSERT_EQ(authenticator_.asked.size(), 2u);
  EXPECT_EQ(authenticator_.asked[1].hash, hash_);
}

TEST_F(VerifierTest, WhoWaitsForPamKeepsNobodyFromBeingHashed) {
  Publish("pam_service = \"sluice\"\n");
  authenticator_.room = {1, 0};
  FakeWaiter bob, alice;
  Verify("bob", "secret", bob);
  Verify("alice", "secret", alice);
  EXPECT_THAT(Asked(), ElementsAre("secret"));
  EXPECT_EQ(authenticator_.asked[0].user, "alice");
}

TEST_F(VerifierTest, AThousandWhoWaitAreAllTold) {
  AllowAtATime(2);
  std::vector<FakeWaiter> waiters(1000);
  for (size_t i = 0; i < waiters.size(); ++i)
    EXPECT_EQ(Verify("alice", absl::StrCat("p", i), waiters[i]), std::nullopt);
  for (size_t i = 0; i < waiters.size(); ++i) {
    ASSERT_LT(i, authenticator_.asked.size());
    authenticator_.Answer(i, AuthVerdict::kAccepted);
  }
  for (const FakeWaiter& waiter : waiters)
    EXPECT_THAT(waiter.told, ElementsAre(AuthVerdict::kAccepted)) << "and nobody is busy";
}

TEST_F(VerifierTest, ItMayEndBeforeItsAnswersCome) {
  FakeWaiter waiter;
  EXPECT_EQ(Verify("alice", "secret", waiter), std::nullopt);
  verifier_.reset();
  EXPECT_FALSE(waiter.linked());
}

}  // namespace
}  // namespace sluice

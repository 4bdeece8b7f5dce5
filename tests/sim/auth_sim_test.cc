// Many who guess, and one who knows, as both see it: on the simulated gateway, with a check that
// takes its time.

#include <deque>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/gateway_stage.h"

namespace sluice {
namespace {

using ::testing::IsEmpty;

constexpr char kPassword[] = R"(
[timeouts]
handshake = "5s"
authentication = "60s"
[auth]
methods = ["password"]
pam_service = "simulated"
refuse_after = 0
slow_after = 0
cache = "0s"
[[rule]]
name = "all"
destination = ["any"]
verdict = "allow"
)";
constexpr char kTokens[] = R"(
[auth]
methods = ["gssapi"]
[[rule]]
name = "all"
destination = ["any"]
verdict = "allow"
)";

const std::string kAsked("\5\2", 2);
const std::string kGood("\5\2\1\0", 4);
const std::string kWrong("\5\2\1\1", 4);

// Two checks at a time, of 100 ms each, whoever it is.
GatewayStage::Options Slow() {
  GatewayStage::Options options;
  options.users.questions_max = 2;
  for (int i = 0; i < 600; ++i)
    options.users.users[absl::StrCat("good", i)] = {"secret", absl::Milliseconds(100)};
  for (int i = 0; i < 4000; ++i)
    options.users.users[absl::StrCat("guess", i)] = {"another", absl::Milliseconds(100)};
  options.users.users["hangs"] = {"secret", absl::Hours(1)};
  options.shard.sessions_max = 8000;
  return options;
}

class AuthSimTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(stage_.End(), IsEmpty()); }

  Talker& Login(const std::string& user, const std::string& password, SimHost& from,
                bool v4 = true) {
    Talker& client =
        stage_.Dial(from, {stage_.gateway_host().addresses()[v4 ? 0 : 1], GatewayStage::kPort});
    std::string said = std::string("\5\1\2\1", 4);
    said += static_cast<char>(user.size());
    said += user;
    said += static_cast<char>(password.size());
    client.Say(said + password);
    return client;
  }
  Talker& Login(const std::string& user) { return Login(user, "secret", stage_.client_host()); }
  Talker& Guess() {
    const int guess = guesses_++;
    return Login(absl::StrCat("guess", guess), "wrong", stage_.Peer(1 + guess % 200), guess % 2);
  }
  bool Hears(Talker& client, const std::string& bytes, absl::Duration within) {
    return stage_.Await([&] { return client.Heard() == bytes; }, within);
  }

  GatewayStage stage_{Slow()};
  int guesses_ = 0;
};

// Issue: of those who were good lately, and new ones, none waits behind a thousand guesses.
TEST_F(AuthSimTest, WhoKnowsAPasswordGetsInBesideAThousandGuesses) {
  stage_.Configure(kPassword);
  ASSERT_TRUE(Hears(Login("good0"), kGood, absl::Seconds(1)));
  for (int i = 0; i < 1000; ++i) Guess();
  // By IPv6 his source is another; his password is known.
  EXPECT_TRUE(
      Hears(Login("good0", "secret", stage_.client_host(), /*v4=*/false), kGood, absl::Seconds(1)));
  EXPECT_TRUE(Hears(Login("good1"), kGood, absl::Seconds(1)));
}

// A hundred sources that guess on and on: a new one is behind none of those that have failed.
TEST_F(AuthSimTest, WhoIsNewGetsInBesideAHundredThatGuessOnAndOn) {
  stage_.Configure(kPassword);
  std::deque<Talker*> guessing;
  for (int i = 0; i < 1200; ++i) {
    guessing.push_back(&Guess());
    stage_.Pass(absl::Milliseconds(10));
  }
  EXPECT_TRUE(Hears(Login("good1"), kGood, absl::Seconds(2)));
}

TEST_F(AuthSimTest, FiveHundredWhoComeAtOnceAllGetInAndNobodyIsToldThatHeIsWrong) {
  stage_.Configure(kPassword);
  std::vector<Talker*> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(&Login(absl::StrCat("good", i)));
  Talker* last = nullptr;
  EXPECT_TRUE(stage_.Await(
      [&] {
        for (Talker* client : clients) {
          if (client->Heard() == kGood) continue;
          last = client;
          return false;
        }
        return true;
      },
      absl::Seconds(55)));
  // What was left of the handshake's time has begun to run again.
  ASSERT_NE(last, nullptr);
  last->Say(std::string("\5\1\0\1\xcb\0\x71\1\0\7", 10));
  EXPECT_TRUE(stage_.AwaitBytes(*last, 14));
}

TEST_F(AuthSimTest, AClientThatIsGoneIsNotCheckedFor) {
  stage_.Configure(kPassword);
  std::vector<Talker*> guesses;
  for (int i = 0; i < 300; ++i) guesses.push_back(&Guess());
  stage_.Pass(absl::Milliseconds(5));
  for (int i = 0; i < 300; ++i) i % 2 == 0 ? guesses[i]->Close() : guesses[i]->Reset();
  EXPECT_TRUE(Hears(Login("good1"), kGood, absl::Seconds(1)));
  EXPECT_TRUE(
      stage_.Await([&] { return stage_.gateway().sessions_open() == 1; }, absl::Seconds(2)));
  EXPECT_GE(stage_.Count().auth_abandoned, 250u);
  EXPECT_LE(stage_.Count().auth_failed, 50u);
}

// It has said all that it wants to say, and waits for the answer.
TEST_F(AuthSimTest, AClientWhoseRequestStandsBeforeItsFinIsNotGone) {
  stage_.Configure(kPassword);
  for (int i = 0; i < 20; ++i) Guess();
  Talker& client = Login("good1");
  client.Say(std::string("\5\1\0\1\xcb\0\x71\1\0\7", 10));
  client.SayFin();
  EXPECT_TRUE(stage_.AwaitBytes(client, 14));
  EXPECT_EQ(client.Heard().substr(0, 4), kGood);
}

TEST_F(AuthSimTest, WhoseCheckIsUnderWayIsToldThoughItHasSaidItsFin) {
  stage_.Configure(kPassword);
  Talker& client = Login("guess1", "wrong", stage_.client_host());
  client.SayFin();
  EXPECT_TRUE(Hears(client, kWrong, absl::Seconds(1)));
}

TEST_F(AuthSimTest, WhoCannotBeCheckedInTimeIsClosedWithoutAWord) {
  stage_.Configure(kPassword);
  std::vector<Talker*> clients;
  for (const char* user : {"hangs", "hangs", "good1"})
    clients.push_back(&Login(user, "secret", stage_.Peer(static_cast<int>(clients.size()) + 1)));
  // The second of the two that hang presents the same, and takes no place.
  clients.push_back(&Login("hangs", "guess", stage_.client_host()));
  clients.push_back(&Login("good2", "secret", stage_.client_host()));
  stage_.Pass(absl::Seconds(55));
  EXPECT_EQ(clients.back()->Heard(), kAsked);
  EXPECT_FALSE(clients.back()->ended());
  stage_.Pass(absl::Seconds(10));
  EXPECT_TRUE(clients.back()->ended());
  EXPECT_EQ(clients.back()->Heard(), kAsked);
  int busy = 0;
  for (const AccessRecord& record : stage_.gateway().records()) {
    if (record.auth_verdict != AuthVerdict::kBusy) continue;
    ++busy;
    EXPECT_EQ(record.ended_by, EndedBy::kTimeout);
    EXPECT_EQ(record.state, SessionState::kAuthentication);
  }
  EXPECT_GE(busy, 4);
  EXPECT_GE(stage_.Count().auth_unchecked, 4u);
}

TEST_F(AuthSimTest, WhoseBackEndIsBrokenIsNotToldThatHeIsWrong) {
  GatewayStage::Options options;
  options.users.users["alice"] = {"secret", absl::Milliseconds(10), AuthVerdict::kBroken};
  GatewayStage stage(options);
  stage.Configure(kPassword);
  Talker& client = stage.Client();
  client.Say(std::string("\5\1\2\1\5", 5) + "alice\6secret");
  EXPECT_TRUE(stage.Await([&] { return client.fin(); }));
  EXPECT_EQ(client.Heard(), kAsked);
  EXPECT_TRUE(stage.AwaitQuiet());
  EXPECT_EQ(stage.gateway().records().at(0).auth_verdict, AuthVerdict::kBroken);
  EXPECT_THAT(stage.End(), IsEmpty());
  stage_.Configure(kPassword);
}

// Each has said 65,000 bytes of 65,535 of a token, and waits.
TEST_F(AuthSimTest, TokensThatNeverEndHoldNoMoreThanTheirRoom) {
  stage_.Configure(kTokens);
  const size_t fits = limits::kGssUnfinishedBytes / 65'000;
  std::vector<Talker*> clients;
  for (size_t i = 0; i < fits + 20; ++i) {
    clients.push_back(
        &stage_.Dial(stage_.Peer(1), {stage_.gateway_host().addresses()[0], GatewayStage::kPort}));
    clients.back()->Say(std::string("\5\1\1\1\1\xff\xff", 7) + std::string(65'000, 't'));
    stage_.Pass(absl::Milliseconds(5));
  }
  EXPECT_TRUE(
      stage_.Await([&] { return stage_.Count().gss_tokens_crowded_out >= 20; }, absl::Seconds(1)));
  EXPECT_LE(stage_.Count().gss_tokens_crowded_out, 21u);
  EXPECT_EQ(clients.front()->Heard(), std::string("\5\1\1\xff", 4)) << "the oldest";
  EXPECT_EQ(clients.back()->Heard(), std::string("\5\1", 2));
  // Who has a token in earnest is served.
  Talker& alice = stage_.Client();
  alice.Say(std::string("\5\1\1\1\1\0\x9", 7) + "alice@SIM");
  EXPECT_TRUE(stage_.AwaitBytes(alice, 6));
  EXPECT_EQ(alice.Heard().substr(0, 4), std::string("\5\1\1\1", 4));
  EXPECT_TRUE(stage_.AwaitQuiet());
  EXPECT_EQ(stage_.gateway().gateway().shards()[0]->token_room().bytes(), 0u);
}

}  // namespace
}  // namespace sluice

#include "relay/gss/gss_layer.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sim/sim_gss.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Step = GssLayer::Step;
using Level = GssapiLevel;

constexpr Level kAll[] = {Level::kConfidentiality, Level::kIntegrity, Level::kSelective};

absl::Span<const uint8_t> Span(std::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}
std::string Text(absl::Span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::string Frame(int type, const std::string& token) {
  const auto size = static_cast<uint16_t>(token.size());
  return std::string{1, static_cast<char>(type), static_cast<char>(size >> 8),
                     static_cast<char>(size)} +
         token;
}
// What SimGss makes of it.
std::string Wrapped(int flag, int number, const std::string& message) {
  return std::string{static_cast<char>(flag), static_cast<char>(number),
                     static_cast<char>(message.size())} +
         message;
}

// A layer and what drives it, with the client's numbers counted.
struct Driven {
  explicit Driven(absl::Span<const Level> levels = kAll)
      : layer(std::make_unique<SimGssConversation>(), levels) {}

  Step Say(const std::string& bytes) {
    layer.Append(Span(bytes));
    return layer.Next();
  }
  // The worker's part.
  void Accept(std::string_view refused = "") {
    std::unique_ptr<GssConversation> conversation = layer.LendConversation();
    const GssAccepted accepted = conversation->Accept(layer.token());
    layer.OnAccepted(std::move(conversation), accepted, refused);
  }
  Step Establish(const std::string& token) {
    EXPECT_EQ(Say(Frame(1, token)), Step::kAccept);
    Accept();
    return layer.Next();
  }
  // Up to messages at `level`.
  void Protect(Level level, const std::string& token = "alice@SIM") {
    ASSERT_EQ(Establish(token), Step::kMore);
    ASSERT_EQ(Say(Frame(2, Wrapped(1, number++, std::string(1, static_cast<char>(level))))),
              Step::kMore);
    ASSERT_EQ(layer.level(), level);
    layer.TakeOutput();
  }
  std::string Output() { return Text(layer.TakeOutput()); }

  GssLayer layer;
  int number = 0;
};

TEST(GssLayerTest, TokensAreAnsweredUntilTheContextStands) {
  Driven driven;
  EXPECT_EQ(driven.Establish("more:"), Step::kMore);
  EXPECT_EQ(driven.Output(), Frame(1, "more"));
  EXPECT_FALSE(driven.layer.established());
  EXPECT_EQ(driven.Establish("alice@SIM"), Step::kMore);
  EXPECT_EQ(driven.Output(), Frame(1, "welcome"));
  EXPECT_TRUE(driven.layer.established());
  EXPECT_EQ(driven.layer.principal(), "alice@SIM");
}

// Requirement 85: a zero-length token where there is none.
TEST(GssLayerTest, AContextWithoutAnAnswerIsAnsweredByATokenOfNoBytes) {
  Driven driven;
  EXPECT_EQ(driven.Establish("mute:alice@SIM"), Step::kMore);
  EXPECT_EQ(driven.Output(), Frame(1, ""));
}

// Requirement 86.
TEST(GssLayerTest, ARefusedTokenEndsInAnAbort) {
  Driven driven;
  EXPECT_EQ(driven.Establish("mallory"), Step::kBroken);
  EXPECT_EQ(driven.layer.why(), "the token is not accepted");
  driven.layer.Abort();
  EXPECT_EQ(driven.Output(), "\x01\xff");
}

TEST(GssLayerTest, AContextThatIsNotGoodEnoughIsNotAnswered) {
  Driven driven;
  ASSERT_EQ(driven.Say(Frame(1, "alice@SIM")), Step::kAccept);
  driven.Accept("no user");
  EXPECT_EQ(driven.layer.Next(), Step::kBroken);
  EXPECT_EQ(driven.layer.why(), "no user");
  EXPECT_FALSE(driven.layer.has_output());
}

// Requirement 87: the server's answer decides.
TEST(GssLayerTest, AnAcceptedLevelIsTheAnswer) {
  for (const Level level : kAll) {
    Driven driven;
    ASSERT_EQ(driven.Establish("alice@SIM"), Step::kMore);
    driven.Output();
    EXPECT_EQ(driven.Say(Frame(2, Wrapped(1, 0, std::string(1, static_cast<char>(level))))),
              Step::kMore);
    EXPECT_EQ(driven.Output(), Frame(2, Wrapped(1, 0, std::string(1, static_cast<char>(level)))));
    EXPECT_TRUE(driven.layer.protects());
  }
}

TEST(GssLayerTest, WhereTheProposalIsNotAcceptedThePreferredLevelIsTheAnswer) {
  const Level only[] = {Level::kConfidentiality};
  for (const char proposed : {'\0', '\1', '\3', '\4', '\xff'}) {
    Driven driven(only);
    ASSERT_EQ(driven.Establish("alice@SIM"), Step::kMore);
    driven.Output();
    EXPECT_EQ(driven.Say(Frame(2, Wrapped(1, 0, std::string(1, proposed)))), Step::kMore);
    EXPECT_EQ(driven.Output(), Frame(2, Wrapped(1, 0, "\2")));
  }
}

TEST(GssLayerTest, ALevelThatTheContextDoesNotOfferIsNotChosen) {
  Driven driven;
  ASSERT_EQ(driven.Establish("plain:alice@SIM"), Step::kMore);
  driven.Output();
  EXPECT_EQ(driven.Say(Frame(2, Wrapped(1, 0, "\2"))), Step::kMore);
  EXPECT_EQ(driven.Output(), Frame(2, Wrapped(1, 0, "\1")));

  Driven bare;
  ASSERT_EQ(bare.Establish("bare:alice@SIM"), Step::kMore);
  EXPECT_EQ(bare.Say(Frame(2, Wrapped(1, 0, "\1"))), Step::kBroken);
}

TEST(GssLayerTest, ALevelThatIsNotWrappedOrNotOneOctetIsRefused) {
  for (const std::string& token :
       {std::string("\2"), Wrapped(1, 0, ""), Wrapped(1, 0, "\2\2"), Wrapped(3, 0, "\2")}) {
    Driven driven;
    ASSERT_EQ(driven.Establish("alice@SIM"), Step::kMore);
    EXPECT_EQ(driven.Say(Frame(2, token)), Step::kBroken);
  }
}

// Requirement 88.
TEST(GssLayerTest, MessagesComeOutHoweverTheyAreCut) {
  const std::string stream =
      Frame(3, Wrapped(1, 1, "one")) + Frame(3, Wrapped(1, 2, "")) + Frame(3, Wrapped(1, 3, "two"));
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    Driven driven;
    ASSERT_NO_FATAL_FAILURE(driven.Protect(Level::kIntegrity));
    std::string heard;
    for (const std::string& piece : {stream.substr(0, cut), stream.substr(cut)}) {
      driven.layer.Append(Span(piece));
      while (driven.layer.Next() == Step::kMessage) {
        heard += Text(driven.layer.message());
        driven.layer.ConsumeMessage(driven.layer.message().size());
      }
    }
    EXPECT_EQ(heard, "onetwo") << cut;
    EXPECT_EQ(driven.layer.held(), 0u);
  }
}

TEST(GssLayerTest, WhatIsNotConsumedOfAMessageComesAgain) {
  Driven driven;
  ASSERT_NO_FATAL_FAILURE(driven.Protect(Level::kIntegrity));
  EXPECT_EQ(driven.Say(Frame(3, Wrapped(1, 1, "request, and more"))), Step::kMessage);
  driven.layer.ConsumeMessage(7);
  EXPECT_EQ(driven.layer.Next(), Step::kMessage);
  EXPECT_EQ(Text(driven.layer.message()), ", and more");
  EXPECT_EQ(driven.layer.held(), 10u);
}

TEST(GssLayerTest, WhatIsSaidIsWrappedAsTheLevelHasIt) {
  const struct {
    Level level;
    const char* token;
    int flag;
  } kCases[] = {{Level::kIntegrity, "alice@SIM", 1},
                {Level::kConfidentiality, "alice@SIM", 2},
                {Level::kSelective, "alice@SIM", 2},
                {Level::kSelective, "plain:alice@SIM", 1}};
  for (const auto& test : kCases) {
    Driven driven;
    ASSERT_NO_FATAL_FAILURE(driven.Protect(test.level, test.token));
    EXPECT_TRUE(driven.layer.Say(Span("reply")));
    EXPECT_EQ(driven.Output(), Frame(3, Wrapped(test.flag, 1, "reply")));
  }
}

// Requirement 89.
TEST(GssLayerTest, AMessageOfAnotherLevelIsRefused) {
  const struct {
    Level level;
    int flag;
    bool allowed;
  } kCases[] = {{Level::kIntegrity, 1, true},        {Level::kIntegrity, 2, false},
                {Level::kConfidentiality, 1, false}, {Level::kConfidentiality, 2, true},
                {Level::kSelective, 1, true},        {Level::kSelective, 2, true}};
  for (const auto& test : kCases) {
    Driven driven;
    ASSERT_NO_FATAL_FAILURE(driven.Protect(test.level));
    EXPECT_EQ(driven.Say(Frame(3, Wrapped(test.flag, 1, "x"))),
              test.allowed ? Step::kMessage : Step::kBroken);
  }
}

TEST(GssLayerTest, AForgedRepeatedOrReorderedMessageIsRefused) {
  for (const auto& [token, why] :
       {std::pair{std::string("x"), "did not wrap"}, std::pair{Wrapped(1, 0, "x"), "repeated"},
        std::pair{Wrapped(1, 2, "x"), "out of turn"}}) {
    Driven driven;
    ASSERT_NO_FATAL_FAILURE(driven.Protect(Level::kIntegrity));
    EXPECT_EQ(driven.Say(Frame(3, token)), Step::kBroken);
    EXPECT_THAT(std::string(driven.layer.why()), HasSubstr(why));
  }
}

TEST(GssLayerTest, ASecondLevelIsRefused) {
  Driven driven;
  ASSERT_NO_FATAL_FAILURE(driven.Protect(Level::kIntegrity));
  EXPECT_EQ(driven.Say(Frame(2, Wrapped(1, 1, "\2"))), Step::kBroken);
}

TEST(GssLayerTest, DatagramsMayBeLostAndOvertakeButNotBeRepeated) {
  Driven driven;
  ASSERT_NO_FATAL_FAILURE(driven.Protect(Level::kIntegrity));
  const auto unwrap = [&](const std::string& datagram) {
    return Text(driven.layer.UnwrapDatagram(Span(datagram)));
  };
  EXPECT_EQ(unwrap(Frame(3, Wrapped(1, 4, "late"))), "late");
  EXPECT_EQ(unwrap(Frame(3, Wrapped(1, 4, "late"))), "");
  EXPECT_EQ(unwrap(Frame(3, Wrapped(2, 5, "other level"))), "");
  EXPECT_EQ(unwrap(Frame(2, Wrapped(1, 6, "other type"))), "");
  EXPECT_EQ(unwrap(Frame(3, Wrapped(1, 7, "two in one")) + Frame(3, Wrapped(1, 8, "."))), "");
  EXPECT_EQ(unwrap("\1\3"), "");
  EXPECT_EQ(unwrap(Frame(3, Wrapped(1, 9, "good"))), "good");
}

TEST(GssLayerTest, ADatagramIsOneFrameAndNeverTooLong) {
  Driven driven;
  ASSERT_NO_FATAL_FAILURE(driven.Protect(Level::kIntegrity));
  EXPECT_EQ(Text(driven.layer.WrapDatagram(Span("header"), Span("data"))),
            Frame(3, Wrapped(1, 1, "headerdata")));
  const std::string most(GssLayer::kMessageBytesMax - 6, 'x');
  EXPECT_EQ(driven.layer.WrapDatagram(Span("header"), Span(most)).size(),
            4 + 3 + GssLayer::kMessageBytesMax);
  EXPECT_TRUE(driven.layer.WrapDatagram(Span("header"), Span(most + "x")).empty());
}

}  // namespace
}  // namespace sluice

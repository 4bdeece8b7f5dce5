#include "proto/gssapi_frame.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using Outcome = GssapiFrames::Outcome;

absl::Span<const uint8_t> Span(std::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

std::string Frame(GssapiMessage message, std::string_view token) {
  std::string frame(kGssapiHeaderBytes, '\0');
  WriteGssapiHeader(absl::MakeSpan(reinterpret_cast<uint8_t*>(frame.data()), frame.size()), message,
                    token.size());
  return frame.append(token);
}

std::string Token(GssapiFrames& frames) { return {frames.token().begin(), frames.token().end()}; }

TEST(GssapiFrameTest, TheHeaderIsThatOfTheRfc) {
  EXPECT_EQ(Frame(GssapiMessage::kAuthentication, "abc"), std::string("\x01\x01\x00\x03"
                                                                      "abc",
                                                                      7));
  EXPECT_EQ(Frame(GssapiMessage::kData, std::string(0x1234, 'x')).substr(0, 4), "\x01\x03\x12\x34");
}

TEST(GssapiFrameTest, AMessageTornAtEveryByteIsTheSameMessage) {
  const std::string frame = Frame(GssapiMessage::kAuthentication, "a token");
  for (size_t cut = 0; cut < frame.size(); ++cut) {
    GssapiFrames frames;
    frames.Append(Span(frame).subspan(0, cut));
    ASSERT_EQ(frames.Next(GssapiMessage::kAuthentication), Outcome::kMore) << cut;
    frames.Append(Span(frame).subspan(cut));
    ASSERT_EQ(frames.Next(GssapiMessage::kAuthentication), Outcome::kFrame) << cut;
    EXPECT_EQ(Token(frames), "a token");
    frames.Consume();
    EXPECT_EQ(frames.held(), 0u);
  }
}

TEST(GssapiFrameTest, SeveralMessagesInOnePieceAreTakenInTurn) {
  GssapiFrames frames;
  frames.Append(Span(Frame(GssapiMessage::kProtectionLevel, "level") +
                     Frame(GssapiMessage::kData, "one") + Frame(GssapiMessage::kData, "two") +
                     "\x01"));
  for (const auto& [message, token] :
       {std::pair{GssapiMessage::kProtectionLevel, "level"}, std::pair{GssapiMessage::kData, "one"},
        std::pair{GssapiMessage::kData, "two"}}) {
    ASSERT_EQ(frames.Next(message), Outcome::kFrame);
    EXPECT_EQ(Token(frames), token);
    frames.Consume();
  }
  EXPECT_EQ(frames.Next(GssapiMessage::kData), Outcome::kMore);
  EXPECT_EQ(frames.held(), 1u);
}

TEST(GssapiFrameTest, AConsumedTokenStaysInPlaceUntilMoreArrives) {
  GssapiFrames frames;
  frames.Append(Span(Frame(GssapiMessage::kData, "one") + Frame(GssapiMessage::kData, "two")));
  ASSERT_EQ(frames.Next(GssapiMessage::kData), Outcome::kFrame);
  const absl::Span<uint8_t> one = frames.token();
  frames.Consume();
  ASSERT_EQ(frames.Next(GssapiMessage::kData), Outcome::kFrame);
  EXPECT_EQ(std::string(one.begin(), one.end()), "one");
}

TEST(GssapiFrameTest, TheLongestTokenIsTaken) {
  const std::string token(kGssapiTokenBytesMax, 't');
  const std::string frame = Frame(GssapiMessage::kAuthentication, token);
  GssapiFrames frames;
  for (size_t at = 0; at < frame.size(); at += 1000) {
    ASSERT_EQ(frames.Next(GssapiMessage::kAuthentication), Outcome::kMore);
    frames.Append(Span(frame).subspan(at, 1000));
  }
  ASSERT_EQ(frames.Next(GssapiMessage::kAuthentication), Outcome::kFrame);
  EXPECT_EQ(Token(frames), token);
}

struct Broken {
  std::string bytes;
  const char* why;
};

// Requirement 89. Each is certain at its last byte, and not before.
class BrokenFrameTest : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenFrameTest, IsRefusedAtTheByteThatMakesItCertain) {
  GssapiFrames frames;
  const std::string& bytes = GetParam().bytes;
  for (size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_EQ(frames.Next(GssapiMessage::kData), Outcome::kMore) << i;
    frames.Append(Span(bytes).subspan(i, 1));
  }
  EXPECT_EQ(frames.Next(GssapiMessage::kData), Outcome::kBroken);
  EXPECT_THAT(frames.why(), HasSubstr(GetParam().why));
  // It stays broken, whatever comes.
  frames.Append(Span(Frame(GssapiMessage::kData, "x")));
  EXPECT_EQ(frames.Next(GssapiMessage::kData), Outcome::kBroken);
}

INSTANTIATE_TEST_SUITE_P(
    Requirement89, BrokenFrameTest,
    ::testing::Values(Broken{std::string("\x05", 1), "version"},
                      Broken{std::string("\x00", 1), "version"}, Broken{"\x01\x02", "another type"},
                      Broken{"\x01\x01", "another type"}, Broken{"\x01\x04", "another type"},
                      Broken{"\x01\xff", "aborted"},
                      Broken{std::string("\x01\x03\x00\x00", 4), "without a token"}));

TEST(GssapiFrameTest, NoMoreIsHeldThanArrived) {
  GssapiFrames frames;
  frames.Append(Span(std::string_view("\x01\x03\xff\xff", 4)));
  EXPECT_EQ(frames.Next(GssapiMessage::kData), Outcome::kMore);
  EXPECT_EQ(frames.held(), 4u);
}

}  // namespace
}  // namespace sluice

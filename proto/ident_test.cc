#include "proto/ident.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Outcome = IdentAnswer::Outcome;

absl::Span<const uint8_t> Raw(std::string_view text) {
  return absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// To the query for 6193 , 23.
struct Answered {
  explicit Answered(std::string_view text) : outcome(answer.Feed(Raw(text))) {}
  IdentAnswer answer{6193, 23};
  Outcome outcome;
};

void ExpectUser(std::string_view text, std::string_view user) {
  Answered answered(text);
  EXPECT_EQ(answered.outcome, Outcome::kUserId) << text;
  EXPECT_EQ(answered.answer.user_id(), user) << text;
}
void ExpectBroken(std::string_view text) {
  EXPECT_EQ(Answered(text).outcome, Outcome::kBroken) << text;
}

// --- The query

TEST(IdentQueryTextTest, PortOfTheOtherHostComesFirst) {
  EXPECT_EQ(IdentQueryText(6193, 23).view(), "6193 , 23\r\n");
  EXPECT_EQ(IdentQueryText(65535, 65535).view(), "65535 , 65535\r\n");
}

// --- The answer

TEST(IdentAnswerTest, UserIdIsEverythingAfterTheThirdColon) {
  ExpectUser("6193,23:USERID:UNIX:stjohns\r\n", "stjohns");
  ExpectUser("6193 , 23 : USERID : UNIX :stjohns\r\n", "stjohns");
  ExpectUser("6193 , 23 : USERID : OTHER :a : b, c:d \r\n", "a : b, c:d ");
}

TEST(IdentAnswerTest, WhiteSpaceStandsAroundEveryToken) {
  ExpectUser("\t 6193\t,  23\t: \tUSERID  :\tUNIX\t:x\r\n", "x");
}

TEST(IdentAnswerTest, WhiteSpaceInFrontBelongsToTheUserId) {
  ExpectUser("6193,23:USERID:UNIX:  two\r\n", "  two");
  ExpectUser("6193,23:USERID:UNIX: \r\n", " ");
}

TEST(IdentAnswerTest, WhiteSpaceInsideATokenIsBroken) {
  ExpectBroken("61 93,23:USERID:UNIX:x\r\n");
  ExpectBroken("6193,23:USER ID:UNIX:x\r\n");
}

TEST(IdentAnswerTest, OperatingSystemMayNameACharacterSet) {
  ExpectUser("6193, 23 : USERID : UNIX , US-ASCII :stjohns\r\n", "stjohns");
}

TEST(IdentAnswerTest, UserIdIsAnyOctetsButNulAndLineEnds) {
  ExpectUser("6193,23:USERID:OTHER:\x01\x1b[2J\x80\xff%s\r\n", "\x01\x1b[2J\x80\xff%s");
  ExpectBroken(std::string_view("6193,23:USERID:OTHER:a\0b\r\n", 26));
  ExpectBroken("6193,23:USERID:OTHER:a\rb\r\n");
}

TEST(IdentAnswerTest, LineMayEndWithoutCr) { ExpectUser("6193,23:USERID:UNIX:x\n", "x"); }

TEST(IdentAnswerTest, UserIdOf512OctetsIsTaken) {
  const std::string user(512, 'u');
  ExpectUser("6193 , 23 : USERID : UNIX :" + user + "\r\n", user);
}

TEST(IdentAnswerTest, ThousandOctetsWithoutALineEndAreBroken) {
  EXPECT_EQ(Answered(std::string(1000, 'u')).outcome, Outcome::kMore);
  ExpectBroken(std::string(1001, 'u'));
}

TEST(IdentAnswerTest, ErrorsAreTold) {
  for (const char* error :
       {"INVALID-PORT", "NO-USER", "HIDDEN-USER", "UNKNOWN-ERROR", "X-ASLEEP"}) {
    Answered answered("6193 , 23 : ERROR : " + std::string(error) + "\r\n");
    EXPECT_EQ(answered.outcome, Outcome::kError);
    EXPECT_EQ(answered.answer.error(), error);
  }
}

TEST(IdentAnswerTest, PortsMustBeThoseOfTheQuery) {
  ExpectBroken("6194,23:USERID:UNIX:x\r\n");
  ExpectBroken("6193,24:USERID:UNIX:x\r\n");
  ExpectBroken("23,6193:USERID:UNIX:x\r\n");
  ExpectBroken("71729,23:USERID:UNIX:x\r\n");  // 6193 in 16 bits
  ExpectBroken("+6193,23:USERID:UNIX:x\r\n");
  ExpectBroken(",23:USERID:UNIX:x\r\n");
}

TEST(IdentAnswerTest, WhatIsNoAnswerIsBroken) {
  for (const char* line :
       {"\r\n", "6193\r\n", "6193,23\r\n", "6193,23:\r\n", "6193,23:USERID\r\n",
        "6193,23:USERID:\r\n", "6193,23:USERID:UNIX\r\n", "6193,23:USERID:UNIX:\r\n",
        "6193,23:USERID: :x\r\n", "6193,23:ERROR:\r\n", "6193,23:WHO:UNIX:x\r\n",
        "220 mail.example ESMTP\r\n"}) {
    ExpectBroken(line);
  }
}

TEST(IdentAnswerTest, WordsAreTakenInEitherCase) { ExpectUser("6193,23:userid:unix:x\r\n", "x"); }

TEST(IdentAnswerTest, AnswerMayArriveInPieces) {
  const std::string_view text = "6193 , 23 : USERID : UNIX :stjohns\r\n";
  for (size_t cut = 0; cut < text.size(); ++cut) {
    IdentAnswer answer(6193, 23);
    EXPECT_EQ(answer.Feed(Raw(text.substr(0, cut))), Outcome::kMore);
    EXPECT_EQ(answer.Feed(Raw(text.substr(cut))), Outcome::kUserId);
    EXPECT_EQ(answer.user_id(), "stjohns");
  }
}

// --- Comparing

TEST(IdentAnswerTest, UserIsComparedExactlySaveForLeadingBlanks) {
  Answered answered("6193 , 23 : USERID : UNIX : alice\r\n");
  EXPECT_TRUE(answered.answer.Is("alice"));
  EXPECT_TRUE(answered.answer.Is(" alice"));
  EXPECT_FALSE(answered.answer.Is("Alice"));
  EXPECT_FALSE(answered.answer.Is("alic"));
  EXPECT_FALSE(answered.answer.Is("alicea"));
}

TEST(IdentAnswerTest, NobodyIsTheEmptyUser) {
  EXPECT_FALSE(Answered("6193 , 23 : USERID : UNIX : \r\n").answer.Is(""));
}

}  // namespace
}  // namespace sluice

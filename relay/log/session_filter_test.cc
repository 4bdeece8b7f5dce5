#include "relay/log/session_filter.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

AccessRecord Session() {
  AccessRecord record;
  record.shard = 1;
  record.session = 755;
  record.client = *Endpoint::Parse("10.1.7.20:50112");
  record.version = Version::kSocks5;
  record.user.Set("alice");
  record.requested = true;
  record.command = Command::kConnect;
  record.name.Set("Pay.Example.com");
  record.requested_address.port = 443;
  record.dialled = true;
  record.target = *Endpoint::Parse("203.0.113.9:443");
  record.rule.Set("my rule");
  record.state = SessionState::kRelay;
  record.duration = absl::Minutes(90);
  record.bytes_up = 1'500;
  record.bytes_down = 2'000'000;
  return record;
}

bool Matches(std::string_view text, const AccessRecord& record = Session()) {
  const absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(text);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status().message();
  return filter.ok() && filter->Matches(record);
}

std::string FaultOf(std::string_view text) {
  const absl::StatusOr<SessionFilter> filter = SessionFilter::Parse(text);
  EXPECT_FALSE(filter.ok()) << text;
  return std::string(filter.status().message());
}

TEST(SessionFilterTest, NoTermMeansAll) {
  EXPECT_TRUE(Matches(""));
  EXPECT_TRUE(Matches(" \t "));
  EXPECT_TRUE(SessionFilter::Parse("")->is_all());
  EXPECT_FALSE(SessionFilter::Parse("user=x")->is_all());
}

TEST(SessionFilterTest, EveryKeyMatchesWhatItNamesAndNothingElse) {
  for (const char* text : {"session=1-755",
                           "client=10.1.7.20",
                           "client=10.1.0.0/16",
                           "client=10.1.7.1-10.1.7.99",
                           "client=10.1.7.20:50112",
                           "user=alice",
                           "destination=pay.example.com",
                           "target=203.0.113.9",
                           "target=203.0.113.0/24",
                           "rule=\"my rule\"",
                           "state=relay",
                           "command=connect",
                           "version=5",
                           "port=443",
                           "port>442",
                           "port<444",
                           "age>1h",
                           "age<2h",
                           "bytes>2MB",
                           "bytes=2001500",
                           "bytes_up=1500",
                           "bytes_up<1501",
                           "bytes_down>1999kB"})
    EXPECT_TRUE(Matches(text)) << text;
  for (const char* text :
       {"session=1-7", "client=10.1.7.21", "client=10.2.0.0/16", "client=10.1.7.20:50113",
        "user=alic", "user=Alice", "destination=example.com", "target=203.0.113.10", "rule=my",
        "state=handshake", "command=bind", "version=4", "port=444", "port>443", "age<90m",
        "age>90m", "bytes>1GB", "bytes_up>1500", "bytes_down<2MB"})
    EXPECT_FALSE(Matches(text)) << text;
}

TEST(SessionFilterTest, NotIsTheOpposite) {
  for (const char* term : {"client!=10.0.0.0/8", "user!=alice", "destination!=*.example.com",
                           "target!=203.0.113.9", "rule!=my*", "state!=relay", "port!=443"})
    EXPECT_FALSE(Matches(term)) << term;
  EXPECT_TRUE(Matches("user!=bob client!=192.0.2.0/24 port!=80"));
}

TEST(SessionFilterTest, AllTermsMustHold) {
  EXPECT_TRUE(Matches("user=alice  port=443\tstate=relay"));
  EXPECT_FALSE(Matches("user=alice port=80"));
}

TEST(SessionFilterTest, StarMatchesAnyRun) {
  for (const char* text : {"user=*", "user=a*", "user=*e", "user=*li*", "user=a*i*e", "user=alice*",
                           "destination=*.EXAMPLE.com", "session=1-*"})
    EXPECT_TRUE(Matches(text)) << text;
  for (const char* text : {"user=b*", "user=*b", "user=a*x*e", "user=ali", "destination=*.example"})
    EXPECT_FALSE(Matches(text)) << text;
}

TEST(SessionFilterTest, NothingIsAValueToo) {
  AccessRecord nobody = Session();
  nobody.user.Set("");
  EXPECT_TRUE(Matches("user=", nobody));
  EXPECT_TRUE(Matches("user=\"\" port=443", nobody));
  EXPECT_FALSE(Matches("user!=", nobody));
  EXPECT_FALSE(Matches("user="));
}

TEST(SessionFilterTest, WhatIsNotKnownYetMatchesOnlyNot) {
  AccessRecord fresh;
  fresh.client = *Endpoint::Parse("[2001:db8::1]:1");
  EXPECT_TRUE(Matches("client=2001:db8::/32 target!=203.0.113.9 command= destination=", fresh));
  EXPECT_FALSE(Matches("target=0.0.0.0", fresh));
  EXPECT_FALSE(Matches("command=connect", fresh));
}

TEST(SessionFilterTest, DestinationThatIsAnAddressIsInItsNetwork) {
  AccessRecord record = Session();
  record.name.Set("");
  record.requested_address = *Endpoint::Parse("203.0.113.9:443");
  EXPECT_TRUE(Matches("destination=203.0.113.0/24", record));
  EXPECT_TRUE(Matches("destination=203.0.*", record));
  EXPECT_FALSE(Matches("destination=203.0.113.0/24"));  // asked for by name
}

TEST(SessionFilterTest, ThoseThatHaveEndedAlsoHaveAnEndAndAnAnswer) {
  AccessRecord denied = Session();
  denied.ended_by = EndedBy::kPolicy;
  denied.replied = true;
  denied.reply = Rep::kNotAllowed;
  AccessRecord served = Session();
  served.ended_by = EndedBy::kClient;
  served.replied = true;
  const auto matches = [](std::string_view text, const AccessRecord& record) {
    const auto filter = SessionFilter::Parse(text, SessionFilter::Of::kEnded);
    EXPECT_TRUE(filter.ok()) << text << ": " << filter.status().message();
    return filter.ok() && filter->Matches(record);
  };
  for (const char* text : {"ended_by=policy", "verdict=deny", "reply=2", "ended_by!=client"}) {
    EXPECT_TRUE(matches(text, denied)) << text;
    EXPECT_FALSE(matches(text, served)) << text;
  }
  for (const char* text : {"ended_by=client", "verdict=allow", "reply=0", "user=alice reply!=2"}) {
    EXPECT_FALSE(matches(text, denied)) << text;
    EXPECT_TRUE(matches(text, served)) << text;
  }
  AccessRecord unasked = Session();
  unasked.rule.Set("");
  EXPECT_TRUE(matches("verdict= reply=", unasked));
  EXPECT_THAT(FaultOf("verdict=deny"), HasSubstr("open sessions"));
  EXPECT_FALSE(SessionFilter::Parse("reply=9", SessionFilter::Of::kEnded).ok());
}

TEST(SessionFilterTest, QuotesAndBackslashesStandInQuotes) {
  AccessRecord record = Session();
  record.rule.Set("a \"b\" \\c");
  EXPECT_TRUE(Matches(R"(rule="a \"b\" \\c")", record));
}

TEST(SessionFilterTest, FaultsSayWhereAndWhat) {
  EXPECT_THAT(FaultOf("user=a usr=b"), StartsWith("filter, column 8: expected a key"));
  EXPECT_THAT(FaultOf("user=a usr=b"), HasSubstr("did you mean \"user\"?"));
  EXPECT_THAT(FaultOf("user"), StartsWith("filter, column 5: expected = or != behind user"));
  EXPECT_THAT(FaultOf("user<a"), HasSubstr("expected = or != behind user, found \"<a\""));
  EXPECT_THAT(FaultOf("age=1h"), HasSubstr("expected < or > behind age"));
  EXPECT_THAT(FaultOf("client=example.com"), StartsWith("filter, column 8: expected an address"));
  EXPECT_THAT(FaultOf("client="), HasSubstr("found \"\""));
  EXPECT_THAT(FaultOf("state=realy"), HasSubstr("did you mean \"relay\"?"));
  EXPECT_THAT(FaultOf("port=65536"), HasSubstr("expected a port"));
  EXPECT_THAT(FaultOf("bytes>1KB"), HasSubstr("expected a number of bytes"));
  EXPECT_THAT(FaultOf("bytes>99999999999999TB"), HasSubstr("expected a number of bytes"));
  EXPECT_THAT(FaultOf("bytes>-1"), HasSubstr("expected a number of bytes"));
  EXPECT_THAT(FaultOf("age>forever"), HasSubstr("filter, column 5"));
  EXPECT_THAT(FaultOf("rule=\"open"), HasSubstr("filter, column 6: expected a closing"));
  EXPECT_THAT(FaultOf("rule=\"a\"b"), HasSubstr("filter, column 9: expected a blank"));
}

TEST(SessionFilterTest, HostileTextIsBoundedAndEscaped) {
  EXPECT_THAT(FaultOf(std::string(SessionFilter::kBytesMax + 1, ' ')), HasSubstr("4096 bytes"));
  std::string many;
  for (size_t i = 0; i <= SessionFilter::kTermsMax; ++i) many += "port>1 ";
  EXPECT_THAT(FaultOf(many), HasSubstr("at most 32 terms"));
  const std::string fault = FaultOf(std::string("state=\x1b[2J\0\xff", 12));
  // Bytes that are not UTF-8 are left to who writes the fault: JSON has none.
  for (const char c : {'\x1b', '\0'}) EXPECT_EQ(fault.find(c), std::string::npos) << fault;
  // Many stars cost the product of the lengths, not more.
  AccessRecord record = Session();
  record.user.Set(std::string(255, 'a'));
  std::string stars = "user=";
  while (stars.size() < 4000) stars += "*a";
  EXPECT_FALSE(Matches(absl::StrCat(stars, "b"), record));
}

}  // namespace
}  // namespace sluice

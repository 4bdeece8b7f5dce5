#include "tools/sluicectl/explain.h"

#include <clocale>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/canned_door.h"
#include "tools/sluicectl/completion.h"

namespace sluice {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kDenied[] =
    R"({"verdict": "deny", "rule": "no_payments", "phase": "address", "special_use": false,
  "generation": 3, "agrees": true,
  "addresses": [{"address": "203.0.113.9", "verdict": "deny", "rule": "no_payments", "special_use": false}],
  "rules": [
    {"number": 1, "rule": "partners", "verdict": "allow", "matched": false, "reached": true, "failed": "destination",
     "wanted": "*.partner.example", "found": "pay.example.com"},
    {"number": 2, "rule": "no_payments", "verdict": "deny", "matched": true, "reached": true, "by": "203.0.113.0/24",
     "list": "@payments", "file": "payments.txt", "line": 812},
    {"number": 3, "rule": "office", "verdict": "allow", "matched": true, "reached": false},
    {"number": 4, "rule": "old", "verdict": "allow", "matched": false, "reached": false, "failed": "off"}],
  "would_change": [{"if": "rule no_payments were off", "verdict": "allow", "rule": "office"}], "grant": {}})";

constexpr char kSession[] =
    R"({"session": "1-755", "state": "relay", "client": "10.1.7.20:50112", "user": "alice",
  "command": "connect", "destination": "pay.example.com", "port": 443, "target": "[2001:db8::9]:443", "rule": "office"})";

class ExplainTest : public testing::Test {
 protected:
  ExplainTest() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  ~ExplainTest() override { std::setlocale(LC_CTYPE, "C"); }
  DeskTrial trial_;
};

TEST_F(ExplainTest, TheScreenHasEveryRuleAndWhy) {
  EXPECT_EQ(ExplainScreen(Json::parse(kDenied)),
            "✖ DENY by no_payments (rule 2): 203.0.113.0/24 of @payments (payments.txt:812)\n"
            "    1  partners     ✖ destination: wants *.partner.example, found pay.example.com\n"
            "    2  no_payments  ✔ deny: 203.0.113.0/24 of @payments (payments.txt:812)\n"
            "    3  office       ✔ would allow, not reached\n"
            "    4  old          ✖ off\n"
            "address 203.0.113.9: deny by no_payments\n"
            "if rule no_payments were off: allow by office\n");
}

TEST_F(ExplainTest, OutsideUtf8ItIsAscii) {
  std::setlocale(LC_CTYPE, "C");
  const std::string screen = ExplainScreen(Json::parse(kDenied));
  EXPECT_THAT(screen, StartsWith("x DENY by no_payments"));
  EXPECT_THAT(screen, HasSubstr("  2  no_payments  + deny"));
  for (const char c : screen) EXPECT_GT(c, 0);
}

TEST_F(ExplainTest, ADifferenceFromTheIndexIsSaid) {
  EXPECT_THAT(ExplainScreen(Json::parse(R"({"verdict": "allow", "rule": "a", "agrees": false})")),
              HasSubstr("THIS DIFFERS from what the gateway does"));
}

TEST_F(ExplainTest, TheRequestIsWhatTheWordsSay) {
  trial_.door.Put("POST /api/v1/explain", kDenied);
  ASSERT_TRUE(
      trial_
          .Run({"explain", "10.1.7.20", "pay.example.com", "443", "--user=alice", "--command=bind",
                "--address=203.0.113.9", "--address=::1", "--at=2026-12-24T18:00:00Z"})
          .ok());
  EXPECT_THAT(
      trial_.door.bodies,
      ElementsAre(
          R"({"client":"10.1.7.20","destination":"pay.example.com","port":443,"user":"alice","command":"bind",)"
          R"("at":"2026-12-24T18:00:00Z","addresses":["203.0.113.9","::1"]})"));
  EXPECT_THAT(trial_.Fails({"explain", "10.1.7.20", "a.test", "70000"}),
              StartsWith("2: explain: expected a PORT of 0 to 65535"));
  ASSERT_TRUE(trial_.Run({"explain", "10.1.7.20", "a.test", "0", "-o", "csv"}).ok());
  EXPECT_THAT(trial_.out.str(), HasSubstr("\r\n4,old,allow,false,false,off,,,,,,\r\n"));
}

TEST_F(ExplainTest, WhyAsksWhatTheSessionAsked) {
  trial_.door.Put("GET /api/v1/sessions/1-755", kSession);
  trial_.door.Put("POST /api/v1/explain", kDenied);
  ASSERT_TRUE(trial_.Run({"why", "1-755"}).ok());
  EXPECT_THAT(
      trial_.door.bodies.back(),
      R"({"client":"10.1.7.20:50112","user":"alice","command":"connect","destination":"pay.example.com","port":443,)"
      R"("addresses":["2001:db8::9"]})");
  EXPECT_THAT(
      trial_.out.str(),
      StartsWith(
          "session 1-755: alice at 10.1.7.20:50112, connect pay.example.com:443, let in by office\n"
          "✖ DENY by no_payments"));
}

TEST_F(ExplainTest, WhyOfASessionThatIsGoneEndsWithFour) {
  trial_.door.Put("GET /api/v1/sessions/1-9",
                  R"({"detail": "expected an open session, found none"})", 404);
  EXPECT_EQ(trial_.Fails({"why", "1-9"}), "4: expected an open session, found none");
  trial_.door.Put("GET /api/v1/sessions/1-8", R"({"session": "1-8", "state": "handshake"})");
  EXPECT_THAT(trial_.Fails({"why", "1-8"}), StartsWith("1: session 1-8 is in state handshake"));
  trial_.door.Put("GET /api/v1/sessions/..%2Fstatus", "{}", 404);  // a word is no path
  EXPECT_THAT(trial_.Fails({"why", "../status"}), StartsWith("4: "));
}

TEST_F(ExplainTest, CompletionOffersWhatMayStandThere) {
  CannedDoor door;
  door.Put("GET /api/v1/sessions?limit=200",
           R"({"sessions": [{"session": "1-755"}, {"session": "$x;y"}]})");
  EXPECT_THAT(Completions({"ses"}, door), ElementsAre("sessions"));
  EXPECT_THAT(Completions({""}, door), Contains("explain"));
  EXPECT_THAT(Completions({""}, door), Not(Contains("__complete")));
  EXPECT_THAT(Completions({"help", "st"}, door), ElementsAre("status"));
  EXPECT_THAT(Completions({"-o", ""}, door), ElementsAre("table", "wide", "json", "csv"));
  EXPECT_THAT(Completions({"--output=j"}, door), ElementsAre("--output=json"));
  EXPECT_THAT(Completions({"sessions", "--li"}, door), ElementsAre("--limit="));
  EXPECT_THAT(Completions({"sessions", "bytes_"}, door), ElementsAre("bytes_up=", "bytes_down="));
  EXPECT_THAT(Completions({"check", "so"}, door), ElementsAre("<file>"));
  EXPECT_THAT(door.asked, IsEmpty());
  EXPECT_THAT(Completions({"why", ""}, door),
              ElementsAre("1-755"));  // nothing that a shell would run
  EXPECT_THAT(Completions({"--socket=/s", "end", "1-"}, door), ElementsAre("1-755"));
}

}  // namespace
}  // namespace sluice

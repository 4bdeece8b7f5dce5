// The verbs at a desk, with a door whose answers are written down.

#include "tools/sluicectl/verbs.h"

#include <clocale>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/canned_door.h"

namespace sluice {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kStatus[] = R"({"version": "0.1.0", "pid": 8219, "started": "2026-11-28T15:27:36Z",
  "uptime_s": 11520, "state": "serving",
  "config": {"path": null, "generation": 3, "rules": 12, "loaded": "2026-11-28T15:27:36Z",
             "last_reload": {"ok": false, "at": "2026-11-28T18:00:00Z", "message": "a.toml:3:1: expected a key"}},
  "listening": ["127.0.0.1:1080", "[::1]:1080"], "shards": 2,
  "sessions": {"open": 12304, "most": 30000, "accepted": 840000, "closed": 827696},
  "bytes": {"up": 812000000, "down": 4200000000}, "counters": {"sluice_a_total": 1234}})";

constexpr char kSessions[] = R"({"sessions": [
  {"session": "0-7", "state": "handshake", "since": "2026-11-28T15:27:36Z", "age_ms": 850, "client": "10.1.9.4:41877",
   "version": "", "bytes_up": 0, "bytes_down": 0},
  {"session": "1-755", "state": "relay", "since": "2026-11-28T15:27:36Z", "age_ms": 192000, "client": "10.1.7.20:50112",
   "version": "5", "user": "alice", "auth": "password", "command": "connect", "destination": "pay.example.net", "port": 443,
   "target": "203.0.113.9:443", "egress": "198.51.100.7:49818", "rule": "office", "bytes_up": 40960, "bytes_down": 812000000}],
  "next": null, "about": 2})";

class VerbsTest : public testing::Test {
 protected:
  VerbsTest() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  DeskTrial trial_;
};

TEST_F(VerbsTest, StatusIsAScreen) {
  trial_.door.Put("GET /api/v1/status", kStatus);
  ASSERT_TRUE(trial_.Run({"status"}).ok());
  EXPECT_EQ(trial_.out.str(),
            "sluiced 0.1.0, process 8219, serving for 3h12m\n"
            "listening      127.0.0.1:1080, [::1]:1080\n"
            "configuration  built in, generation 3, 12 rules, loaded 2026-11-28T15:27:36Z\n"
            "last reload    REFUSED, 2026-11-28T18:00:00Z: a.toml:3:1: expected a key\n"
            "sessions       12,304 open of 30,000; 840,000 accepted, 827,696 closed\n"
            "bytes          812 MB up, 4.2 GB down\n"
            "shards         2\n");
  ASSERT_TRUE(trial_.Run({"status", "-o", "wide"}).ok());
  EXPECT_THAT(trial_.out.str(), HasSubstr("sluice_a_total"));
}

TEST_F(VerbsTest, StatusAsJsonIsWhatTheDoorSaid) {
  trial_.door.Put("GET /api/v1/status", kStatus);
  ASSERT_TRUE(trial_.Run({"status", "-o", "json"}).ok());
  EXPECT_EQ(Json::parse(trial_.out.str()).dump(), Json::parse(kStatus).dump());  // in its order
  ASSERT_TRUE(trial_.Run({"status", "-o", "csv"}).ok());
  EXPECT_THAT(trial_.out.str(), StartsWith("name,value\r\nversion,0.1.0\r\npid,8219\r\n"));
  EXPECT_THAT(trial_.out.str(), HasSubstr("config.last_reload.ok,false\r\n"));
}

TEST_F(VerbsTest, ProblemsAreToldWithHintAndPlace) {
  trial_.door.Put("GET /api/v1/sessions?filter=rul=a&limit=1000",
                  R"({"title": "Bad filter", "status": 400, "detail": "expected a key, found rul",
                      "hint": "did you mean rule?"})",
                  400);
  EXPECT_EQ(trial_.Fails({"sessions", "rul=a"}),
            "1: expected a key, found rul; did you mean rule?");
  trial_.door.Put("POST /api/v1/config:reload",
                  R"({"detail": "not reloaded", "problems": [
                      {"file": "a.toml", "line": 3, "column": 7, "expected": "a port", "found": "x", "hint": "use 1080"},
                      {"file": "a.toml", "line": 9, "column": 1, "expected": "a key", "found": "y"}]})",
                  422);
  EXPECT_EQ(trial_.Fails({"reload"}),
            "1: not reloaded\na.toml:3:7: expected a port, found x; use 1080\na.toml:9:1: expected "
            "a key, found y");
}

TEST_F(VerbsTest, AnswersThatAreNoneAreToldApart) {
  trial_.door.Put("GET /api/v1/status", "<html>\x1b[2J", 200);
  EXPECT_THAT(trial_.Fails({"status"}),
              StartsWith("1: expected a JSON object from /api/v1/status, found <html>\\x1b[2J;"));
  trial_.door.Put("GET /api/v1/me", "<html>", 502);
  EXPECT_THAT(trial_.Fails({"me"}),
              StartsWith("1: expected an answer of sluiced, found HTTP status 502"));
  EXPECT_THAT(trial_.Fails({"rules"}), StartsWith("3: "));
  trial_.door.Put("GET /api/v1/warnings", R"({"detail": "no such resource"})", 404);
  EXPECT_EQ(trial_.Fails({"warnings"}), "1: no such resource");  // an older daemon
}

TEST_F(VerbsTest, SessionsAreATable) {
  trial_.door.Put("GET /api/v1/sessions?limit=1000", kSessions);
  ASSERT_TRUE(trial_.Run({"sessions"}).ok());
  EXPECT_EQ(trial_.out.str(),
            "SESSION  CLIENT           USER   DESTINATION          RULE    STATE        AGE     UP "
            "   DOWN\n"
            "0-7      10.1.9.4:41877   -      -                    -       handshake  850ms    0 B "
            "    0 B\n"
            "1-755    10.1.7.20:50112  alice  pay.example.net:443  office  relay      3m12s  41 kB "
            " 812 MB\n");
  trial_.columns = 80;
  ASSERT_TRUE(trial_.Run({"sessions"}).ok());
  EXPECT_EQ(trial_.out.str(),
            "SESSION  CLIENT      USER   DESTINATION  RULE    STATE        AGE     UP    DOWN\n"
            "0-7      10.1.9.4:…  -      -            -       handshake  850ms    0 B     0 B\n"
            "1-755    10.1.7.20…  alice  pay.exampl…  office  relay      3m12s  41 kB  812 MB\n");
}

TEST_F(VerbsTest, SessionsAsCsvHaveTheFieldsOfTheAccessLog) {
  trial_.door.Put("GET /api/v1/sessions?limit=1000", kSessions);
  ASSERT_TRUE(trial_.Run({"sessions", "-o", "csv"}).ok());
  EXPECT_THAT(
      trial_.out.str(),
      StartsWith("session,state,since,age_ms,client,version,user,auth,command,destination,port,"
                 "target,egress,rule,"
                 "bytes_up,bytes_down,datagrams_up,datagrams_down,datagrams_dropped\r\n"
                 "0-7,handshake,2026-11-28T15:27:36Z,850,10.1.9.4:41877,,,,,,,,,,0,0,,,\r\n"));
}

TEST_F(VerbsTest, PagesAreFollowedToTheLast) {
  trial_.door.Put("GET /api/v1/sessions?filter=rule=a&limit=1000",
                  R"({"sessions": [{"session": "0-1"}], "next": "c1", "about": 3})");
  trial_.door.Put("GET /api/v1/sessions?filter=rule=a&limit=1000&cursor=c1",
                  R"({"sessions": [{"session": "0-2"}], "next": "c2", "about": 3})");
  trial_.door.Put("GET /api/v1/sessions?filter=rule=a&limit=1000&cursor=c2",
                  R"({"sessions": [{"session": "0-3"}], "next": null, "about": 3})");
  ASSERT_TRUE(trial_.Run({"sessions", "rule=a", "-o", "json"}).ok());
  EXPECT_EQ(Json::parse(trial_.out.str())["sessions"].size(), 3u);
  EXPECT_TRUE(Json::parse(trial_.out.str())["next"].is_null());
}

TEST_F(VerbsTest, ALimitIsKeptAndSaid) {
  trial_.door.Put("GET /api/v1/sessions?limit=1",
                  R"({"sessions": [{"session": "0-1"}], "next": "c1", "about": 3})");
  ASSERT_TRUE(trial_.Run({"sessions", "--limit=1"}).ok());
  EXPECT_THAT(trial_.err.str(), HasSubstr("there are more: 3 are open"));
  EXPECT_EQ(trial_.door.asked.size(), 1u);
  EXPECT_THAT(trial_.Fails({"sessions", "--limit=0"}),
              StartsWith("2: --limit: expected a number above 0, found \"0\""));
}

TEST_F(VerbsTest, ACursorThatStandsStillEnds) {
  trial_.door.Put("GET /api/v1/sessions?limit=1000",
                  R"({"sessions": [], "next": "c", "about": 3})");
  trial_.door.Put("GET /api/v1/sessions?limit=1000&cursor=c",
                  R"({"sessions": [], "next": "c", "about": 3})");
  EXPECT_TRUE(trial_.Run({"sessions"}).ok());
  EXPECT_EQ(trial_.door.asked.size(), 2u);
}

TEST_F(VerbsTest, AFilterThatNothingMatchesEndsWithFour) {
  trial_.door.Put("GET /api/v1/sessions?filter=rule=a&limit=1000",
                  R"({"sessions": [], "next": null, "about": 9})");
  EXPECT_EQ(trial_.Fails({"sessions", "rule=a"}), "4: ");
  EXPECT_EQ(trial_.err.str(), "no session matches\n");
  trial_.door.Put("GET /api/v1/sessions?limit=1000",
                  R"({"sessions": [], "next": null, "about": 0})");
  EXPECT_TRUE(trial_.Run({"sessions"}).ok());
  EXPECT_EQ(trial_.err.str(), "no session is open\n");
}

TEST_F(VerbsTest, HostileNamesNeverReachATerminalRaw) {
  const std::string hostile =
      R"({"sessions": [{"session": "0-1", "user": "a\u001b[2J\u009b\u202e\u007f\n"}], "next": null})";
  trial_.door.Put("GET /api/v1/sessions?limit=1000", hostile);
  trial_.out_is_terminal = true;
  for (const char* format : {"table", "wide", "json", "csv"}) {
    ASSERT_TRUE(trial_.Run({"sessions", "-o", format}).ok());
    const std::string shown = trial_.out.str();
    for (const char* bad : {"\x1b", "\xc2\x9b", "\xe2\x80\xae", "\x7f"}) {
      EXPECT_EQ(shown.find(bad), shown.npos) << format << ": " << shown;
    }
  }
  trial_.out_is_terminal = false;  // a program gets what the door said
  ASSERT_TRUE(trial_.Run({"sessions", "-o", "json"}).ok());
  EXPECT_EQ(Json::parse(trial_.out.str())["sessions"], Json::parse(hostile)["sessions"]);
}

TEST_F(VerbsTest, EndByNameIsDoneAtOnce) {
  trial_.door.Put("DELETE /api/v1/sessions/1-755?reason=too long", R"({"ended": 1})");
  trial_.door.Put("DELETE /api/v1/sessions/1-9?reason=too long", R"({"detail": "gone"})", 404);
  ASSERT_TRUE(trial_.Run({"end", "1-755", "--reason=too long"}).ok());
  EXPECT_EQ(trial_.out.str(), "ended 1 session\n");
  EXPECT_THAT(trial_.Fails({"end", "1-755", "1-9", "--reason=too long"}),
              StartsWith("4: expected an open session, found that 1-9 is not"));
  EXPECT_EQ(trial_.out.str(), "ended 1 session\n");
}

TEST_F(VerbsTest, EndByFilterCountsAndAsksFirst) {
  trial_.door.Put("POST /api/v1/sessions:end", R"({"matched": 37, "ended": 0, "dry_run": true})");
  trial_.door.Put("POST /api/v1/sessions:end", R"({"matched": 36, "ended": 36, "dry_run": false})");
  trial_.asks = true;
  trial_.in.str("y\n");
  ASSERT_TRUE(trial_.Run({"end", "rule=my rule", "user!=a", "--reason=why"}).ok());
  EXPECT_EQ(trial_.err.str(), "end 37 sessions? [y/N] ");
  EXPECT_EQ(trial_.out.str(), "ended 36 sessions\n");
  EXPECT_THAT(
      trial_.door.bodies,
      ElementsAre(R"({"filter":"rule=\"my rule\" user!=a","dry_run":true,"reason":"why"})",
                  R"({"filter":"rule=\"my rule\" user!=a","dry_run":false,"reason":"why"})"));
}

TEST_F(VerbsTest, EndIsNotDoneWithoutAYes) {
  trial_.door.Put("POST /api/v1/sessions:end", R"({"matched": 37, "ended": 0, "dry_run": true})");
  trial_.asks = true;
  for (const char* said : {"n\n", "\n", "", "yesterday\n"}) {
    trial_.in.clear();
    trial_.in.str(said);
    EXPECT_EQ(trial_.Fails({"end", "rule=a"}), "1: nothing was ended");
  }
  EXPECT_EQ(trial_.door.asked.size(), 4u);
  trial_.asks = false;
  EXPECT_EQ(trial_.Fails({"end", "rule=a"}),
            "2: end: expected --yes where nobody can be asked, found none; add it");
  EXPECT_EQ(trial_.door.asked.size(), 4u);
}

TEST_F(VerbsTest, EndWithYesAsksNobody) {
  trial_.door.Put("POST /api/v1/sessions:end", R"({"matched": 2, "ended": 2, "dry_run": false})");
  ASSERT_TRUE(trial_.Run({"end", "--all", "--yes"}).ok());
  EXPECT_THAT(trial_.door.bodies, ElementsAre(R"({"filter":"","dry_run":false,"all":true})"));
}

TEST_F(VerbsTest, EndOfNothingEndsWithFour) {
  trial_.door.Put("POST /api/v1/sessions:end", R"({"matched": 0, "ended": 0, "dry_run": true})");
  trial_.asks = true;
  EXPECT_EQ(trial_.Fails({"end", "rule=a"}), "4: no session matches; nothing was ended");
  EXPECT_EQ(trial_.Fails({"end", "rule=a", "--yes"}), "4: ");
}

TEST_F(VerbsTest, EndWantsNamesOrAFilter) {
  EXPECT_THAT(trial_.Fails({"end"}),
              StartsWith("2: end: expected SESSION... or FILTER..., found nothing"));
  EXPECT_THAT(trial_.Fails({"end", "--all", "rule=a"}),
              StartsWith("2: end: expected --all or a filter, found both"));
  EXPECT_THAT(trial_.Fails({"end", "1-2", "rule=a"}),
              StartsWith("2: end: expected names of sessions or a filter, found both"));
  EXPECT_TRUE(trial_.door.asked.empty());
}

TEST_F(VerbsTest, MetricsAreChosenByName) {
  trial_.door.Put("GET /metrics",
                  "# HELP sluice_a_total Things.\n# TYPE sluice_a_total counter\nsluice_a_total 1\n"
                  "sluice_b{x=\"1\"} 2\nother 3\n");
  ASSERT_TRUE(trial_.Run({"metrics", "sluice_a", "oth"}).ok());
  EXPECT_EQ(
      trial_.out.str(),
      "# HELP sluice_a_total Things.\n# TYPE sluice_a_total counter\nsluice_a_total 1\nother 3\n");
  EXPECT_THAT(trial_.Fails({"metrics", "nothing"}),
              StartsWith("4: expected a metric whose name begins with nothing"));
}

TEST_F(VerbsTest, RulesAndWarningsAreLists) {
  trial_.door.Put(
      "GET /api/v1/rules",
      R"({"generation": 3, "rules": [{"number": 1, "name": "office", "verdict": "allow", "enabled": true,
                      "expires": null, "comment": "", "file": "sluice.toml", "line": 12}]})");
  ASSERT_TRUE(trial_.Run({"rules"}).ok());
  EXPECT_EQ(trial_.out.str(),
            "RULE  NAME    VERDICT  ON   EXPIRES  COMMENT  PLACE\n"
            "   1  office  allow    yes  -        -        sluice.toml:12\n");
  trial_.door.Put(
      "GET /api/v1/warnings",
      R"({"warnings": [{"kind": "shadowed", "rule": "b", "other": "a", "file": "sluice.toml", "line": 12,
                      "column": 1, "message": "never matches: a takes all of it"}]})");
  ASSERT_TRUE(trial_.Run({"warnings"}).ok());
  EXPECT_EQ(trial_.out.str(), "sluice.toml:12:1: never matches: a takes all of it\n");
}

TEST_F(VerbsTest, CheckReadsStandardInputAndNamesPlaces) {
  trial_.door.Put(
      "POST /api/v1/config:check",
      R"({"ok": false, "problems": [{"file": "", "line": 3, "column": 7, "expected": "a port", "found": "x",
                      "hint": "use 1080"}], "warnings": [], "tests": {"passed": 1, "failed": 1}})");
  trial_.in.str("[socks]\nport = x\n");
  EXPECT_EQ(trial_.Fails({"check", "-"}),
            "1: standard input: not good: 1 problem, 1 of 2 tests passed");
  EXPECT_EQ(trial_.err.str(), "standard input:3:7: expected a port, found x; use 1080\n");
  EXPECT_THAT(trial_.door.bodies, ElementsAre("[socks]\nport = x\n"));
  EXPECT_THAT(trial_.Fails({"check", "/no/such"}),
              StartsWith("2: check: expected a file that can be read, found /no/such"));
  EXPECT_THAT(trial_.Fails({"check", "/"}),
              StartsWith("2: check: expected a file that can be read, found /,"));
}

TEST_F(VerbsTest, CheckOfAGoodFileSaysSo) {
  trial_.door.Put(
      "POST /api/v1/config:check",
      R"({"ok": true, "problems": [], "warnings": [], "tests": {"passed": 2, "failed": 0}})");
  ASSERT_TRUE(trial_.Run({"check", "-"}).ok());
  EXPECT_EQ(trial_.out.str(), "standard input: good, 2 of 2 tests passed\n");
}

TEST_F(VerbsTest, ReloadMeAndVersion) {
  trial_.door.Put("POST /api/v1/config:reload", R"({"generation": 4})");
  ASSERT_TRUE(trial_.Run({"reload"}).ok());
  EXPECT_EQ(trial_.out.str(), "reloaded: generation 4\n");
  trial_.door.Put("GET /api/v1/me",
                  R"({"name": "alice", "uid": 1000, "role": "operator", "door": "unix"})");
  ASSERT_TRUE(trial_.Run({"me"}).ok());
  EXPECT_EQ(trial_.out.str(), "alice (user 1000), operator, by the unix door\n");
  EXPECT_THAT(trial_.Fails({"version"}), StartsWith("3: "));
  EXPECT_EQ(trial_.out.str(), "sluicectl 1.2.3 (commit abc)\n");
}

}  // namespace
}  // namespace sluice

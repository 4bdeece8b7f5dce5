#include "tools/sluicectl/top_model.h"

#include <clocale>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Key::Kind;
using Wish = TopModel::Wish;

TEST(Keys, SequencesAreOneKey) {
  EXPECT_THAT(KeysOf("a\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[4~\r\x7f"),
              ElementsAre(Key{Kind::kByte, 'a'}, Key{Kind::kUp}, Key{Kind::kDown},
                          Key{Kind::kPageUp}, Key{Kind::kPageDown}, Key{Kind::kFirst},
                          Key{Kind::kLast}, Key{Kind::kEnter}, Key{Kind::kBackspace}));
}

TEST(Keys, AnEscapeAloneIsTheKey) {
  EXPECT_THAT(KeysOf("\x1b"), ElementsAre(Key{Kind::kEscape}));
  EXPECT_THAT(KeysOf("\x1bq"), ElementsAre(Key{Kind::kEscape}, Key{Kind::kByte, 'q'}));
}

TEST(Keys, WhatMeansNothingIsDroppedWhole) {
  EXPECT_THAT(KeysOf("\x1b[1;5kq"), ElementsAre(Key{Kind::kByte, 'q'}));  // its "k" ends nobody
  EXPECT_THAT(KeysOf("\x1b[15~"), ElementsAre());
  EXPECT_THAT(KeysOf("\x1b[1;5"), ElementsAre());
}

struct One {
  const char* name;
  uint64_t up, down;
  const char* user = "alice";
  uint64_t age_ms = 1000;
};

Json Look(const std::vector<One>& sessions) {
  Json list = Json::array();
  for (const One& one : sessions) {
    list.push_back({{"session", one.name},
                    {"client", "10.1.7.20:50112"},
                    {"user", one.user},
                    {"destination", "pay.example.net"},
                    {"port", 443},
                    {"rule", "office"},
                    {"state", "relay"},
                    {"age_ms", one.age_ms},
                    {"bytes_up", one.up},
                    {"bytes_down", one.down}});
  }
  return {{"sessions", list}, {"next", nullptr}, {"about", sessions.size()}};
}

class TopModelTest : public testing::Test {
 protected:
  TopModelTest() { std::setlocale(LC_CTYPE, "C.UTF-8"); }
  ~TopModelTest() override { std::setlocale(LC_CTYPE, "C"); }

  void Take(const std::vector<One>& sessions) {
    now_ += absl::Seconds(2);
    model_.Take(Look(sessions), now_);
  }
  Wish Type(const std::string& text) {
    Wish last = Wish::kNothing;
    for (const Key& key : KeysOf(text)) last = model_.Press(key);
    return last;
  }
  std::string Screen(size_t lines = 6, size_t columns = 100) {
    std::string screen;
    for (const TopLine& line : model_.Lines(lines, columns)) {
      absl::StrAppend(&screen, line.reversed ? ">" : "", line.text, "\n");
    }
    return screen;
  }
  // The names of the sessions in their order.
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const Json& session : model_.Sorted()) names.push_back(TextOf(session, "session"));
    return names;
  }

  absl::Time now_ = absl::UnixEpoch();
  TopModel model_{""};
};

TEST_F(TopModelTest, TheScreenHasRatesSinceTheLastLook) {
  Take({{"0-1", 0, 0}, {"0-2", 500, 0}});
  Take({{"0-1", 0, 0}, {"0-2", 1'500, 8'400'000}});
  EXPECT_EQ(Screen(6, 99),
            "2 sessions of 2 open, by rate\n"
            "SESSION  CLIENT           USER   DESTINATION          RULE      DOWN/S     UP/S   "
            "BYTES  AGE  STATE\n"
            ">0-2      10.1.7.20:50112  alice  pay.example.net:443  office  4.2 MB/s  500 B/s  8.4 "
            "MB   1s  relay\n"
            "0-1      10.1.7.20:50112  alice  pay.example.net:443  office         -        -     0 "
            "B   1s  relay\n"
            "\n"
            "q quit  s sort  p pause  / filter  k end  arrows choose\n");
}

TEST_F(TopModelTest, TheScreenFitsWhateverSizeTheTerminalHas) {
  Take({{"0-1", 0, 0}, {"0-2", 500, 0}, {"0-3", 0, 0}});
  for (size_t lines = 0; lines < 30; ++lines) {
    for (size_t columns = 0; columns < 130; ++columns) {
      const std::vector<TopLine> screen = model_.Lines(lines, columns);
      ASSERT_EQ(screen.size(), lines);
      for (const TopLine& line : screen) ASSERT_LE(ColumnsOf(line.text), columns);
    }
  }
}

TEST_F(TopModelTest, AnOrdinaryTerminalLeavesOnlyTheStateAway) {
  Take({{"1-755", 0, 0}});
  Take({{"1-755", 812'000'000, 612'000'000}});
  EXPECT_THAT(Screen(24, 80), HasSubstr("AGE\n"));
  EXPECT_THAT(Screen(24, 80), HasSubstr("pay.example"));
}

TEST_F(TopModelTest, SortGoesThroughItsOrders) {
  Take({{"0-1", 0, 900, "carol", 5}, {"0-2", 0, 0, "bob", 9}, {"0-3", 100, 0, "alice", 7}});
  Take({{"0-1", 0, 900, "carol", 5}, {"0-2", 0, 800, "bob", 9}, {"0-3", 500, 0, "alice", 7}});
  EXPECT_THAT(Names(), ElementsAre("0-2", "0-3", "0-1"));
  Type("s");
  EXPECT_THAT(Names(), ElementsAre("0-1", "0-2", "0-3"));
  Type("s");
  EXPECT_THAT(Names(), ElementsAre("0-2", "0-3", "0-1"));
  Type("s");
  EXPECT_THAT(Names(), ElementsAre("0-3", "0-2", "0-1"));
  Type("s");
  EXPECT_THAT(Names(), ElementsAre("0-2", "0-3", "0-1"));
}

TEST_F(TopModelTest, WhoIsChosenStaysChosen) {
  Take({{"0-1", 0, 0}, {"0-2", 0, 0}, {"0-3", 0, 0}});
  Type("\x1b[B");
  EXPECT_THAT(Screen(), HasSubstr(">0-2"));
  Take({{"0-1", 0, 0}, {"0-2", 0, 0}, {"0-3", 0, 900}});
  EXPECT_THAT(Screen(), HasSubstr(">0-2"));  // now the third
  Take({{"0-1", 0, 0}});
  EXPECT_THAT(Screen(), HasSubstr(">0-1"));
  Take({});
  EXPECT_EQ(Screen().find('>'), std::string::npos);
  Type("\x1b[A\x1b[B\x1b[5~\x1b[6~\x1b[F");
}

TEST_F(TopModelTest, TheChosenOneIsAlwaysOnTheScreen) {
  std::vector<One> many;
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) names.push_back(absl::StrCat("0-", i));
  for (const std::string& name : names) many.push_back({name.c_str(), 0, 0});
  Take(many);
  for (const char* keys :
       {"\x1b[F", "\x1b[A", "\x1b[5~", "\x1b[H", "\x1b[6~", "\x1b[6~", "\x1b[B"}) {
    Type(keys);
    EXPECT_THAT(Screen(8, 90), HasSubstr(">0-")) << keys;
  }
}

TEST_F(TopModelTest, EndingAsksFirstAndEndsWhomItNamed) {
  Take({{"0-1", 0, 0}, {"0-2", 0, 0}});
  EXPECT_EQ(Type("k"), Wish::kNothing);
  EXPECT_THAT(Screen(), HasSubstr("end session 0-1? y/N"));
  Take({{"0-2", 0, 900}, {"0-1", 0, 0}});  // another one stands in its place now
  EXPECT_EQ(Type("y"), Wish::kEndSession);
  EXPECT_EQ(model_.doomed(), "0-1");
  for (const char* keys : {"kn", "kq", "k\x1b", "k\r", "k "}) {
    EXPECT_EQ(Type(keys), Wish::kNothing) << keys;
    EXPECT_THAT(Screen(), HasSubstr("nothing was ended"));
  }
  Take({});
  EXPECT_EQ(Type("ky"), Wish::kNothing);
}

TEST_F(TopModelTest, AFilterIsTypedAndTakenByEnter) {
  EXPECT_EQ(Type("/rule=offü\x7f\x7f"
                 "fice q"),
            Wish::kNothing);
  EXPECT_THAT(Screen(), HasSubstr("filter (Enter takes it, Esc leaves it): rule=office q_"));
  EXPECT_EQ(model_.filter(), "");
  EXPECT_EQ(Type("\r"), Wish::kLook);
  EXPECT_EQ(model_.filter(), "rule=office q");
  EXPECT_EQ(Type("/\x15"
                 "age>1h"),
            Wish::kNothing);
  Type("\x1b");
  EXPECT_EQ(model_.filter(), "rule=office q");
  Type("/" + std::string(5000, 'x'));
  Type("\r");
  EXPECT_EQ(model_.filter().size(), 4096u);
}

TEST_F(TopModelTest, PauseIsSaidAndQuitQuits) {
  EXPECT_EQ(Type("p"), Wish::kNothing);
  EXPECT_TRUE(model_.paused());
  EXPECT_THAT(Screen(), HasSubstr("PAUSED"));
  EXPECT_EQ(Type("p"), Wish::kLook);
  EXPECT_EQ(Type("q"), Wish::kQuit);
}

TEST_F(TopModelTest, WhatIsSaidIsSafe) {
  Take({{"0-1", 0, 0, "\x1b[2J"}});
  model_.Say("lost: \x1b[2J");
  const std::string screen = Screen();
  EXPECT_EQ(screen.find('\x1b'), screen.npos);
  EXPECT_THAT(screen, HasSubstr("lost: \\x1b[2J"));
}

}  // namespace
}  // namespace sluice

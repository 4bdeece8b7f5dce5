// What is shown: text made safe, units, tables and lists.

#include <clocale>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/sluicectl/csv.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/table.h"
#include "tools/sluicectl/units.h"

namespace sluice {
namespace {

using std::string_literals::operator""s;

// What can be shown follows the locale.
class InLocale {
 public:
  explicit InLocale(const char* name) { EXPECT_NE(std::setlocale(LC_CTYPE, name), nullptr); }
  ~InLocale() { std::setlocale(LC_CTYPE, "C"); }
};

TEST(SafeText, ControlBytesAreWrittenOut) {
  const InLocale utf8("C.UTF-8");
  EXPECT_EQ(SafeText("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(SafeText("a\nb\tc\rd\x7f"), "a\\x0ab\\x09c\\x0dd\\x7f");
  EXPECT_EQ(SafeText("\0"s), "\\x00");
  EXPECT_EQ(SafeText("\xc2\x9b"
                     "2J"),
            "\\u009b2J");  // CSI as one character
}

TEST(SafeText, WhatTurnsTextRoundOrHidesIsWrittenOut) {
  const InLocale utf8("C.UTF-8");
  EXPECT_EQ(SafeText("a\u202etxt.exe"), "a\\u202etxt.exe");
  EXPECT_EQ(SafeText("pay\u200bpal"), "pay\\u200bpal");
  EXPECT_EQ(SafeText("\u2066x\ufeff"), "\\u2066x\\ufeff");
}

TEST(SafeText, NoUtf8IsWrittenByteForByte) {
  const InLocale utf8("C.UTF-8");
  EXPECT_EQ(SafeText("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(SafeText("\xc3"), "\\xc3");                    // cut
  EXPECT_EQ(SafeText("\xc0\xaf"), "\\xc0\\xaf");           // a longer form than need be
  EXPECT_EQ(SafeText("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a pair
  EXPECT_EQ(SafeText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(SafeText, NamesOfAllLanguagesStay) {
  const InLocale utf8("C.UTF-8");
  for (const char* name : {"Müller", "Ελλάδα", "日本", "😀", "e\u0301"})
    EXPECT_EQ(SafeText(name), name);
}

TEST(SafeText, OutsideUtf8EverythingIsAscii) {
  const InLocale plain("C");
  EXPECT_EQ(SafeText("Müller 日"), "M\\u00fcller \\u65e5");
  EXPECT_FALSE(ShowsUtf8());
}

TEST(SafeText, LinesStayLines) { EXPECT_EQ(SafeLines("a\n\tb\r"), "a\n\tb\\x0d"); }

TEST(Columns, WideCharactersTakeTwoAndMarksNone) {
  const InLocale utf8("C.UTF-8");
  EXPECT_EQ(ColumnsOf("abc"), 3u);
  EXPECT_EQ(ColumnsOf("日本"), 4u);
  EXPECT_EQ(ColumnsOf("e\u0301"), 1u);
}

TEST(Columns, ShortenedTextFits) {
  const InLocale utf8("C.UTF-8");
  EXPECT_EQ(Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(Shortened("abcdef", 4), "abc…");
  EXPECT_EQ(Shortened("日本語", 4), "日…");  // half a character is none
  EXPECT_EQ(Shortened("abc", 0), "");
  const InLocale plain("C");
  EXPECT_EQ(Shortened("abcdef", 4), "abc~");
}

TEST(Units, BytesHaveThreeDigitsAtMost) {
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(999), "999 B");
  EXPECT_EQ(HumanBytes(1000), "1.0 kB");
  EXPECT_EQ(HumanBytes(9'949), "9.9 kB");
  EXPECT_EQ(HumanBytes(9'950), "10 kB");
  EXPECT_EQ(HumanBytes(999'499), "999 kB");
  EXPECT_EQ(HumanBytes(999'500), "1.0 MB");
  EXPECT_EQ(HumanBytes(4'200'000'000), "4.2 GB");
  EXPECT_EQ(HumanBytes(UINT64_MAX), "18 EB");
}

TEST(Units, TimesHaveTheirTwoLargestUnits) {
  EXPECT_EQ(HumanTime(0), "0ms");
  EXPECT_EQ(HumanTime(850), "850ms");
  EXPECT_EQ(HumanTime(40'900), "40s");
  EXPECT_EQ(HumanTime(60'000), "1m");
  EXPECT_EQ(HumanTime(192'000), "3m12s");
  EXPECT_EQ(HumanTime(3'600'000), "1h");
  EXPECT_EQ(HumanTime(86'400'000 * 12ull + 4 * 3'600'000), "12d4h");
}

TEST(Units, NumbersHaveCommas) {
  EXPECT_EQ(HumanNumber(0), "0");
  EXPECT_EQ(HumanNumber(999), "999");
  EXPECT_EQ(HumanNumber(1000), "1,000");
  EXPECT_EQ(HumanNumber(12'304'567), "12,304,567");
  EXPECT_EQ(Counted(1, "rule", "rules"), "1 rule");
  EXPECT_EQ(Counted(0, "rule", "rules"), "0 rules");
}

TEST(Csv, CellsAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(CsvCell("plain"), "plain");
  EXPECT_EQ(CsvCell("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvCell("say \"a\""), "\"say \"\"a\"\"\"");
  EXPECT_EQ(CsvCell("two\nlines"), "\"two\nlines\"");
}

TEST(Csv, FieldsStandInTheOrderAskedFor) {
  const Json list = Json::parse(R"([{"b": 2, "a": "x,y"}, {"a": null, "c": [1, "z"]}])");
  EXPECT_EQ(Csv({"a", "b", "c"}, list), "a,b,c\r\n\"x,y\",2,\r\n,,\"[1,\"\"z\"\"]\"\r\n");
}

TEST(Fields, WhatIsMissingOrOfAnotherKindIsEmpty) {
  const Json object = Json::parse(
      R"({"text": "a", "number": 7, "less": -7, "half": 1.5, "huge": 1e300, "yes": true, "list": [1]})");
  EXPECT_EQ(TextOf(object, "text"), "a");
  EXPECT_EQ(TextOf(object, "number"), "7");
  EXPECT_EQ(TextOf(object, "list"), "");
  EXPECT_EQ(TextOf(Json(), "text"), "");
  EXPECT_EQ(NumberOf(object, "number"), 7u);
  EXPECT_EQ(NumberOf(object, "less"), 0u);
  EXPECT_EQ(NumberOf(object, "half"), 1u);
  EXPECT_EQ(NumberOf(object, "huge"), 0u);
  EXPECT_EQ(NumberOf(object, "text"), 0u);
  EXPECT_TRUE(TrueOf(object, "yes"));
  EXPECT_FALSE(TrueOf(object, "number"));
  EXPECT_EQ(ListOf(object, "list").size(), 1u);
  EXPECT_TRUE(ListOf(object, "text").empty());
}

class TableTest : public testing::Test {
 protected:
  TableTest() {
    table_.Add({"1-7", "long.example.com", "secret", "812 MB"});
    table_.Add({"10-123", "日本.example", "", "1 B"});
  }
  InLocale utf8_{"C.UTF-8"};
  Table table_{{{"SESSION"},
                {"NAME", Column::Side::kLeft, false, 6},
                {"MORE", Column::Side::kLeft, true},
                {"BYTES", Column::Side::kRight}}};
};

TEST_F(TableTest, ColumnsStandUnderEachOther) {
  EXPECT_EQ(table_.Text(0, false),
            "SESSION  NAME               BYTES\n"
            "1-7      long.example.com  812 MB\n"
            "10-123   日本.example         1 B\n");
}

TEST_F(TableTest, WideColumnsComeWhereTheyAreAskedFor) {
  EXPECT_EQ(table_.Text(0, true),
            "SESSION  NAME              MORE     BYTES\n"
            "1-7      long.example.com  secret  812 MB\n"
            "10-123   日本.example      -          1 B\n");
}

TEST_F(TableTest, ANarrowTerminalShortensWhatMayBeShort) {
  EXPECT_EQ(table_.Text(27, false),
            "SESSION  NAME         BYTES\n"
            "1-7      long.exam…  812 MB\n"
            "10-123   日本.exam…     1 B\n");
}

TEST_F(TableTest, AVeryNarrowOneLeavesColumnsAway) {
  EXPECT_EQ(table_.Text(16, false),
            "SESSION  NAME\n"
            "1-7      long.…\n"
            "10-123   日本.…\n");
}

TEST_F(TableTest, HostileCellsStayInTheirLine) {
  Table table({{"USER"}, {"RULE"}});
  table.Add({"a\nb\x1b[1A", "x"});
  EXPECT_EQ(table.Text(0, false), "USER           RULE\na\\x0ab\\x1b[1A  x\n");
}

}  // namespace
}  // namespace sluice

#include "tools/admin/json_fields.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JsonFieldsTest, FieldsAreRead) {
  JsonFields fields(R"({"text":"a","number":7,"flag":true,"texts":["x","y"],"none":null})");
  EXPECT_EQ(fields.Text("text"), "a");
  EXPECT_EQ(fields.Number("number", 0, 10), 7);
  EXPECT_TRUE(fields.Flag("flag"));
  EXPECT_THAT(fields.Texts("texts"), ElementsAre("x", "y"));
  EXPECT_EQ(fields.Text("none"), std::nullopt);
  EXPECT_EQ(fields.Text("missing"), std::nullopt);
  EXPECT_FALSE(fields.Flag("absent"));
  EXPECT_TRUE(fields.Finish().ok()) << fields.Finish();
}

std::string FaultOfText(std::string_view body) {
  JsonFields fields(body);
  fields.Text("text");
  return std::string(fields.Finish().message());
}

TEST(JsonFieldsTest, AnotherTypeIsTold) {
  EXPECT_THAT(FaultOfText(R"({"text":[1]})"), HasSubstr("expected a text in \"text\", found [1]"));
  JsonFields number(R"({"number":11})");
  EXPECT_EQ(number.Number("number", 0, 10), std::nullopt);
  EXPECT_THAT(number.Finish().message(), HasSubstr("from 0 to 10"));
  for (const char* body : {R"({"n":1.5})", R"({"n":"1"})", R"({"n":18446744073709551615})",
                           R"({"n":-1})", R"({"n":true})"}) {
    JsonFields fields(body);
    EXPECT_EQ(fields.Number("n", 0, 10), std::nullopt) << body;
    EXPECT_FALSE(fields.Finish().ok()) << body;
  }
  for (const char* body : {R"({"t":"x"})", R"({"t":{}})", R"({"t":{"a":"b"}})", R"({"t":[1]})",
                           R"({"t":["a",null]})"}) {
    JsonFields fields(body);
    EXPECT_TRUE(fields.Texts("t").empty()) << body;
    EXPECT_FALSE(fields.Finish().ok()) << body;
  }
}

TEST(JsonFieldsTest, AFieldThatNobodyReadsIsTold) {
  EXPECT_THAT(FaultOfText(R"({"txet":"a"})"), HasSubstr("no field but text, found \"txet\""));
}

TEST(JsonFieldsTest, WhatIsNoObjectIsTold) {
  EXPECT_THAT(FaultOfText(""), HasSubstr("found what is no JSON"));
  EXPECT_THAT(FaultOfText("[]"), HasSubstr("found a JSON array"));
  EXPECT_THAT(FaultOfText("{\"text\":\"\xff\"}"), HasSubstr("no JSON"));
  EXPECT_THAT(FaultOfText("{\"text\":\"a\"} x"), HasSubstr("no JSON"));
}

TEST(JsonFieldsTest, DepthIsBoundedAndWhatCameIsEscaped) {
  EXPECT_THAT(FaultOfText("{\"text\":" + std::string(60'000, '[') + std::string(60'000, ']') + "}"),
              HasSubstr("8 levels deep"));
  const std::string fault = FaultOfText("{\"a\\u001b[2J\":1}");
  EXPECT_EQ(fault.find('\x1b'), std::string::npos);
  EXPECT_LT(FaultOfText("{\"" + std::string(10'000, 'a') + "\":1}").size(), 300u);
}

}  // namespace
}  // namespace sluice

#include "relay/log/json_line.h"

#include <cstdint>

#include "core/prng.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace sluice {
namespace {

TEST(JsonLineTest, FieldsStandInTheOrderOfAssignment) {
  JsonLine line;
  line["b"] = "text";
  line["a"] = int64_t{-5};
  line["c"] = uint64_t{18'446'744'073'709'551'615u};
  EXPECT_EQ(std::move(line).Finish(), "{\"b\":\"text\",\"a\":-5,\"c\":18446744073709551615}\n");
}

TEST(JsonLineTest, WithoutFieldsItIsAnEmptyObject) { EXPECT_EQ(JsonLine().Finish(), "{}\n"); }

TEST(JsonLineTest, EveryByteIsWrittenAsTheLibraryWritesIt) {
  const auto expect_as_library = [](const std::string& text) {
    JsonLine line;
    line["text"] = text;
    const nlohmann::json twin = {{"text", text}};
    EXPECT_EQ(std::move(line).Finish(),
              twin.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n");
  };
  for (int byte = 0; byte < 256; ++byte)
    expect_as_library(std::string("a") + static_cast<char>(byte) + "b");
  expect_as_library("\xc3\xa9 \xf0\x9f\x8c\x8a \xed\xa0\x80 \xc3");
  Prng prng(1);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (uint64_t left = prng.Next() % 12; left > 0; --left)
      text.push_back(static_cast<char>(prng.Next()));
    expect_as_library(text);
  }
}

}  // namespace
}  // namespace sluice

#ifndef SLUICE_POLICY_TOML_DOCUMENT_H_
#define SLUICE_POLICY_TOML_DOCUMENT_H_

// TOML text as a tree of plain values with their places in the text, tables in the order they were
// written. Knows TOML, not sluice.toml. The only file that uses the TOML library; no exception
// leaves it, and nothing in it grows the stack with the input. Values only, any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/time/time.h"

namespace sluice {

// Where something stands in a text; both count from 1.
struct TextPosition {
  uint32_t line = 1;
  uint32_t column = 1;

  friend auto operator<=>(const TextPosition&, const TextPosition&) = default;
};

struct TomlField;

struct TomlValue {
  enum class Kind : uint8_t {
    kText,
    kInteger,
    kBoolean,
    kDateTime,  // with an offset: a moment, in `time`
    kDate,      // a date alone: its midnight in UTC, in `time`
    kArray,
    kTable,
    kOther,  // floats, and dates and times that name no moment
  };

  Kind kind = Kind::kOther;
  TextPosition at;
  std::string text;
  int64_t integer = 0;
  bool boolean = false;
  absl::Time time;
  std::vector<TomlValue> items;   // kArray
  std::vector<TomlField> fields;  // kTable, in the order of the text

  // For error messages: `"abc"`, `7`, `an array`.
  std::string Describe() const;
};

struct TomlField {
  std::string key;
  TextPosition at;  // of the key
  TomlValue value;
};

struct TomlError {
  TextPosition at;
  std::string expected;
  std::string found;
  std::string advice;
};

// The root table, or the first error of syntax.
std::variant<TomlValue, TomlError> ParseToml(std::string_view text);

// `text` in double quotes, for an error message: what cannot be printed is escaped, what is long is
// cut.
std::string Quote(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_DOCUMENT_H_

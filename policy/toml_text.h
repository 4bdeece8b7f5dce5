#ifndef SLUICE_POLICY_TOML_TEXT_H_
#define SLUICE_POLICY_TOML_TEXT_H_

// From values to TOML text, the way back of toml_document.h. What is written is read again as the
// same value, whatever bytes it holds. Values only, any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "policy/toml_document.h"

namespace sluice {

TomlValue TextValue(std::string_view text);
TomlValue IntegerValue(int64_t integer);
TomlValue BooleanValue(bool boolean);
TomlValue ArrayValue(std::vector<TomlValue> items);
TomlValue TextsValue(const std::vector<std::string>& texts);
TomlValue TableValue(std::vector<TomlField> fields);

const TomlField* FindField(const TomlValue& table, std::string_view key);
TomlField* FindField(TomlValue& table, std::string_view key);

// The same but for their places; the fields of a table may come in any order.
bool IsSameToml(const TomlValue& a, const TomlValue& b);

// OK, or why TOML cannot say `value`: text that is not UTF-8, years beyond 9999, floats, more
// nesting than is read.
absl::Status CheckTomlValue(const TomlValue& value);

// On one line; a table as `{ … }`. `value` passes CheckTomlValue.
std::string TomlText(const TomlValue& value);
// Bare where it may be, else in quotes.
std::string TomlKeyText(std::string_view key);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_TEXT_H_

#include "policy/toml_document.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "policy/toml_nesting.h"

// The library as headers only, without exceptions, whatever its package prefers.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES ::sluice::kTomlNestedValuesMax
#include "toml++/toml.h"

namespace sluice {
namespace {

constexpr size_t kQuotedBytesMax = 60;

TextPosition ToPosition(const toml::source_position& at) {
  return {static_cast<uint32_t>(at.line), static_cast<uint32_t>(at.column)};
}

TextPosition PositionOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
          static_cast<uint32_t>(offset - line_start + 1)};
}

absl::Time ToTime(const toml::date& date, const toml::time& time, int offset_minutes) {
  const absl::CivilSecond civil(date.year, date.month, date.day, time.hour, time.minute, time.second);
  return absl::FromCivil(civil, absl::UTCTimeZone()) + absl::Nanoseconds(time.nanosecond) -
         absl::Minutes(offset_minutes);
}

TomlValue Convert(const toml::node& node);

TomlValue ConvertTable(const toml::table& table) {
  TomlValue value;
  value.kind = TomlValue::Kind::kTable;
  value.fields.reserve(table.size());
  for (auto&& [key, node] : table) {
    value.fields.push_back({std::string(key.str()), ToPosition(key.source().begin), Convert(node)});
  }
  std::sort(value.fields.begin(), value.fields.end(),
            [](const TomlField& a, const TomlField& b) { return a.at < b.at; });
  return value;
}

// Recursive, but no deeper than kTomlKeyPartsMax * kTomlNestedValuesMax.
TomlValue Convert(const toml::node& node) {
  TomlValue value;
  if (const toml::table* table = node.as_table()) {
    value = ConvertTable(*table);
  } else if (const toml::array* array = node.as_array()) {
    value.kind = TomlValue::Kind::kArray;
    value.items.reserve(array->size());
    for (const toml::node& item : *array) value.items.push_back(Convert(item));
  } else if (const auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::kText;
    value.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value.kind = TomlValue::Kind::kInteger;
    value.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    value.kind = TomlValue::Kind::kBoolean;
    value.boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    value.kind = TomlValue::Kind::kDate;
    value.time = ToTime(date->get(), toml::time{}, 0);
  } else if (const auto* moment = node.as_date_time(); moment != nullptr && moment->get().offset) {
    value.kind = TomlValue::Kind::kDateTime;
    value.time = ToTime(moment->get().date, moment->get().time, moment->get().offset->minutes);
  }
  value.at = ToPosition(node.source().begin);
  return value;
}

// Abseil's string_view is its own type in some builds of it.
std::string Escape(std::string_view text) {
  return absl::Utf8SafeCEscape(absl::string_view(text.data(), text.size()));
}

// The library says: Error while parsing SCOPE: REASON.
TomlError ToError(const toml::parse_error& error) {
  constexpr std::string_view kScope = "Error while parsing ";
  constexpr std::string_view kRedefined = "cannot redefine existing ";
  std::string_view reason = error.description();
  if (reason.starts_with(kScope) && reason.find(": ") != reason.npos) reason.remove_prefix(reason.find(": ") + 2);
  TomlError out;
  out.at = ToPosition(error.source().begin);
  if (reason.starts_with(kRedefined)) {
    out.expected = "each key and each table once";
    out.found = absl::StrCat("another ", Escape(reason.substr(kRedefined.size())));
    out.advice = "keep one of them";
  } else {
    out.expected = "TOML";
    out.found = absl::StrCat("a mistake (", Escape(reason), ")");
    out.advice = "correct it here; texts stand in double quotes, lists in [ ]";
  }
  return out;
}

}  // namespace

std::variant<TomlValue, TomlError> ParseToml(std::string_view text) {
  if (const std::optional<size_t> deep = FindTooDeepKey(text)) {
    return TomlError{PositionOf(text, *deep), absl::StrCat("a key with at most ", kTomlKeyPartsMax, " parts"),
                     "one more", "shorten the key"};
  }
  const toml::parse_result result = toml::parse(text);
  if (!result) return ToError(result.error());
  return ConvertTable(result.table());
}

std::string Quote(std::string_view text) {
  if (text.size() <= kQuotedBytesMax) return absl::StrCat("\"", Escape(text), "\"");
  // A cut inside a UTF-8 sequence would be escaped byte by byte.
  size_t cut = kQuotedBytesMax;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return absl::StrCat("\"", Escape(text.substr(0, cut)), "…\"");
}

std::string TomlValue::Describe() const {
  switch (kind) {
    case Kind::kText:
      return Quote(text);
    case Kind::kInteger:
      return absl::StrCat(integer);
    case Kind::kBoolean:
      return boolean ? "true" : "false";
    case Kind::kDateTime:
      return "a date with time";
    case Kind::kDate:
      return "a date";
    case Kind::kArray:
      return "an array";
    case Kind::kTable:
      return "a table";
    case Kind::kOther:
      return "a value of another type";
  }
  return "a value";
}

}  // namespace sluice

#include "policy/toml_document.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "policy/toml_prescan.h"

// The library as headers only, without exceptions, whatever its package prefers.
//
// Its assertions are off: it asserts, or tells the optimiser, that a key starts with a character of
// keys, which `[.a]` does not (github.com/marzer/tomlplusplus/pull/301); behind the assertion it
// refuses such text in good order. Only without NDEBUG do its assumptions go through TOML_ASSERT.
// Both lines may go when every supported system has a version with that fix.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ASSERT(expression) static_assert(true)
#undef NDEBUG
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
  const absl::CivilSecond civil(date.year, date.month, date.day, time.hour, time.minute,
                                time.second);
  return absl::FromCivil(civil, absl::UTCTimeZone()) + absl::Nanoseconds(time.nanosecond) -
         absl::Minutes(offset_minutes);
}

// They take what they convert apart, so that a text is never held twice.
TomlValue Convert(toml::node& node);

TomlValue ConvertTable(toml::table& table) {
  TomlValue value;
  value.kind = TomlValue::Kind::kTable;
  value.fields.reserve(table.size());
  for (auto&& [key, node] : table) {
    value.fields.push_back({std::string(key.str()), ToPosition(key.source().begin), Convert(node)});
  }
  table.clear();
  std::sort(value.fields.begin(), value.fields.end(),
            [](const TomlField& a, const TomlField& b) { return a.at < b.at; });
  return value;
}

// Recursive, but no deeper than kTomlKeyPartsMax * kTomlNestedValuesMax.
TomlValue Convert(toml::node& node) {
  TomlValue value;
  if (toml::table* table = node.as_table()) {
    value = ConvertTable(*table);
  } else if (toml::array* array = node.as_array()) {
    value.kind = TomlValue::Kind::kArray;
    value.items.reserve(array->size());
    for (toml::node& item : *array) value.items.push_back(Convert(item));
    array->clear();
  } else if (auto* text = node.as_string()) {
    value.kind = TomlValue::Kind::kText;
    value.text = std::move(text->get());
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

// Keeps a message on its line and in its quotes. UTF-8 passes.
std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppend(&escaped, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

// The library says: Error while parsing SCOPE: REASON.
TomlError ToError(const toml::parse_error& error) {
  constexpr std::string_view kScope = "Error while parsing ";
  constexpr std::string_view kTooDeep = "exceeded maximum nested value depth";
  constexpr std::string_view kRedefined = "cannot redefine existing ";
  std::string_view reason = error.description();
  if (reason.starts_with(kScope) && reason.find(": ") != reason.npos)
    reason.remove_prefix(reason.find(": ") + 2);
  TomlError out;
  out.at = ToPosition(error.source().begin);
  if (reason.starts_with(kTooDeep)) {
    out.expected = absl::StrCat("values at most ", kTomlNestedValuesMax, " lists deep");
    out.found = "one more";
    out.advice = "write flat lists";
  } else if (reason.starts_with(kRedefined)) {
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
  if (const std::optional<TomlHazard> hazard = FindTomlHazard(text)) {
    return TomlError{PositionOf(text, hazard->offset), hazard->expected, hazard->found,
                     hazard->advice};
  }
  toml::parse_result result = toml::parse(text);
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
    case Kind::kText: return Quote(text);
    case Kind::kInteger: return absl::StrCat(integer);
    case Kind::kBoolean: return boolean ? "true" : "false";
    case Kind::kDateTime: return "a date with time";
    case Kind::kDate: return "a date";
    case Kind::kArray: return "an array";
    case Kind::kTable: return "a table";
    case Kind::kOther: return "a value of another type";
  }
  return "a value";
}

}  // namespace sluice

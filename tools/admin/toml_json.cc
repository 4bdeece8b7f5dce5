#include "tools/admin/toml_json.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = TomlValue::Kind;

std::string Shown(const Json& json) {
  constexpr size_t kShownBytes = 80;
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() > kShownBytes ? text.substr(0, kShownBytes) + "..." : text;
}

absl::Status Wrong(std::string_view key, std::string_view expected, const Json& found) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", std::string(expected), " as \"",
                                                 std::string(key), "\", found ", Shown(found),
                                                 "; write it as sluice.toml does"));
}

absl::StatusOr<TomlValue> DateOf(std::string_view key, const Json& json) {
  constexpr std::string_view kExpected =
      "a date such as \"2030-12-31\" or \"2030-12-31T18:00:00Z\"";
  if (!json.is_string()) return Wrong(key, kExpected, json);
  const std::string text = json.get<std::string>();
  TomlValue value;
  std::string error;
  const bool is_date = text.find_first_of("Tt ") == text.npos;
  value.kind = is_date ? Kind::kDate : Kind::kDateTime;
  const std::string format = is_date ? "%Y-%m-%d" : absl::RFC3339_full;
  if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &value.time, &error) ||
      !CheckTomlValue(value).ok())
    return Wrong(key, kExpected, json);
  return value;
}

}  // namespace

Json JsonOf(const TomlValue& value) {
  switch (value.kind) {
    case Kind::kText: return value.text;
    case Kind::kInteger: return value.integer;
    case Kind::kBoolean: return value.boolean;
    case Kind::kDateTime:
    case Kind::kDate: return TomlText(value);
    case Kind::kArray: {
      Json items = Json::array();
      for (const TomlValue& item : value.items) items.push_back(JsonOf(item));
      return items;
    }
    case Kind::kTable: {
      Json table = Json::object();
      for (const TomlField& field : value.fields) table[field.key] = JsonOf(field.value);
      return table;
    }
    case Kind::kOther: break;
  }
  return nullptr;
}

absl::StatusOr<TomlValue> TomlOf(ConfigPart part, std::string_view key, const Json& json) {
  if (json.is_null()) return TomlValue();
  if (part == ConfigPart::kRule && key == "expires") return DateOf(key, json);
  switch (json.type()) {
    case Json::value_t::string: return TextValue(json.get<std::string>());
    case Json::value_t::boolean: return BooleanValue(json.get<bool>());
    case Json::value_t::number_unsigned:
      if (json.get<uint64_t>() > INT64_MAX) return Wrong(key, "a smaller number", json);
      return IntegerValue(json.get<int64_t>());
    case Json::value_t::number_integer: return IntegerValue(json.get<int64_t>());
    case Json::value_t::array: {
      TomlValue array = ArrayValue({});
      for (const Json& item : json) {
        if (item.is_null()) return Wrong(key, "a list without null", json);
        absl::StatusOr<TomlValue> value = TomlOf(ConfigPart::kSection, key, item);
        if (!value.ok()) return value.status();
        array.items.push_back(*std::move(value));
      }
      return array;
    }
    case Json::value_t::object: {
      TomlValue table = TableValue({});
      for (const auto& [name, item] : json.items()) {
        absl::StatusOr<TomlValue> value = TomlOf(ConfigPart::kSection, name, item);
        if (!value.ok()) return value.status();
        if (!item.is_null()) table.fields.push_back({name, {}, *std::move(value)});
      }
      return table;
    }
    default: return Wrong(key, "a text, a whole number, true, false, a list or an object", json);
  }
}

}  // namespace sluice

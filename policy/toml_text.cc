#include "policy/toml_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/toml_prescan.h"

namespace sluice {
namespace {

using Kind = TomlValue::Kind;

constexpr absl::Time kYearsEnd = absl::FromUnixSeconds(253'402'300'800);    // 10000-01-01
constexpr absl::Time kYearsBegin = absl::FromUnixSeconds(-62'167'219'200);  // 0000-01-01

TomlValue OfKind(Kind kind) {
  TomlValue value;
  value.kind = kind;
  return value;
}

// How many bytes the sequence that starts at text[at] has; 0 where it is no UTF-8 (RFC 3629).
size_t Utf8Length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool beyond = (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf4 && byte(1) > 0x8f);
  return overlong || beyond ? 0 : length;
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

absl::Status Check(const TomlValue& value, int depth) {
  if (depth > kTomlNestedValuesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected values at most ", kTomlNestedValuesMax,
                     " lists deep, found one more; write flat lists"));
  }
  switch (value.kind) {
    case Kind::kText:
      if (IsUtf8(value.text)) return absl::OkStatus();
      return absl::InvalidArgumentError("expected text in UTF-8, found other bytes; correct them");
    case Kind::kInteger:
    case Kind::kBoolean: return absl::OkStatus();
    case Kind::kDateTime:
    case Kind::kDate:
      if (value.time >= kYearsBegin && value.time < kYearsEnd) return absl::OkStatus();
      return absl::InvalidArgumentError(
          "expected a year from 0 to 9999, found another; write for instance 2030-12-31");
    case Kind::kArray:
      for (const TomlValue& item : value.items) {
        if (absl::Status status = Check(item, depth + 1); !status.ok()) return status;
      }
      return absl::OkStatus();
    case Kind::kTable:
      for (const TomlField& field : value.fields) {
        if (!IsUtf8(field.key)) {
          return absl::InvalidArgumentError(
              "expected a key in UTF-8, found other bytes; rename it");
        }
        if (absl::Status status = Check(field.value, depth + 1); !status.ok()) return status;
      }
      return absl::OkStatus();
    case Kind::kOther: break;
  }
  return absl::InvalidArgumentError(
      "expected a text, an integer, true, false, a date, a list or a table, found a value of "
      "another type; write one of them");
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          absl::StrAppendFormat(&out, "\\u%04X", static_cast<unsigned>(c));
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
  return out;
}

std::string TableText(const TomlValue& table) {
  if (table.fields.empty()) return "{}";
  std::string out = "{ ";
  for (const TomlField& field : table.fields) {
    if (out.size() > 2) out += ", ";
    absl::StrAppend(&out, TomlKeyText(field.key), " = ", TomlText(field.value));
  }
  return out + " }";
}

std::string ArrayText(const TomlValue& array) {
  std::string out = "[";
  for (const TomlValue& item : array.items) {
    if (out.size() > 1) out += ", ";
    out += TomlText(item);
  }
  return out + "]";
}

}  // namespace

TomlValue TextValue(std::string_view text) {
  TomlValue value = OfKind(Kind::kText);
  value.text = text;
  return value;
}

TomlValue IntegerValue(int64_t integer) {
  TomlValue value = OfKind(Kind::kInteger);
  value.integer = integer;
  return value;
}

TomlValue BooleanValue(bool boolean) {
  TomlValue value = OfKind(Kind::kBoolean);
  value.boolean = boolean;
  return value;
}

TomlValue ArrayValue(std::vector<TomlValue> items) {
  TomlValue value = OfKind(Kind::kArray);
  value.items = std::move(items);
  return value;
}

TomlValue TextsValue(const std::vector<std::string>& texts) {
  TomlValue value = OfKind(Kind::kArray);
  for (const std::string& text : texts) value.items.push_back(TextValue(text));
  return value;
}

TomlValue TableValue(std::vector<TomlField> fields) {
  TomlValue value = OfKind(Kind::kTable);
  value.fields = std::move(fields);
  return value;
}

TomlField* FindField(TomlValue& table, std::string_view key) {
  const auto found = std::find_if(table.fields.begin(), table.fields.end(),
                                  [&](const TomlField& field) { return field.key == key; });
  return found == table.fields.end() ? nullptr : &*found;
}

const TomlField* FindField(const TomlValue& table, std::string_view key) {
  return FindField(const_cast<TomlValue&>(table), key);
}

bool IsSameToml(const TomlValue& a, const TomlValue& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kText: return a.text == b.text;
    case Kind::kInteger: return a.integer == b.integer;
    case Kind::kBoolean: return a.boolean == b.boolean;
    case Kind::kDateTime:
    case Kind::kDate: return a.time == b.time;
    case Kind::kArray:
      return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), IsSameToml);
    case Kind::kTable: break;
    case Kind::kOther: return true;  // nothing is known of them
  }
  if (a.fields.size() != b.fields.size()) return false;
  const auto sorted = [](const TomlValue& table) {
    std::vector<const TomlField*> fields;
    fields.reserve(table.fields.size());
    for (const TomlField& field : table.fields) fields.push_back(&field);
    std::sort(fields.begin(), fields.end(),
              [](const TomlField* x, const TomlField* y) { return x->key < y->key; });
    return fields;
  };
  const std::vector<const TomlField*> of_b = sorted(b);
  const std::vector<const TomlField*> of_a = sorted(a);
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(),
                    [](const TomlField* x, const TomlField* y) {
                      return x->key == y->key && IsSameToml(x->value, y->value);
                    });
}

absl::Status CheckTomlValue(const TomlValue& value) { return Check(value, 1); }

std::string TomlText(const TomlValue& value) {
  switch (value.kind) {
    case Kind::kText: return Quoted(value.text);
    case Kind::kInteger: return absl::StrCat(value.integer);
    case Kind::kBoolean: return value.boolean ? "true" : "false";
    case Kind::kDateTime:
      return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", value.time, absl::UTCTimeZone());
    case Kind::kDate: return absl::FormatTime("%E4Y-%m-%d", value.time, absl::UTCTimeZone());
    case Kind::kArray: return ArrayText(value);
    case Kind::kTable: return TableText(value);
    case Kind::kOther: break;
  }
  return "\"\"";
}

std::string TomlKeyText(std::string_view key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  return bare ? std::string(key) : Quoted(key);
}

}  // namespace sluice

#include "policy/toml_fields.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice {

void ReadTable(const TomlValue& value, const std::string& name,
               absl::Span<const FieldReader> readers, ConfigErrors& errors) {
  if (value.kind != TomlValue::Kind::kTable) {
    return errors.Add(value.at, {absl::StrCat("a table ", name), value.Describe(),
                                 "write it as a table, with its keys below"});
  }
  for (const TomlField& field : value.fields) {
    const auto reader = std::find_if(readers.begin(), readers.end(),
                                     [&](const FieldReader& r) { return r.key == field.key; });
    if (reader != readers.end()) {
      reader->read(field.value);
      continue;
    }
    std::vector<std::string_view> keys;
    for (const FieldReader& known : readers) keys.push_back(known.key);
    errors.Add(field.at,
               {absl::StrCat("a key of ", name), Quote(field.key), AdviseWord(field.key, keys)});
  }
}

void ReadBoolean(const TomlValue& value, ConfigErrors& errors, bool* out) {
  if (value.kind != TomlValue::Kind::kBoolean) {
    return errors.Add(value.at,
                      {"true or false", value.Describe(), "write true or false, without quotes"});
  }
  *out = value.boolean;
}

void ReadInteger(const TomlValue& value, int64_t min, int64_t max, ConfigErrors& errors,
                 int64_t* out) {
  if (value.kind != TomlValue::Kind::kInteger || value.integer < min || value.integer > max) {
    return errors.Add(value.at, {absl::StrCat("a number from ", min, " to ", max), value.Describe(),
                                 "write a whole number in these bounds, without quotes"});
  }
  *out = value.integer;
}

bool IsText(const TomlValue& value, const char* what, ConfigErrors& errors) {
  if (value.kind == TomlValue::Kind::kText) return true;
  errors.Add(value.at, {what, value.Describe(), "write it as text in double quotes"});
  return false;
}

bool IsFilledArray(const TomlValue& value, const char* what, ConfigErrors& errors) {
  if (value.kind == TomlValue::Kind::kArray && !value.items.empty()) return true;
  if (value.kind == TomlValue::Kind::kArray) {
    errors.Add(value.at, {what, "an empty list", "write at least one entry"});
  } else {
    errors.Add(value.at, {what, value.Describe(), "write it as a list: [\"…\", \"…\"]"});
  }
  return false;
}

}  // namespace sluice

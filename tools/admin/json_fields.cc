#include "tools/admin/json_fields.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {
namespace {

// What is not understood is shown as JSON, which escapes it, and cut.
std::string Shown(const Json& json) {
  constexpr size_t kShownBytes = 80;
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + "...";
  return text;
}

}  // namespace

JsonFields::JsonFields(std::string_view body) {
  absl::StatusOr<Json> json = ParseJsonObject(body);
  if (json.ok()) {
    json_ = *std::move(json);
  } else {
    fault_ = json.status();
    json_ = Json::object();
  }
}

const Json* JsonFields::Find(std::string_view key) {
  read_.emplace(key);
  const auto found = json_.find(std::string(key));
  return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> JsonFields::Text(std::string_view key) {
  const Json* found = Find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  Fail(key, "a text", Shown(*found));
  return std::nullopt;
}

std::optional<int64_t> JsonFields::Number(std::string_view key, int64_t least, int64_t most) {
  const Json* found = Find(key);
  if (found == nullptr) return std::nullopt;
  const bool whole = found->is_number_integer() &&
                     (!found->is_number_unsigned() || found->get<uint64_t>() <= INT64_MAX);
  if (whole && found->get<int64_t>() >= least && found->get<int64_t>() <= most)
    return found->get<int64_t>();
  Fail(key, absl::StrCat("a whole number from ", least, " to ", most), Shown(*found));
  return std::nullopt;
}

bool JsonFields::Flag(std::string_view key) {
  const Json* found = Find(key);
  if (found == nullptr) return false;
  if (!found->is_boolean()) Fail(key, "true or false", Shown(*found));
  return found->is_boolean() && found->get<bool>();
}

std::vector<std::string> JsonFields::Texts(std::string_view key) {
  const Json* found = Find(key);
  if (found == nullptr) return {};
  std::vector<std::string> texts;
  if (!found->is_array()) Fail(key, "a list of texts", Shown(*found));
  for (const Json& item : *found) {
    if (!found->is_array() || !item.is_string()) {
      Fail(key, "a list of texts", Shown(*found));
      return {};
    }
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

void JsonFields::Fail(std::string_view key, std::string_view expected, std::string_view found) {
  if (!fault_.ok()) return;
  fault_ = absl::InvalidArgumentError(
      absl::StrCat("expected ", std::string(expected), " in \"", std::string(key), "\", found ",
                   std::string(found), "; docs/ADMIN.md tells the fields"));
}

absl::Status JsonFields::Finish() {
  for (const auto& [key, value] : json_.items()) {
    if (read_.contains(key)) continue;
    const std::string keys = absl::StrJoin(read_, ", ");
    if (fault_.ok()) {
      fault_ = absl::InvalidArgumentError(absl::StrCat("expected no field but ", keys, ", found ",
                                                       Shown(Json(key)), "; leave it out"));
    }
  }
  return fault_;
}

}  // namespace sluice

// The configuration entry by entry, as JSON: what forms are filled from. Each entry has its keys as
// sluice.toml writes them; one that is not there has its default.

#include "policy/config_entries.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/toml_text.h"
#include "tools/admin/config_answer.h"
#include "tools/admin/default_settings.h"
#include "tools/admin/json.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"
#include "tools/admin/toml_json.h"

namespace sluice {
namespace {

// Who mentions an entry, by its name.
using Mentions = std::map<std::string, Json, std::less<>>;

void Mention(Mentions& mentions, std::string_view name, const std::string& by) {
  Json& users = mentions.try_emplace(std::string(name), Json::array()).first->second;
  if (users.empty() || users.back() != by) users.push_back(by);
}

// Rules that name sets or groups, users that are in groups.
Mentions MentionsOf(std::string_view text, ConfigPart part) {
  Mentions mentions;
  if (part == ConfigPart::kRule || part == ConfigPart::kTest) return mentions;
  const ConfigPart mentioning = part == ConfigPart::kUser ? ConfigPart::kGroup : ConfigPart::kRule;
  const std::vector<std::string_view> keys =
      part == ConfigPart::kSet ? std::vector<std::string_view>{"source", "destination"}
                               : std::vector<std::string_view>{"groups"};
  const absl::StatusOr<std::vector<WrittenEntry>> entries = ListEntries(text, mentioning);
  if (!entries.ok()) return mentions;
  for (const WrittenEntry& entry : *entries) {
    for (const TomlValue& member : entry.value.items) Mention(mentions, member.text, entry.name);
    for (const std::string_view key : keys) {
      const TomlField* const field = FindField(entry.value, key);
      if (field == nullptr) continue;
      for (const TomlValue& item : field->value.items) {
        const std::string_view name = item.text;
        if (part != ConfigPart::kSet) {
          Mention(mentions, name, entry.name);
        } else if (name.starts_with('@')) {
          Mention(mentions, name.substr(1), entry.name);
        }
      }
    }
  }
  return mentions;
}

// Where entries are asked of.
struct AskedText {
  std::string text;
  std::string file;
  std::string etag;  // of a draft
};

Json EntryJson(ConfigPart part, const WrittenEntry& entry, size_t number,
               const AskedText& asked_text, const Mentions& mentions) {
  const auto mentioned = [&] {
    const auto found = mentions.find(entry.name);
    return found == mentions.end() ? Json(Json::array()) : found->second;
  };
  Json json;
  json["number"] = number;
  json["name"] = entry.name;
  json["file"] = asked_text.file;
  json["line"] = entry.line;
  // Of a user neither the hash nor the text that it stands in.
  if (part == ConfigPart::kUser) {
    json["has_password"] = FindField(entry.value, "password") != nullptr;
    json["groups"] = mentioned();
    return json;
  }
  json["text"] = entry.text;
  if (part == ConfigPart::kRule) {
    const TomlField* const enabled = FindField(entry.value, "enabled");
    json["enabled"] = enabled == nullptr || enabled->value.boolean;
  }
  if (part == ConfigPart::kGroup) json["members"] = JsonOf(entry.value);
  if (part == ConfigPart::kGroup || part == ConfigPart::kSet) json["used_by"] = mentioned();
  for (const TomlField& field : entry.value.fields) {
    if (!json.contains(field.key)) json[field.key] = JsonOf(field.value);
  }
  return json;
}

std::string_view PluralOf(ConfigPart part) {
  switch (part) {
    case ConfigPart::kRule: return "rules";
    case ConfigPart::kSet: return "sets";
    case ConfigPart::kUser: return "users";
    case ConfigPart::kGroup: return "groups";
    case ConfigPart::kTest: return "tests";
    case ConfigPart::kSection: return "settings";
  }
  return "entries";
}

// Of the draft that ?draft= names, else what is in force.
absl::StatusOr<AskedText> FindText(Administered& gateway, const Asked& asked) {
  const std::shared_ptr<const LoadedConfig> config = gateway.config();
  const std::string_view id = asked.target.Query("draft");
  if (id.empty()) return AskedText{config->text, FileOf(*config), ""};
  absl::StatusOr<Draft> draft = gateway.changes().drafts().Find(id);
  if (!draft.ok()) return draft.status();
  std::string etag = draft->etag();
  return AskedText{std::move(draft->text), FileOf(*config), std::move(etag)};
}

// A draft may say anything, also what is no TOML.
HttpResponse Refusal(const absl::Status& status) {
  return Problem(absl::IsNotFound(status) ? 404 : 422, std::string(status.message()));
}

HttpResponse Answer(const Json& json, const AskedText& asked_text) {
  HttpResponse response = JsonResponse(json);
  if (!asked_text.etag.empty()) response.headers.emplace_back("ETag", asked_text.etag);
  return response;
}

}  // namespace

HttpResponse AnswerConfigEntries(Administered& gateway, ConfigPart part, const Asked& asked) {
  const absl::StatusOr<AskedText> of = FindText(gateway, asked);
  if (!of.ok()) return Refusal(of.status());
  const absl::StatusOr<std::vector<WrittenEntry>> entries = ListEntries(of->text, part);
  if (!entries.ok()) return Refusal(entries.status());
  const Mentions mentions = MentionsOf(of->text, part);
  Json list = Json::array();
  for (const WrittenEntry& entry : *entries)
    list.push_back(EntryJson(part, entry, list.size() + 1, *of, mentions));
  return Answer(Json{{std::string(PluralOf(part)), std::move(list)}}, *of);
}

HttpResponse AnswerSettings(Administered& gateway, const Asked& asked) {
  const absl::StatusOr<AskedText> of = FindText(gateway, asked);
  if (!of.ok()) return Refusal(of.status());
  const absl::StatusOr<TomlValue> root = ReadTomlText(of->text);
  if (!root.ok()) return Refusal(root.status());
  Json json;
  for (const TomlField& section : DefaultSettings().fields) {
    Json& keys = json[section.key] = JsonOf(section.value);
    const TomlField* const written = FindField(*root, section.key);
    if (written == nullptr) continue;
    for (const TomlField& key : written->value.fields) keys[key.key] = JsonOf(key.value);
  }
  json["defaults"] = JsonOf(DefaultSettings());
  return Answer(json, *of);
}

}  // namespace sluice

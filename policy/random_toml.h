#ifndef SLUICE_POLICY_RANDOM_TOML_H_
#define SLUICE_POLICY_RANDOM_TOML_H_

// RandomFile: texts of sluice.toml as hands leave them, with comments that say what they explain,
// and beside each text what it says, as plain entries. For tests of edits. One thread.
//
// Comments: `# @above X` directly above the entry X, `# @within X` behind one of its keys,
// `# @behind X key` behind that key, `# @item V` behind the item V of a list, and `# @apart N`,
// numbered from 0, between empty lines.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/prng.h"
#include "policy/config_entries.h"
#include "policy/toml_edit.h"
#include "policy/toml_text.h"

namespace sluice {

inline constexpr ConfigPart kArrays[] = {ConfigPart::kUser, ConfigPart::kRule, ConfigPart::kTest};
inline constexpr ConfigPart kParts[] = {ConfigPart::kRule, ConfigPart::kSet,  ConfigPart::kGroup,
                                        ConfigPart::kRule, ConfigPart::kTest, ConfigPart::kUser};

// What a file says, entry by entry. Nothing of it knows TOML.
struct Entry {
  std::string name;
  TomlValue value;
  std::string mark;  // in its comments, for as long as it is there
};
struct Model {
  std::map<ConfigPart, std::vector<Entry>> entries;
  std::map<std::string, TomlValue> sections;

  std::vector<Entry>::iterator Find(ConfigPart part, const std::string& name) {
    std::vector<Entry>& of = entries[part];
    return std::find_if(of.begin(), of.end(), [&](const Entry& e) { return e.name == name; });
  }
  TomlValue Root() const {
    TomlValue root = TableValue({});
    for (const auto& [name, keys] : sections) root.fields.push_back({name, {}, keys});
    for (const auto& [part, of] : entries) {
      TomlValue all = IsArrayPart(part) ? ArrayValue({}) : TableValue({});
      for (const Entry& entry : of) {
        if (IsArrayPart(part)) {
          TomlValue item = entry.value;
          item.fields.push_back({"name", {}, TextValue(entry.name)});
          all.items.push_back(std::move(item));
        } else {
          all.fields.push_back({entry.name, {}, entry.value});
        }
      }
      root.fields.push_back({std::string(PartKey(part)), {}, std::move(all)});
    }
    return root;
  }
};

inline TomlValue RandomAddresses(Prng& prng) {
  std::vector<std::string> texts;
  for (uint64_t i = 1 + prng.Below(5); i > 0; --i)
    texts.push_back(absl::StrCat("10.", prng.Below(6), ".0.0/16"));
  return TextsValue(texts);
}

inline TomlValue RandomMembers(Prng& prng) {
  std::vector<std::string> texts;
  for (uint64_t i = prng.Below(4); i > 0; --i) texts.push_back(absl::StrCat("user", prng.Below(9)));
  return TextsValue(texts);
}

// A key of an entry and a value for it.
inline TomlField RandomKey(Prng& prng, ConfigPart part) {
  if (part == ConfigPart::kSet) return {"addresses", {}, RandomAddresses(prng)};
  if (part == ConfigPart::kUser)
    return {"password", {}, TextValue(absl::StrCat("$y$j9T$salt$", prng.Below(100)))};
  if (part == ConfigPart::kTest) {
    switch (prng.Below(3)) {
      case 0: return {"client", {}, TextValue(absl::StrCat("10.0.0.", prng.Below(200)))};
      case 1: return {"port", {}, IntegerValue(static_cast<int64_t>(1 + prng.Below(60000)))};
      default: return {"expect", {}, TextValue(prng.OneIn(2) ? "allow" : "deny")};
    }
  }
  switch (prng.Below(6)) {
    case 0: return {"comment", {}, TextValue(absl::StrCat("say \"", prng.Below(9), "\" # \\"))};
    case 1: return {"enabled", {}, BooleanValue(prng.OneIn(2))};
    case 2: return {"source", {}, RandomAddresses(prng)};
    case 3: return {"destination", {}, RandomAddresses(prng)};
    case 4:
      return {"egress", {}, TableValue({{"interface", {}, TextValue(prng.OneIn(2) ? "a" : "b")}})};
    default: return {"verdict", {}, TextValue(prng.OneIn(2) ? "allow" : "deny")};
  }
}

inline TomlValue RandomEntry(Prng& prng, ConfigPart part) {
  if (part == ConfigPart::kGroup) return RandomMembers(prng);
  TomlValue value = TableValue({});
  for (uint64_t i = prng.Below(5); i > 0; --i) {
    TomlField field = RandomKey(prng, part);
    if (FindField(value, field.key) == nullptr) value.fields.push_back(std::move(field));
  }
  return value;
}

// --- Files

class RandomFile {
 public:
  explicit RandomFile(Prng& prng) : prng_(prng), end_(prng.OneIn(4) ? "\r\n" : "\n") {
    uniform_ = prng.OneIn(2);
  }

  std::string Write(Model* model) {
    if (prng_.OneIn(8)) text_ = "\xef\xbb\xbf";
    Apart();
    WriteSections(model);
    WriteGroups(model);
    // Entries in any order, as hands leave them.
    for (uint64_t i = prng_.Below(12); i > 0; --i) {
      const ConfigPart part = kParts[prng_.Below(std::size(kParts))];
      if (part != ConfigPart::kGroup) WriteEntry(model, part);
      Apart();
    }
    if (prng_.OneIn(4) && text_.ends_with(end_) && !text_.ends_with(end_ + end_))
      text_.resize(text_.size() - end_.size());
    return text_;
  }

 private:
  void Line(const std::string& line) { text_ += line + end_; }
  // One that ends with a comment has to be kept apart from the next.
  void Gap() {
    if (const size_t within = text_.rfind("# @within"); within != text_.npos) {
      if (text_.find('\n', within) + 1 == text_.size()) Line("");
    }
    for (uint64_t i = uniform_ ? 1 : prng_.Below(3); i > 0; --i) Line("");
  }
  // A comment that explains nothing beside it.
  void Apart() {
    if (!prng_.OneIn(3) || uniform_) return;
    Line("");
    Line(absl::StrCat("# @apart ", apart_++));
    Line("");
  }
  std::string Behind(const std::string& mark, const std::string& key) {
    return prng_.OneIn(3) ? absl::StrCat("   # @behind ", mark, " ", key) : "";
  }
  void Above(const std::string& mark) {
    if (prng_.OneIn(2)) Line("# @above " + mark);
  }
  // A list over several lines, or on one.
  std::string List(const TomlValue& list) {
    if (list.items.empty() || prng_.OneIn(2)) return TomlText(list);
    std::string text = "[" + end_;
    for (size_t i = 0; i < list.items.size(); ++i) {
      const bool last = i + 1 == list.items.size();
      absl::StrAppend(&text, "  ", TomlText(list.items[i]), last && prng_.OneIn(2) ? "" : ",",
                      prng_.OneIn(3) ? absl::StrCat("  # @item ", list.items[i].text) : "", end_);
    }
    return text + "]";
  }
  void Key(const std::string& mark, const TomlField& field) {
    const bool list = field.value.kind == TomlValue::Kind::kArray;
    Line(absl::StrCat(field.key, prng_.OneIn(3) ? "   " : " ", "= ",
                      list ? List(field.value) : TomlText(field.value), Behind(mark, field.key)));
    if (prng_.OneIn(6)) Line("# @within " + mark);
  }
  void WriteSections(Model* model) {
    for (const char* section : {"socks", "limits"}) {
      if (prng_.OneIn(3)) continue;
      TomlValue keys = TableValue({});
      Line(absl::StrCat("[", section, "]", Behind(section, "header")));
      for (const char* key : {"port", "backlog", "sessions"}) {
        if (prng_.OneIn(2)) continue;
        keys.fields.push_back({key, {}, IntegerValue(static_cast<int64_t>(prng_.Below(1000)))});
        Key(section, keys.fields.back());
      }
      model->sections[section] = keys;
      Gap();
    }
  }
  void WriteGroups(Model* model) {
    if (prng_.OneIn(2)) return;
    Line("[groups]");
    for (uint64_t i = prng_.Below(4); i > 0; --i) {
      Entry entry = Named(ConfigPart::kGroup);
      Above(entry.mark);
      Line(absl::StrCat(entry.name, " = ", List(entry.value), Behind(entry.mark, entry.name)));
      model->entries[ConfigPart::kGroup].push_back(std::move(entry));
    }
    Gap();
  }
  void WriteEntry(Model* model, ConfigPart part) {
    Entry entry = Named(part);
    Above(entry.mark);
    Line(part == ConfigPart::kSet ? absl::StrCat("[sets.", entry.name, "]")
                                  : absl::StrCat("[[", std::string(PartKey(part)), "]]"));
    if (part != ConfigPart::kSet) Key(entry.mark, {"name", {}, TextValue(entry.name)});
    for (const TomlField& field : entry.value.fields) Key(entry.mark, field);
    Gap();
    model->entries[part].push_back(std::move(entry));
  }
  Entry Named(ConfigPart part) {
    const std::string name = absl::StrCat(std::string(PartWord(part)), "_", ++names_);
    return {name, RandomEntry(prng_, part), name};
  }

  Prng& prng_;
  const std::string end_;
  bool uniform_ = false;
  int apart_ = 0;
  int names_ = 0;
  std::string text_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_RANDOM_TOML_H_

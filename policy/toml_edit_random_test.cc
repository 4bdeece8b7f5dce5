// Random edits of random files, and of the one that is shipped. A file is made of entries whose
// comments say what they explain, and of comments that stand apart. After each edit the text must
// say what a plain list of entries says after the same edit, and every comment must still stand at
// what it explains. Then all edits are undone, the last one first.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/prng.h"
#include "gtest/gtest.h"
#include "policy/config_entries.h"
#include "policy/random_toml.h"
#include "policy/toml_edit.h"
#include "policy/toml_edit_values.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = ConfigEdit::Kind;

// --- What must hold

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(absl::StripPrefix(text, "\xef\xbb\xbf"), '\n'))
    lines.emplace_back(absl::StripSuffix(line, "\r"));
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// Of a comment that says "@WORD the rest".
std::string After(const std::string& line, const std::string& word) {
  const size_t at = line.find("# @" + word + " ");
  return at == line.npos ? "" : line.substr(at + word.size() + 4);
}

// The entry that a header or a key begins, as its mark.
std::string MarkAt(const Model& model, const std::vector<std::string>& lines, size_t i) {
  std::string name;
  ConfigPart part = ConfigPart::kGroup;
  if (lines[i].starts_with("[sets.")) {
    part = ConfigPart::kSet;
    name = lines[i].substr(6, lines[i].find(']') - 6);
  } else if (lines[i].starts_with("[[")) {
    for (const ConfigPart array : kArrays) {
      if (lines[i].starts_with(absl::StrCat("[[", std::string(PartKey(array))))) part = array;
    }
    while (++i < lines.size() && !lines[i].starts_with("name")) continue;
    const size_t quote = lines[i].find('"');
    name = lines[i].substr(quote + 1, lines[i].find('"', quote + 1) - quote - 1);
  } else {
    name = lines[i].substr(0, lines[i].find(' '));
  }
  const auto of = model.entries.find(part);
  if (of == model.entries.end()) return "";
  for (const Entry& entry : of->second) {
    if (entry.name == name) return entry.mark;
  }
  return "";
}

void CheckComments(const Model& model, const std::string& text) {
  const std::vector<std::string> lines = LinesOf(text);
  int apart = -1;
  std::string entry;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line.starts_with('[')) {
      const bool section = !line.starts_with("[[") && !line.starts_with("[sets.");
      entry = section ? line.substr(1, line.find(']') - 1) : MarkAt(model, lines, i);
    }
    if (const std::string mark = After(line, "above"); !mark.empty()) {
      ASSERT_LT(i + 1, lines.size()) << text;
      ASSERT_EQ(MarkAt(model, lines, i + 1), mark) << text;
    }
    if (const std::string mark = After(line, "within"); !mark.empty()) {
      ASSERT_EQ(entry, mark) << text;
    }
    if (const std::string what = After(line, "behind"); !what.empty()) {
      const std::vector<std::string> words = absl::StrSplit(what, ' ');
      const bool of_list = line.starts_with(']');
      if (entry == "groups") {
        ASSERT_TRUE(of_list || MarkAt(model, lines, i) == words[0]) << line << "\n" << text;
      } else {
        ASSERT_EQ(entry, words[0]) << line << "\n" << text;
        ASSERT_TRUE(of_list || line.starts_with(words[1]) || line.starts_with('[')) << text;
      }
    }
    if (const std::string item = After(line, "item"); !item.empty()) {
      ASSERT_NE(line.substr(0, line.find('#')).find(item), line.npos) << text;
    }
    if (const std::string number = After(line, "apart"); !number.empty()) {
      ASSERT_EQ(number, absl::StrCat(++apart)) << text;
      ASSERT_TRUE(i == 0 || lines[i - 1].empty()) << text;
      ASSERT_TRUE(i + 1 == lines.size() || lines[i + 1].empty()) << text;
    }
  }
}

// The comments that stay for as long as what they explain: those that stand apart, and those above
// and within the entries of `model`.
std::vector<std::string> LastingComments(const Model& model, const std::string& text) {
  std::set<std::string> marks;
  for (const auto& [part, of] : model.entries) {
    for (const Entry& entry : of) marks.insert(entry.mark);
  }
  marks.erase("");
  std::vector<std::string> comments;
  for (const std::string& line : LinesOf(text)) {
    const bool stays = !After(line, "apart").empty() || marks.contains(After(line, "above")) ||
                       marks.contains(After(line, "within"));
    if (stays && line.starts_with("# @")) comments.push_back(line);
  }
  std::sort(comments.begin(), comments.end());
  return comments;
}

// --- Edits

struct Step {
  ConfigEdit edit;
  std::optional<ConfigEdit> back;  // the edit that undoes it
  bool exact = false;              // to the byte
};

class RandomEdits {
 public:
  RandomEdits(Prng& prng, Model* model) : prng_(prng), model_(*model) {}

  // Makes one, and does it to the model.
  Step Next() {
    const ConfigPart part = kParts[prng_.Below(std::size(kParts))];
    std::vector<Entry>& of = model_.entries[part];
    const uint64_t choice = prng_.Below(8);
    if (choice == 0) return SectionKey();
    if (choice == 1 || of.empty()) return Add(part);
    const size_t place = prng_.Below(of.size());
    switch (choice) {
      case 2: return Remove(part, place);
      case 3: return Move(part, place);
      case 4: return Rename(part, place);
      case 5: return Replace(part, place);
      default: return part == ConfigPart::kGroup ? Replace(part, place) : Key(part, place);
    }
  }

 private:
  std::optional<std::string> NameAt(ConfigPart part, size_t place) {
    const std::vector<Entry>& of = model_.entries[part];
    return place < of.size() ? std::optional(of[place].name) : std::nullopt;
  }
  std::string NewName() { return absl::StrCat("new_", ++names_); }

  Step SectionKey() {
    const char* const section = prng_.OneIn(2) ? "socks" : "timeouts";
    const char* const key = prng_.OneIn(2) ? "port" : "grace";
    TomlValue& table = model_.sections.try_emplace(section, TableValue({})).first->second;
    const TomlValue value = IntegerValue(static_cast<int64_t>(prng_.Below(1000)));
    return SetKey(ConfigPart::kSection, section, &table, {key, {}, value});
  }
  Step Key(ConfigPart part, size_t place) {
    Entry& entry = model_.entries[part][place];
    return SetKey(part, entry.name, &entry.value, RandomKey(prng_, part));
  }
  Step SetKey(ConfigPart part, const std::string& name, TomlValue* table, const TomlField& field) {
    TomlField* const known = FindField(*table, field.key);
    const bool created = part == ConfigPart::kSection && table->fields.empty();
    const ConfigEdit set = {Kind::kSetKey, part, name, field.key, field.value, {}, {}};
    const ConfigEdit unset = {Kind::kRemoveKey, part, name, field.key, {}, {}, {}};
    if (known == nullptr) {
      table->fields.push_back(field);
      return {set, unset, !created};
    }
    const TomlValue was = known->value;
    const ConfigEdit reset = {Kind::kSetKey, part, name, field.key, was, {}, {}};
    if (prng_.OneIn(4)) {
      std::erase_if(table->fields, [&](const TomlField& f) { return f.key == field.key; });
      return {unset, reset, false};
    }
    known->value = field.value;
    return {set, reset, was.kind != TomlValue::Kind::kArray};
  }
  Step Add(ConfigPart part) {
    std::vector<Entry>& of = model_.entries[part];
    const size_t place = prng_.Below(of.size() + 1);
    const Entry entry = {NewName(), RandomEntry(prng_, part), ""};
    const ConfigEdit add = {Kind::kAdd, part, entry.name, {}, entry.value, NameAt(part, place), {}};
    const bool header = part == ConfigPart::kGroup && of.empty();  // [groups] stays
    of.insert(of.begin() + static_cast<ptrdiff_t>(place), entry);
    return {add, ConfigEdit{Kind::kRemove, part, entry.name, {}, {}, {}, {}}, !header};
  }
  Step Remove(ConfigPart part, size_t place) {
    std::vector<Entry>& of = model_.entries[part];
    const Entry entry = of[place];
    of.erase(of.begin() + static_cast<ptrdiff_t>(place));
    const ConfigEdit remove = {Kind::kRemove, part, entry.name, {}, {}, {}, {}};
    return {remove,
            ConfigEdit{Kind::kAdd, part, entry.name, {}, entry.value, NameAt(part, place), {}},
            false};
  }
  Step Move(ConfigPart part, size_t place) {
    std::vector<Entry>& of = model_.entries[part];
    const std::optional<std::string> behind = NameAt(part, place + 1);
    const size_t to = prng_.Below(of.size() + 1);
    const ConfigEdit move = {Kind::kMove, part, of[place].name, {}, {}, NameAt(part, to), {}};
    const Entry entry = of[place];
    of.erase(of.begin() + static_cast<ptrdiff_t>(place));
    of.insert(of.begin() + static_cast<ptrdiff_t>(to > place ? to - 1 : to), entry);
    return {move, ConfigEdit{Kind::kMove, part, entry.name, {}, {}, behind, {}}, false};
  }
  Step Rename(ConfigPart part, size_t place) {
    Entry& entry = model_.entries[part][place];
    const std::string was = entry.name;
    entry.name = NewName();
    RenameMembers(part, was, entry.name);
    return {{Kind::kRename, part, was, {}, {}, {}, entry.name},
            ConfigEdit{Kind::kRename, part, entry.name, {}, {}, {}, was},
            true};
  }
  void RenameMembers(ConfigPart part, const std::string& was, const std::string& is) {
    if (part != ConfigPart::kUser) return;
    for (Entry& group : model_.entries[ConfigPart::kGroup]) {
      for (TomlValue& member : group.value.items) {
        if (member.text == was) member.text = is;
      }
    }
  }
  Step Replace(ConfigPart part, size_t place) {
    Entry& entry = model_.entries[part][place];
    const TomlValue was = entry.value;
    entry.value = RandomEntry(prng_, part);
    return {{Kind::kReplace, part, entry.name, {}, entry.value, {}, {}},
            ConfigEdit{Kind::kReplace, part, entry.name, {}, was, {}, {}},
            false};
  }

  Prng& prng_;
  Model& model_;
  int names_ = 0;
};

std::string WordsOf(const ConfigEdit& edit) {
  constexpr const char* kKinds[] = {"add", "replace", "remove", "move", "rename", "set", "unset"};
  return absl::StrCat(kKinds[static_cast<int>(edit.kind)], " ", std::string(PartWord(edit.part)),
                      " ", edit.name, " ", edit.key, " before ", edit.before.value_or("-"));
}

// What both texts share at the beginning and at the end, in bytes.
size_t Shared(const std::string& a, const std::string& b) {
  const auto head = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  const auto tail =
      std::mismatch(a.rbegin(), a.rend() - head, b.rbegin(), b.rend() - head).first - a.rbegin();
  return static_cast<size_t>(head + tail);
}

void Play(Prng& prng, const std::string& text, Model model, int edits) {
  struct Done {
    std::string before;
    TomlValue meant_before;
    Step step;
  };
  std::vector<Done> done;
  RandomEdits random(prng, &model);
  std::string now = text;
  for (int i = 0; i < edits; ++i) {
    Done next{now, model.Root(), random.Next()};
    SCOPED_TRACE(absl::StrCat(WordsOf(next.step.edit), "\n--- before\n", now));
    const absl::StatusOr<std::string> edited = Apply(now, next.step.edit);
    ASSERT_TRUE(edited.ok()) << edited.status();
    now = *edited;
    const absl::StatusOr<TomlValue> says = ReadTomlText(now);
    ASSERT_TRUE(says.ok()) << says.status();
    ASSERT_TRUE(IsSameDocument(*says, model.Root())) << now;
    ASSERT_NO_FATAL_FAILURE(CheckComments(model, now));
    ASSERT_EQ(LastingComments(model, now), LastingComments(model, text)) << now;
    if (next.step.edit.kind == Kind::kRemove) {
      // Nothing but the entry has gone.
      ASSERT_GE(Shared(next.before, now), now.size()) << now;
    }
    done.push_back(std::move(next));
  }
  while (!done.empty()) {
    const Done last = std::move(done.back());
    done.pop_back();
    SCOPED_TRACE(absl::StrCat("undo ", WordsOf(last.step.edit), "\n--- before\n", last.before,
                              "\n--- after\n", now));
    const absl::StatusOr<std::string> undone = Apply(now, *last.step.back);
    ASSERT_TRUE(undone.ok()) << undone.status();
    const absl::StatusOr<TomlValue> says = ReadTomlText(*undone);
    ASSERT_TRUE(says.ok()) << says.status();
    ASSERT_TRUE(IsSameDocument(*says, last.meant_before)) << *undone;
    if (last.step.exact) {
      ASSERT_EQ(*undone, last.before);
    }
    now = last.before;
  }
  ASSERT_EQ(now, text);
}

TEST(TomlEditRandomTest, FilesOfAllKindsSurviveEdits) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Prng prng(seed);
    Model model;
    const std::string text = RandomFile(prng).Write(&model);
    const absl::StatusOr<TomlValue> says = ReadTomlText(text);
    ASSERT_TRUE(says.ok()) << says.status() << text;
    ASSERT_TRUE(IsSameDocument(*says, model.Root())) << text;
    ASSERT_NO_FATAL_FAILURE(CheckComments(model, text));
    ASSERT_NO_FATAL_FAILURE(Play(prng, text, model, 25));
  }
}

// The model of a text that is there already.
Model ModelOf(const std::string& text) {
  Model model;
  const TomlValue root = *ReadTomlText(text);
  for (const ConfigPart part : kParts) {
    model.entries[part].clear();
    std::vector<WrittenEntry> written = *ListEntries(text, part);
    for (WrittenEntry& entry : written) {
      std::erase_if(entry.value.fields, [&](const TomlField& field) {
        return IsArrayPart(part) && field.key == "name";
      });
      model.entries[part].push_back({entry.name, entry.value, ""});
    }
  }
  for (const char* section : {"socks", "timeouts", "limits", "auth"}) {
    if (const TomlField* field = FindField(root, section)) model.sections[section] = field->value;
  }
  return model;
}

TEST(TomlEditRandomTest, TheShippedFileSurvivesEdits) {
  std::ifstream in("tools/sluiced/sluice.toml", std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  ASSERT_NE(text, "");
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Prng prng(seed);
    ASSERT_NO_FATAL_FAILURE(Play(prng, text, ModelOf(text), 25));
  }
}

}  // namespace
}  // namespace sluice

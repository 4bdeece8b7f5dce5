// The fuzz driver of edits: whatever a text is, an edit of it is refused with a sentence, or makes
// a text that is TOML still and says what was asked for. A text that is no TOML is laid out in
// bounds.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/prng.h"
#include "policy/config_entries.h"
#include "policy/text_diff.h"
#include "policy/toml_edit.h"
#include "policy/toml_edit_values.h"
#include "policy/toml_layout.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

constexpr int kEdits = 12;
constexpr ConfigPart kParts[] = {ConfigPart::kRule,  ConfigPart::kSet,  ConfigPart::kUser,
                                 ConfigPart::kGroup, ConfigPart::kTest, ConfigPart::kSection};

void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what.c_str());
  std::abort();
}

// Some bytes of the input, as a hostile name or value.
std::string Piece(std::string_view input, Prng& prng) {
  const size_t at = prng.Below(input.size() + 1);
  return std::string(input.substr(at, prng.Below(20)));
}

TomlValue RandomValue(std::string_view input, Prng& prng, int depth) {
  switch (prng.Below(depth > 2 ? 4 : 6)) {
    case 0: return IntegerValue(static_cast<int64_t>(prng.Next()));
    case 1: return BooleanValue(prng.OneIn(2));
    case 4: {
      std::vector<TomlValue> items;
      for (uint64_t i = prng.Below(4); i > 0; --i)
        items.push_back(RandomValue(input, prng, depth + 1));
      return ArrayValue(std::move(items));
    }
    case 5: {
      TomlValue table = TableValue({});
      for (uint64_t i = prng.Below(4); i > 0; --i) {
        const std::string key = prng.OneIn(2) ? "verdict" : Piece(input, prng);
        if (FindField(table, key) == nullptr)
          table.fields.push_back({key, {}, RandomValue(input, prng, depth + 1)});
      }
      return table;
    }
    default: return TextValue(Piece(input, prng));
  }
}

ConfigEdit RandomEdit(std::string_view input, std::string_view text, Prng& prng) {
  ConfigEdit edit;
  edit.kind = static_cast<ConfigEdit::Kind>(prng.Below(7));
  edit.part = kParts[prng.Below(std::size(kParts))];
  edit.key = prng.OneIn(2) ? "source" : Piece(input, prng);
  edit.new_name = Piece(input, prng);
  edit.value = RandomValue(input, prng, 0);
  if (edit.part == ConfigPart::kSection) {
    edit.name = prng.OneIn(2) ? "socks" : "limits";
    if (prng.OneIn(2)) edit.kind = ConfigEdit::Kind::kSetKey;
    return edit;
  }
  edit.name = Piece(input, prng);
  const absl::StatusOr<std::vector<WrittenEntry>> entries = ListEntries(text, edit.part);
  if (entries.ok() && !entries->empty() && !prng.OneIn(4))
    edit.name = entries->at(prng.Below(entries->size())).name;
  if (entries.ok() && !entries->empty() && prng.OneIn(2))
    edit.before = entries->at(prng.Below(entries->size())).name;
  return edit;
}

void CheckEdits(std::string_view input) {
  Prng prng(input.size());
  std::string text(input);
  for (int i = 0; i < kEdits; ++i) {
    const ConfigEdit edit = RandomEdit(input, text, prng);
    const absl::StatusOr<TomlValue> root = ReadTomlText(text);
    const absl::StatusOr<std::string> edited = Apply(text, edit);
    if (!edited.ok()) {
      const std::string why(edited.status().message());
      Require(why.find("expected ") != why.npos && why.find(", found ") != why.npos &&
                  why.find("; ") != why.npos,
              "an error has the one form: " + why);
      continue;
    }
    Require(root.ok(), "only TOML is edited");
    const absl::StatusOr<TomlValue> meant = EditValues(*root, edit);
    const absl::StatusOr<TomlValue> says = ReadTomlText(*edited);
    Require(meant.ok() && says.ok() && IsSameDocument(*says, *meant), "an edit does what it says");
    Require((UnifiedDiff(text, *edited, "a", "b").empty()) == (text == *edited),
            "a difference is shown");
    text = *edited;
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string input(reinterpret_cast<const char*>(bytes), size);
  const std::string lines = input + "\n";
  const sluice::TomlLayout layout = sluice::LayOutToml(lines);
  for (const sluice::TomlKey& key : layout.keys) {
    sluice::Require(key.lines.begin <= key.key.begin && key.key.begin <= key.key.end &&
                        key.value.begin <= key.value.end && key.value.end <= lines.size(),
                    "a key stands in its text");
    sluice::KeyWords(lines, key.key);
    sluice::ItemSpans(lines, key.value);
    sluice::FieldSpans(lines, key.value);
  }
  sluice::CheckEdits(input);
  return 0;
}

#include "policy/toml_merge.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/give_way.h"
#include "policy/sequence_diff.h"
#include "policy/toml_layout.h"
#include "policy/toml_text.h"

namespace sluice {
namespace {

using Kind = TomlValue::Kind;

constexpr std::string_view kBlanks = " \t";

bool HasLineEnd(std::string_view text) { return text.find('\n') != text.npos; }

TomlSpan Whole(std::string_view text) { return {0, static_cast<uint32_t>(text.size())}; }

// Of the comma in what stands between two items.
size_t CommaIn(std::string_view between) {
  size_t at = 0;
  while (at < between.size() && between[at] != ',')
    at = between[at] == '#' ? NextLine(between, at) : at + 1;
  return at < between.size() ? at : between.npos;
}

// Whether `text` is read as `value`: what is laid out by hand is proved before it is used.
bool Says(const std::string& text, const TomlValue& value) {
  const auto read = ParseToml(absl::StrCat("value = ", text, "\n"));
  const TomlValue* const root = std::get_if<TomlValue>(&read);
  return root != nullptr && root->fields.size() == 1 && root->fields[0].key == "value" &&
         IsSameToml(root->fields[0].value, value);
}

// An item of a list with what is around it. Of
//
//     # offices
//     "10.0.0.0/8",   # Berlin
//
// the lead is the first line and the blanks of the second, the close the comma and all that is
// behind it in its line.
struct ArrayItem {
  std::string_view lead;
  std::string_view raw;
  std::string_view close;
};

class ArrayMerge {
 public:
  ArrayMerge(std::string_view raw, std::string_view line_end)
      : raw_(raw), line_end_(line_end), has_lines_(HasLineEnd(raw)) {
    const std::vector<TomlSpan> spans = ItemSpans(raw, Whole(raw));
    items_.reserve(spans.size());
    size_t at = 1;
    for (size_t i = 0; i < spans.size(); ++i) {
      const size_t next = i + 1 < spans.size() ? spans[i + 1].begin : raw.size() - 1;
      items_.push_back({raw.substr(at, spans[i].begin - at), spans[i].In(raw), {}});
      at = CloseEnd(spans[i].end, next, i + 1 == spans.size());
      items_.back().close = raw.substr(spans[i].end, at - spans[i].end);
    }
    foot_ = raw.substr(at, raw.size() - 1 - at);
  }

  size_t size() const { return items_.size(); }
  const ArrayItem& item(size_t i) const { return items_[i]; }

  void Begin() {
    out_ = "[";
    if (items_.empty() && has_lines_) {  // comments alone: what comes stands behind them
      const size_t last = foot_.rfind('\n') + 1;
      out_ += foot_.substr(0, last);
      foot_.remove_prefix(last);
    }
  }

  void Keep(size_t i, std::string_view raw) {
    const ArrayItem& item = items_[i];
    if (CommaIn(item.lead) == item.lead.npos) Separate();
    out_ += item.lead;
    out_ += raw;
    item_end_ = out_.size();
    has_comma_ = CommaIn(item.close) != item.close.npos;
    out_ += item.close;
    last_ = i;
  }

  void Drop(size_t i) {
    const ArrayItem& item = items_[i];
    const size_t last_line = item.lead.rfind('\n') + 1;  // npos + 1 is 0
    const bool leads_with_comma = CommaIn(item.lead.substr(last_line)) != item.lead.npos;
    out_ += leads_with_comma ? item.lead.substr(0, last_line) : item.lead;
    if (!HasLineEnd(item.close)) return;
    const size_t line = out_.rfind('\n') + 1;  // 0: the bracket's line
    const bool begins_line = line > 0 && out_.find_first_not_of(kBlanks, line) == out_.npos;
    if (begins_line) {
      out_.resize(line);  // and with it the item's whole line goes
      return;
    }
    while (kBlanks.find(out_.back()) != kBlanks.npos) out_.pop_back();
    if (out_.size() == 1) {
      out_ += line_end_;
      return;
    }
    // The end of the line, and a comment there, belong to the items before it too.
    const size_t comma = CommaIn(item.close);
    out_ += comma == item.close.npos ? item.close : item.close.substr(comma + 1);
  }

  // Before item `next`, which may be none.
  void Insert(const std::string& text, size_t next) {
    Separate();
    const bool at_line = has_lines_ && out_.ends_with('\n');
    std::string_view* const lead = next < items_.size() ? &items_[next].lead : nullptr;
    const bool at_lead = !at_line && lead != nullptr && HasLineEnd(*lead);
    if (at_lead) {  // a line of its own below the bracket's, above the comments of what follows
      const size_t line = lead->find('\n') + 1;
      out_ += lead->substr(0, line);
      lead->remove_prefix(line);
    }
    if (at_line || at_lead) {
      absl::StrAppend(&out_, IndentNear(next), text);
      item_end_ = out_.size();
      absl::StrAppend(&out_, ",", std::string(line_end_));
    } else {  // beside others in its line
      if (out_ == "[" && lead != nullptr) out_ += std::exchange(*lead, {});
      if (item_end_ > 0 && item_end_ + 1 == out_.size()) out_ += " ";
      out_ += text;
      item_end_ = out_.size();
      out_ += ", ";
    }
    has_comma_ = true;
  }

  std::string Finish() {
    if (item_end_ == 0 && !has_lines_) return "[]";
    // A comma between items is none behind the last one.
    if (item_end_ > 0 && out_.find_first_not_of(", ", item_end_) == out_.npos)
      out_.resize(item_end_);
    out_ += foot_;
    return std::move(out_) + "]";
  }

 private:
  // Where what belongs to an item that ends at `at` ends: with its line, or before the next one.
  size_t CloseEnd(size_t at, size_t next, bool is_last) const {
    const std::string_view between = raw_.substr(at, next - at);
    const size_t line = between.find('\n');
    if (line != between.npos) return at + line + 1;
    return is_last ? at : next;
  }
  // A comma behind the item before, where it has none yet.
  void Separate() {
    if (item_end_ == 0 || has_comma_) return;
    out_.insert(item_end_, ",");
    if (item_end_ > 0 && item_end_ + 1 == out_.size()) out_ += " ";
    has_comma_ = true;
  }
  // The blanks before the item last written, or else before the next one.
  std::string IndentNear(size_t next) const {
    const auto blanks = [](std::string_view lead) {
      const size_t line = lead.rfind('\n') + 1;
      return std::string(lead.substr(line));
    };
    if (last_) {
      const std::string indent = blanks(items_[*last_].lead);
      if (!indent.empty() || *last_ > 0) return indent;
    }
    if (next < items_.size()) return blanks(items_[next].lead);
    if (!items_.empty()) return blanks(items_.back().lead);
    return "  ";
  }

  const std::string_view raw_;
  const std::string_view line_end_;
  const bool has_lines_;
  std::vector<ArrayItem> items_;
  std::string_view foot_;  // behind the last item and its line

  std::string out_;
  std::optional<size_t> last_;  // that was kept
  size_t item_end_ = 0;         // in out_: of the item last written; 0: none was
  bool has_comma_ = false;      // behind that
};

// Items as numbers, the same for the same.
class ItemNumbers {
 public:
  std::vector<uint32_t> Of(const TomlValue& array) {
    std::vector<uint32_t> numbers;
    numbers.reserve(array.items.size());
    for (const TomlValue& item : array.items) {
      GiveWay();
      numbers.push_back(
          known_.try_emplace(TomlText(item), static_cast<uint32_t>(known_.size())).first->second);
    }
    return numbers;
  }

 private:
  absl::flat_hash_map<std::string, uint32_t> known_;
};

std::string MergeArray(std::string_view raw, const TomlValue& before, const TomlValue& after,
                       std::string_view line_end, ChangedItem changed) {
  ArrayMerge merge(raw, line_end);
  if (merge.size() != before.items.size()) return TomlText(after);
  ItemNumbers numbers;
  const std::vector<uint32_t> x = numbers.Of(before);
  const std::vector<uint32_t> y = numbers.Of(after);
  std::vector<KeptPlace> kept = KeepCommon(x, y);
  kept.push_back({static_cast<uint32_t>(x.size()), static_cast<uint32_t>(y.size())});
  merge.Begin();
  KeptPlace at;
  for (const KeptPlace& place : kept) {
    const auto is_same_thing = [&] {
      return changed == ChangedItem::kRenamed || (before.items[at.before].kind == Kind::kTable &&
                                                  after.items[at.after].kind == Kind::kTable);
    };
    while (at.before < place.before && at.after < place.after && is_same_thing()) {
      merge.Keep(at.before, MergeToml(merge.item(at.before).raw, before.items[at.before],
                                      after.items[at.after], line_end, changed));
      ++at.before;
      ++at.after;
    }
    for (; at.before < place.before; ++at.before) merge.Drop(at.before);
    for (; at.after < place.after; ++at.after)
      merge.Insert(TomlText(after.items[at.after]), at.before);
    if (place.before < x.size()) merge.Keep(place.before, merge.item(place.before).raw);
    at = {place.before + 1, place.after + 1};
  }
  return merge.Finish();
}

std::string MergeTable(std::string_view raw, const TomlValue& before, const TomlValue& after,
                       std::string_view line_end, ChangedItem changed) {
  const std::vector<TomlFieldSpan> spans = FieldSpans(raw, Whole(raw));
  if (spans.size() != before.fields.size()) return TomlText(after);
  std::vector<std::string> parts;
  for (size_t i = 0; i < spans.size(); ++i) {
    const TomlPath words = KeyWords(raw, spans[i].key);
    if (words.size() != 1) return TomlText(after);
    const TomlField* const was = FindField(before, words[0]);
    const TomlField* const is = FindField(after, words[0]);
    if (was == nullptr) return TomlText(after);
    if (is == nullptr) continue;
    const std::string_view key =
        raw.substr(spans[i].key.begin, spans[i].value.begin - spans[i].key.begin);
    parts.push_back(absl::StrCat(std::string(key), MergeToml(spans[i].value.In(raw), was->value,
                                                             is->value, line_end, changed)));
  }
  for (const TomlField& field : after.fields) {
    if (FindField(before, field.key) != nullptr) continue;
    parts.push_back(absl::StrCat(TomlKeyText(field.key), " = ", TomlText(field.value)));
  }
  if (parts.empty()) return "{}";
  std::string_view head = " ";
  std::string_view foot = " ";
  std::string_view comma = ", ";
  if (!spans.empty()) {
    head = raw.substr(1, spans[0].key.begin - 1);
    foot = raw.substr(spans.back().value.end, raw.size() - 1 - spans.back().value.end);
    if (spans.size() > 1)
      comma = raw.substr(spans[0].value.end, spans[1].key.begin - spans[0].value.end);
  }
  std::string out = absl::StrCat("{", std::string(head));
  for (size_t i = 0; i < parts.size(); ++i)
    absl::StrAppend(&out, i > 0 ? std::string(comma) : "", parts[i]);
  return absl::StrCat(out, std::string(foot), "}");
}

}  // namespace

std::string MergeToml(std::string_view raw, const TomlValue& before, const TomlValue& after,
                      std::string_view line_end, ChangedItem changed) {
  if (IsSameToml(before, after)) return std::string(raw);
  if (before.kind != after.kind) return TomlText(after);
  std::string merged;
  if (before.kind == Kind::kArray) {
    merged = MergeArray(raw, before, after, line_end, changed);
  } else if (before.kind == Kind::kTable) {
    merged = MergeTable(raw, before, after, line_end, changed);
  } else {
    return TomlText(after);
  }
  return Says(merged, after) ? merged : TomlText(after);
}

}  // namespace sluice

#include "policy/toml_blocks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Empty lines that are put between entries at most, however many there are elsewhere.
constexpr size_t kEmptyLinesMax = 2;

std::string_view LineEndOf(std::string_view text) {
  const size_t first = text.find('\n');
  return first != text.npos && first > 0 && text[first - 1] == '\r' ? "\r\n" : "\n";
}

}  // namespace

TomlBlocks::TomlBlocks(std::string_view text, const TomlLayout& layout)
    : text_(text),
      layout_(layout),
      top_(layout.sections[0].lines.begin),
      line_end_(LineEndOf(text)) {}

// --- Where entries begin and end

TomlBlock TomlBlocks::OfSection(size_t section) const {
  const std::vector<TomlSection>& sections = layout_.sections;
  size_t last = section;
  while (last + 1 < sections.size() && IsBelow(sections[last + 1].path, sections[section].path))
    ++last;
  const size_t floor = section == 0 ? top_ : layout_.EndOf(sections[section - 1]);
  const size_t begin = CommentsAbove(sections[section].lines.begin, floor);
  const size_t end = CommentsBelow(layout_.EndOf(sections[last]));
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end), true};
}

TomlBlock TomlBlocks::OfKey(const TomlSection& section, uint32_t key) const {
  const bool is_first = key == section.keys_begin;
  const size_t floor = is_first ? section.lines.end : layout_.keys[key - 1].lines.end;
  const TomlSpan lines = layout_.keys[key].lines;
  const size_t begin = CommentsAbove(lines.begin, floor);
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(CommentsBelow(lines.end)), false};
}

size_t TomlBlocks::CommentsAbove(size_t begin, size_t floor) const {
  while (begin > floor) {
    const size_t line = std::max(LineBefore(text_, begin), floor);
    if (!IsCommentLine(text_, line)) break;
    begin = line;
  }
  return begin;
}

// None where they stand directly above what follows.
size_t TomlBlocks::CommentsBelow(size_t end) const {
  size_t at = end;
  while (at < text_.size() && IsCommentLine(text_, at)) at = NextLine(text_, at);
  return at == text_.size() || IsEmptyLine(text_, at) ? at : end;
}

TomlBlocks::Gap TomlBlocks::Above(uint32_t at) const {
  Gap gap{0, at, false};
  while (gap.at > top_) {
    const size_t line = std::max<size_t>(LineBefore(text_, gap.at), top_);
    if (!IsEmptyLine(text_, line)) return gap;
    gap.at = static_cast<uint32_t>(line);
    ++gap.lines;
  }
  gap.to_the_end = true;
  return gap;
}

TomlBlocks::Gap TomlBlocks::Below(uint32_t at) const {
  Gap gap{0, at, false};
  while (gap.at < text_.size()) {
    if (!IsEmptyLine(text_, gap.at)) return gap;
    gap.at = static_cast<uint32_t>(NextLine(text_, gap.at));
    ++gap.lines;
  }
  gap.to_the_end = true;
  return gap;
}

bool TomlBlocks::IsComment(std::string_view block) const {
  return !block.empty() && IsCommentLine(block, LineBefore(block, block.size()));
}

std::string TomlBlocks::Lines(size_t count) const {
  std::string lines;
  for (size_t i = 0; i < count; ++i) lines += line_end_;
  return lines;
}

// --- Changes

void TomlBlocks::Replace(TomlSpan span, std::string with) {
  splices_.push_back({span.begin, span.end, std::move(with)});
}

void TomlBlocks::InsertBefore(const TomlBlock& target, std::string block) {
  const Gap above = Above(target.begin);
  size_t lines = above.to_the_end && target.is_section ? 1 : std::min(above.lines, kEmptyLinesMax);
  // A comment must not come to stand above another entry.
  if (IsComment(block)) lines = std::max<size_t>(lines, 1);
  Replace({target.begin, target.begin}, block + Lines(lines));
}

void TomlBlocks::InsertAfter(const TomlBlock& target, std::string block) {
  const Gap above = Above(target.begin);
  const Gap below = Below(target.end);
  size_t lines = above.to_the_end && target.is_section ? 1 : std::min(above.lines, kEmptyLinesMax);
  if (!below.to_the_end) lines = std::min(lines, below.lines);
  if (IsComment(text_.substr(target.begin, target.end - target.begin)))
    lines = std::max<size_t>(lines, 1);
  const bool needs_end = IsComment(block) && below.lines == 0 && !below.to_the_end;
  Replace({target.end, target.end}, Lines(lines) + block + Lines(needs_end ? 1 : 0));
}

void TomlBlocks::Append(std::string block) {
  const Gap above = Above(static_cast<uint32_t>(text_.size()));
  Replace({above.at, above.at}, Lines(above.to_the_end ? 0 : 1) + block);
}

// Of the empty lines on both sides the larger gap stays.
void TomlBlocks::Remove(const TomlBlock& block) {
  const Gap above = Above(block.begin);
  const Gap below = Below(block.end);
  TomlSpan span{block.begin, block.end};
  if (below.to_the_end && !above.to_the_end) {
    span.begin = above.at;
  } else {
    const size_t extra = above.to_the_end ? below.lines : std::min(above.lines, below.lines);
    for (size_t i = 0; i < extra; ++i) span.end = static_cast<uint32_t>(NextLine(text_, span.end));
  }
  Replace(span, "");
}

std::string TomlBlocks::Finish() {
  std::stable_sort(splices_.begin(), splices_.end(),
                   [](const Splice& a, const Splice& b) { return a.begin < b.begin; });
  std::string out;
  uint32_t at = 0;
  for (const Splice& splice : splices_) {
    out += text_.substr(at, std::max(splice.begin, at) - at);
    out += splice.with;
    at = std::max(at, splice.end);
  }
  out += text_.substr(at);
  return out;
}

}  // namespace sluice

#include "policy/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "policy/sequence_diff.h"

namespace sluice {
namespace {

constexpr uint32_t kLinesAround = 3;

using Lines = std::vector<std::string_view>;

Lines LinesOf(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end == text.npos ? text.npos : end + 1));
    text.remove_prefix(lines.back().size());
  }
  return lines;
}

// Lines `before` go, lines `after` come.
struct Change {
  KeptPlace begin;
  KeptPlace end;
};

std::vector<Change> ChangesOf(const Lines& before, const Lines& after) {
  absl::flat_hash_map<std::string_view, uint32_t> numbers;
  const auto number = [&](const Lines& lines) {
    std::vector<uint32_t> out;
    out.reserve(lines.size());
    for (const std::string_view line : lines)
      out.push_back(numbers.try_emplace(line, static_cast<uint32_t>(numbers.size())).first->second);
    return out;
  };
  const std::vector<uint32_t> x = number(before);
  const std::vector<uint32_t> y = number(after);
  std::vector<KeptPlace> kept = KeepCommon(x, y);
  kept.push_back({static_cast<uint32_t>(x.size()), static_cast<uint32_t>(y.size())});
  std::vector<Change> changes;
  KeptPlace begin;
  for (const KeptPlace& place : kept) {
    if (!(begin == place)) changes.push_back({begin, place});
    begin = {place.before + 1, place.after + 1};
  }
  return changes;
}

void AppendLine(char sign, std::string_view line, std::string* out) {
  out->push_back(sign);
  out->append(line);
  if (!line.ends_with('\n')) out->append("\n\\ No newline at end of file\n");
}

std::string RangeOf(uint32_t begin, uint32_t end) {
  if (end - begin == 1) return absl::StrCat(begin + 1);
  return absl::StrCat(begin == end ? begin : begin + 1, ",", end - begin);
}

// Changes so near each other that the lines around them touch.
void AppendHunk(const Lines& before, const Lines& after, absl::Span<const Change> changes,
                std::string* out) {
  const uint32_t lead = std::min(kLinesAround, changes.front().begin.before);
  const uint32_t trail =
      std::min(kLinesAround, static_cast<uint32_t>(before.size()) - changes.back().end.before);
  const uint32_t begin = changes.front().begin.before - lead;
  absl::StrAppend(out, "@@ -", RangeOf(begin, changes.back().end.before + trail), " +",
                  RangeOf(changes.front().begin.after - lead, changes.back().end.after + trail),
                  " @@\n");
  uint32_t at = begin;
  for (const Change& change : changes) {
    for (; at < change.begin.before; ++at) AppendLine(' ', before[at], out);
    for (; at < change.end.before; ++at) AppendLine('-', before[at], out);
    for (uint32_t i = change.begin.after; i < change.end.after; ++i) AppendLine('+', after[i], out);
  }
  for (; at < changes.back().end.before + trail; ++at) AppendLine(' ', before[at], out);
}

}  // namespace

std::string UnifiedDiff(std::string_view before, std::string_view after,
                        std::string_view before_name, std::string_view after_name) {
  const Lines lines_before = LinesOf(before);
  const Lines lines_after = LinesOf(after);
  const std::vector<Change> changes = ChangesOf(lines_before, lines_after);
  if (changes.empty()) return "";
  std::string out =
      absl::StrCat("--- ", std::string(before_name), "\n+++ ", std::string(after_name), "\n");
  for (size_t i = 0; i < changes.size();) {
    size_t end = i + 1;
    while (end < changes.size() &&
           changes[end].begin.before - changes[end - 1].end.before <= 2 * kLinesAround)
      ++end;
    const size_t size = out.size();
    AppendHunk(lines_before, lines_after, absl::MakeConstSpan(changes).subspan(i, end - i), &out);
    if (out.size() > kTextDiffBytesMax) {
      out.resize(size);
      return out + "\\ more changes than are shown\n";
    }
    i = end;
  }
  return out;
}

}  // namespace sluice

#include "tools/sluicectl/table.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"

namespace sluice {

namespace {

constexpr size_t kGap = 2;

size_t Total(const std::vector<size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), size_t{0}) + kGap * (widths.size() - 1);
}

// Takes from the widest column that may still be shortened, until all fit or none may.
void Shorten(const std::vector<size_t>& least, size_t width, std::vector<size_t>& widths) {
  while (Total(widths) > width) {
    size_t widest = widths.size();
    for (size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] > least[i] && (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    }
    if (widest == widths.size()) break;
    --widths[widest];
  }
  while (widths.size() > 1 && Total(widths) > width) widths.pop_back();
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = cell.empty() ? "-" : SafeText(cell);
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Shown(bool wide) const {
  std::vector<size_t> shown;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (wide || !columns_[i].wide) shown.push_back(i);
  }
  return shown;
}

std::string Table::Text(size_t width, bool wide) const {
  const std::vector<size_t> shown = Shown(wide);
  std::vector<size_t> widths, least;
  for (const size_t column : shown) {
    size_t widest = ColumnsOf(columns_[column].title);
    for (const auto& row : rows_) widest = std::max(widest, ColumnsOf(row[column]));
    widths.push_back(widest);
    least.push_back(columns_[column].least);
  }
  if (width > 0) Shorten(least, width, widths);

  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = Shortened(cell_of(shown[i]), widths[i]);
      const std::string padding(widths[i] - std::min(widths[i], ColumnsOf(cell)), ' ');
      const bool right = columns_[shown[i]].side == Column::Side::kRight;
      absl::StrAppend(&line, i == 0 ? "" : std::string(kGap, ' '), right ? padding : "", cell,
                      right ? "" : padding);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  };
  add_line([this](size_t column) { return std::string_view(columns_[column].title); });
  for (const auto& row : rows_) {
    add_line([&row](size_t column) { return std::string_view(row[column]); });
  }
  return text;
}

}  // namespace sluice

#include "policy/config_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/config.h"

namespace sluice {
namespace {

// Wrong, missing, added and swapped neighbour letters count one each (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> two_ago, previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_ago[j - 2] + 1);
    }
    two_ago = previous;
    previous = row;
  }
  return previous[b.size()];
}

}  // namespace

void ConfigErrors::AddIn(const std::string& file, TextPosition at, const Complaint& complaint) {
  if (++count_ > kConfigErrorsMax) return;
  lines_.push_back(absl::StrCat(file, ":", at.line, ":", at.column, ": expected ",
                                complaint.expected, ", found ", complaint.found, "; ",
                                complaint.advice));
}

absl::Status ConfigErrors::ToStatus() const {
  if (count_ == 0) return absl::OkStatus();
  std::string text = absl::StrJoin(lines_, "\n");
  if (count_ > lines_.size())
    absl::StrAppend(&text, "\n", file_, ": and ", count_ - lines_.size(), " more errors");
  return absl::InvalidArgumentError(text);
}

std::string_view NearestWord(std::string_view text,
                             const std::vector<std::string_view>& candidates) {
  constexpr size_t kWordBytesMax = 64;  // longer text is no typing error
  if (text.size() > kWordBytesMax) return {};
  std::string_view nearest;
  size_t least = std::max<size_t>(1, text.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = EditDistance(text, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string AdviseWord(std::string_view text, const std::vector<std::string_view>& candidates) {
  if (const std::string_view nearest = NearestWord(text, candidates); !nearest.empty()) {
    return absl::StrCat("did you mean ", Quote(nearest), "?");
  }
  constexpr size_t kToldMax = 12;
  std::string advice = "use one of ";
  for (size_t i = 0; i < std::min(candidates.size(), kToldMax); ++i) {
    advice.append(i == 0 ? "" : ", ").append(candidates[i]);
  }
  return advice + (candidates.size() > kToldMax ? ", …" : "");
}

}  // namespace sluice

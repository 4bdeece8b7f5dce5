#include "policy/config_errors.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
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

// How a status carries problems: each field with its length before it, so that none needs escaping.
constexpr char kProblems[] = "sluice/config-problems";
constexpr size_t kFields = 6;

std::array<std::string, kFields> FieldsOf(const ConfigProblem& problem) {
  return {problem.file,
          absl::StrCat(problem.at.line),
          absl::StrCat(problem.at.column),
          problem.complaint.expected,
          problem.complaint.found,
          problem.complaint.advice};
}

}  // namespace

void ConfigErrors::AddIn(const std::string& file, TextPosition at, const Complaint& complaint) {
  if (++count_ > kConfigErrorsMax) return;
  problems_.push_back({file, at, complaint});
}

absl::Status ConfigErrors::ToStatus() const {
  if (count_ == 0) return absl::OkStatus();
  std::string text, payload;
  for (const ConfigProblem& problem : problems_) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", problem.file, ":", problem.at.line, ":",
                    problem.at.column, ": expected ", problem.complaint.expected, ", found ",
                    problem.complaint.found, "; ", problem.complaint.advice);
    for (const std::string& field : FieldsOf(problem))
      absl::StrAppend(&payload, field.size(), ":", field);
  }
  if (count_ > problems_.size())
    absl::StrAppend(&text, "\n", file_, ": and ", count_ - problems_.size(), " more errors");
  absl::Status status = absl::InvalidArgumentError(text);
  status.SetPayload(kProblems, absl::Cord(payload));
  return status;
}

std::vector<ConfigProblem> ProblemsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kProblems);
  if (!payload.has_value()) return {};
  const std::string text(*payload);
  std::vector<std::string> fields;
  for (size_t at = 0; at < text.size();) {
    const size_t colon = text.find(':', at);
    size_t size = 0;
    if (!absl::SimpleAtoi(text.substr(at, colon - at), &size)) break;
    fields.push_back(text.substr(colon + 1, size));
    at = colon + 1 + size;
  }
  std::vector<ConfigProblem> problems;
  for (size_t i = 0; i + kFields <= fields.size(); i += kFields) {
    ConfigProblem problem{fields[i], {}, {fields[i + 3], fields[i + 4], fields[i + 5]}};
    if (!absl::SimpleAtoi(fields[i + 1], &problem.at.line)) problem.at.line = 0;
    if (!absl::SimpleAtoi(fields[i + 2], &problem.at.column)) problem.at.column = 0;
    problems.push_back(std::move(problem));
  }
  return problems;
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

#ifndef SLUICE_POLICY_CONFIG_ERRORS_H_
#define SLUICE_POLICY_CONFIG_ERRORS_H_

// ConfigErrors: what is wrong with a configuration, in the one form an administrator reads:
// `FILE:LINE:COLUMN: expected …, found …; do …`. Keeps the first kConfigErrorsMax and counts the
// rest, so that a list of a million wrong lines costs nothing. One thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "policy/toml_document.h"

namespace sluice {

// The three parts of an error, before it is known where it stands.
struct Complaint {
  std::string expected;
  std::string found;
  std::string advice;
};

// An error with its place.
struct ConfigProblem {
  std::string file;
  TextPosition at;
  Complaint complaint;
};

// The errors that a status of ToStatus tells, for who shows each in its place; none of another
// status.
std::vector<ConfigProblem> ProblemsOf(const absl::Status& status);

class ConfigErrors {
 public:
  // `file`: what errors call the configuration itself.
  explicit ConfigErrors(std::string_view file) : file_(file) {}

  void Add(TextPosition at, const Complaint& complaint) { AddIn(file_, at, complaint); }
  void AddIn(const std::string& file, TextPosition at, const Complaint& complaint);

  size_t count() const { return count_; }
  // InvalidArgument with a line per error, or OK. ProblemsOf has them as values.
  absl::Status ToStatus() const;

 private:
  const std::string file_;
  std::vector<ConfigProblem> problems_;
  size_t count_ = 0;
};

// The candidate that `text` was probably meant to be, or empty where none is near.
std::string_view NearestWord(std::string_view text,
                             const std::vector<std::string_view>& candidates);

// `did you mean "…"?`, or else the first of the candidates: `use one of a, b, c`.
std::string AdviseWord(std::string_view text, const std::vector<std::string_view>& candidates);

}  // namespace sluice

#endif  // SLUICE_POLICY_CONFIG_ERRORS_H_

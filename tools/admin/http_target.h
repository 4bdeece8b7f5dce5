#ifndef SLUICE_TOOLS_ADMIN_HTTP_TARGET_H_
#define SLUICE_TOOLS_ADMIN_HTTP_TARGET_H_

// HttpTarget: path and query of a request, decoded. What is ambiguous is refused, not guessed: a
// path has no part that is empty, "." or "..", texts are UTF-8 without control characters, and a
// key of the query comes once. Pure; any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

struct HttpTarget {
  // Between slashes; none: "/". A slash or a colon that belongs to a part comes encoded.
  std::vector<std::string> parts;
  // What is done to it, behind a colon: "end" in "/api/v1/sessions:end". Mostly empty.
  std::string action;
  std::map<std::string, std::string, std::less<>> query;

  // Empty where it was not said.
  std::string_view Query(std::string_view key) const;
};

// The error is one sentence.
absl::StatusOr<HttpTarget> ParseHttpTarget(std::string_view target);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_HTTP_TARGET_H_

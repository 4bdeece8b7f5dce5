#ifndef SLUICE_TOOLS_ADMIN_STORE_FAULTS_H_
#define SLUICE_TOOLS_ADMIN_STORE_FAULTS_H_

// What both stores say where something is not there, or is too much. Pure.

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice {

inline absl::Status NoSuchRevision(int64_t number) {
  return absl::NotFoundError(
      absl::StrCat("expected a revision that there is, found none of number ", number,
                   "; GET /api/v1/revisions has them all"));
}

inline absl::Status NoSuchAccount() {
  return absl::NotFoundError(
      "expected an account that there is, found none of that name; list them");
}

inline absl::Status TooManyAccounts(size_t most) {
  return absl::ResourceExhaustedError(
      absl::StrCat("expected at most ", most, " of them, found more; delete some first"));
}

inline absl::Status TooManyLocks(size_t most) {
  return absl::ResourceExhaustedError(
      absl::StrCat("expected at most ", most, " locks, found more; delete some first"));
}

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_FAULTS_H_

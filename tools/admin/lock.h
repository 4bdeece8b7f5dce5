#ifndef SLUICE_TOOLS_ADMIN_LOCK_H_
#define SLUICE_TOOLS_ADMIN_LOCK_H_

// AccessLock: somebody is kept out at once, above all rules, until it is taken away or expires. Not
// part of sluice.toml. Values only.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace sluice {

struct AccessLock {
  static constexpr size_t kMost = 1000;
  static constexpr size_t kReasonBytesMax = 200;

  uint64_t id = 0;
  // Who or what is kept out, as a rule of sluice.toml would write it; of several, all must hold.
  std::string user = {};
  std::string client = {};
  std::string destination = {};
  absl::Time expires = absl::InfiniteFuture();
  std::string reason = {};
  std::string by = {};
  absl::Time at = {};
  size_t ended = 0;  // sessions, when it was set

  // In logs, explanations and counts of rules.
  static constexpr char kPrefix[] = "lock:";
  std::string rule() const { return absl::StrCat(kPrefix, id); }
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_LOCK_H_

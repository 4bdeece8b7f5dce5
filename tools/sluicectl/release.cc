#include "tools/sluicectl/release.h"

#include "absl/strings/str_cat.h"

namespace sluice {

std::string ReleaseText() {
  return absl::StrCat(stamp::kControlVersion, " (commit ", stamp::kControlCommit, ")");
}

}  // namespace sluice

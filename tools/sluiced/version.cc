#include "tools/sluiced/version.h"

#include "absl/strings/str_cat.h"
#include "core/host_probe.h"
#include "tools/sluiced/stamp.h"

namespace sluice {

std::string SluiceVersion() {
  return absl::StrCat(stamp::kVersion, " (commit ", stamp::kCommit, ")");
}

std::string VersionText() {
  return absl::StrCat("sluiced ", SluiceVersion(), "\nliburing ", LiburingVersion(), "\nLinux ",
                      kLinuxMin, " or newer\n");
}

}  // namespace sluice

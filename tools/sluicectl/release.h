#ifndef SLUICE_TOOLS_SLUICECTL_RELEASE_H_
#define SLUICE_TOOLS_SLUICECTL_RELEASE_H_

// Which release this is: "0.1.0 (commit 0123456789ab)".

#include <string>

namespace sluice {

namespace stamp {
extern const char kControlVersion[];
extern const char kControlCommit[];
}  // namespace stamp

std::string ReleaseText();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_RELEASE_H_

#ifndef SLUICE_TOOLS_SLUICED_VERSION_H_
#define SLUICE_TOOLS_SLUICED_VERSION_H_

// Which Sluice this is. Any thread.

#include <string>

namespace sluice {

// "0.1.0 (commit 1234567890ab)", where it was built from a clone of the repository.
std::string SluiceVersion();

// What --version says: that, and what it stands on.
std::string VersionText();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_VERSION_H_

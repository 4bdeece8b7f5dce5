// What the program's stamp says, for tests.

#include "tools/sluicectl/release.h"

namespace sluice::stamp {
const char kControlVersion[] = "1.2.3";
const char kControlCommit[] = "abc";
}  // namespace sluice::stamp

#ifndef SLUICE_TOOLS_SLUICED_STAMP_H_
#define SLUICE_TOOLS_SLUICED_STAMP_H_

// What the build knows of itself. Its source is made when the program is linked.

namespace sluice::stamp {

extern const char kVersion[];
extern const char kCommit[];

}  // namespace sluice::stamp

#endif  // SLUICE_TOOLS_SLUICED_STAMP_H_

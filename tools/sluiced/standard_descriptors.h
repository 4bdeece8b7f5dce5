#ifndef SLUICE_TOOLS_SLUICED_STANDARD_DESCRIPTORS_H_
#define SLUICE_TOOLS_SLUICED_STANDARD_DESCRIPTORS_H_

// Descriptors 0, 1 and 2, which some supervisors close. Whatever is opened first would take their
// numbers: a client's connection as number 2 gets the process's log.

namespace sluice {

// Opens /dev/null in the place of each that is closed. Before anything else is opened; main thread.
void FillStandardDescriptors();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_STANDARD_DESCRIPTORS_H_

#ifndef SLUICE_CORE_REGULAR_FILE_H_
#define SLUICE_CORE_REGULAR_FILE_H_

// Files that an administrator names, read by the program or by a library of its. What the path
// leads to may have become anything since: a FIFO that nobody writes to, a device without end.
// Neither is waited for, and no more is read than the caller has room for. Any thread that may wait
// for a disk.

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

// The whole text of a regular file of at most `bytes_max`. The status is one sentence for the
// operator, which begins with the path.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t bytes_max);

// Whether the path leads to a regular file that can be read: for a library that opens it itself.
absl::Status CheckRegularFile(const std::string& path);

}  // namespace sluice

#endif  // SLUICE_CORE_REGULAR_FILE_H_

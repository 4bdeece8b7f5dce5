#ifndef SLUICE_CORE_WIPE_H_
#define SLUICE_CORE_WIPE_H_

// Wipe: makes bytes that were secret zero, in a way that no optimizer leaves out because nobody
// reads them again. Not for what the kernel or a library has copied. Any thread.

#include <string.h>

#include <cstddef>

namespace sluice {

inline void Wipe(void* bytes, size_t size) {
  if (size > 0) explicit_bzero(bytes, size);
}

}  // namespace sluice

#endif  // SLUICE_CORE_WIPE_H_

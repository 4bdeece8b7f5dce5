#include "tools/sluiced/freed_memory.h"

#include <malloc.h>

#include <climits>
#include <cstdlib>

namespace sluice {
namespace {

constexpr int kUsualTrimThreshold = 128 * 1024;  // glibc's
// The largest that glibc takes. Setting either threshold ends that it adapts this one to what is
// freed, and with 128 KB each array of a policy would be mapped and unmapped.
constexpr int kMmapThreshold = 32 * 1024 * 1024;

}  // namespace

void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, kMmapThreshold);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

void GiveBackFreedMemory() {
  mallopt(M_TRIM_THRESHOLD, kUsualTrimThreshold);
  // The ends of arenas are looked at when something large is freed there. Not by operator new: a
  // compiler may leave out both.
  void* volatile something_large = std::malloc(kUsualTrimThreshold);
  std::free(something_large);
  // And the holes between what is not free, of all arenas.
  malloc_trim(0);
}

}  // namespace sluice

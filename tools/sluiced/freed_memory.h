#ifndef SLUICE_TOOLS_SLUICED_FREED_MEMORY_H_
#define SLUICE_TOOLS_SLUICED_FREED_MEMORY_H_

// What becomes of memory that is freed. The C library gives what lies at an arena's end back to
// Linux as soon as it is worth a call: some 10 MB after each reload of 10,000 rules, in one call
// that nobody can interrupt, and the next reload asks for it again page by page.
//
// mallopt(3), malloc_trim(3). Both are of the whole process; any thread, but not two at a time.

namespace sluice {

// From now on it stays with the process.
void KeepFreedMemory();

// Gives it back, and from now on the C library does so again. At an arena's end it may only be
// given back by a thread that uses this arena: the main one, or one of RunAtLeisure, which has the
// arena of the last that ended.
void GiveBackFreedMemory();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_FREED_MEMORY_H_

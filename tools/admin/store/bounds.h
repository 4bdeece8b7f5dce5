#ifndef SLUICE_TOOLS_ADMIN_STORE_BOUNDS_H_
#define SLUICE_TOOLS_ADMIN_STORE_BOUNDS_H_

// Every bound of the store, with its reason.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice::store_bounds {

// --- On disk

// The log of requests: some ten million, a day of a gateway that has a hundred new sessions a
// second. The oldest go first.
inline constexpr int64_t kLogBytesMax = int64_t{2} << 30;
// It stands in tables of at most an hour, of which the oldest is dropped as a whole; a busy hour
// has several, so that what is dropped is a small part.
inline constexpr absl::Duration kLogTableTime = absl::Hours(1);
inline constexpr int64_t kLogTablesAtBound = 16;
// The same part of the bound, at some 300 bytes a request.
inline constexpr int64_t kLogTableRows = 400'000;
// Requests that are kept a second: a core writes some 100,000, and it is not the gateway's core.
// Where there are more, every second, third or n-th is kept and stands for the others.
inline constexpr int64_t kLogRequestsPerSecond = 20'000;
// Some 300 bytes each: 60 MB.
inline constexpr int64_t kAuditRecordsMax = 200'000;
inline constexpr size_t kAuditTextBytesMax = 300;  // of one field
// Texts of at most some MB.
inline constexpr int64_t kRevisionsMax = 500;
inline constexpr size_t kLocksMax = 10'000;
inline constexpr size_t kAdministratorsMax = 1'000;
inline constexpr size_t kTokensMax = 10'000;

// --- In memory

// Requests that wait for the disk: 8 MB, half a second at the rate above.
inline constexpr size_t kRequestsWaitingMax = 10'000;
// Everything else that waits for it.
inline constexpr size_t kWritesWaitingMax = 64;
// Without a state folder.
inline constexpr size_t kMemoryRecordsMax = 10'000;
inline constexpr size_t kMemoryRevisionsMax = 20;

}  // namespace sluice::store_bounds

#endif  // SLUICE_TOOLS_ADMIN_STORE_BOUNDS_H_

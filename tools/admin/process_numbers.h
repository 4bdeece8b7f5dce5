#ifndef SLUICE_TOOLS_ADMIN_PROCESS_NUMBERS_H_
#define SLUICE_TOOLS_ADMIN_PROCESS_NUMBERS_H_

// What Linux says of this process, under the names that all Prometheus clients have for it. Reads
// /proc; any thread that may wait.

#include "absl/time/time.h"
#include "tools/admin/metrics_text.h"

namespace sluice {

void AddProcessNumbers(absl::Time started, MetricsText* text);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_PROCESS_NUMBERS_H_

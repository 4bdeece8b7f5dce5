#ifndef SLUICE_CORE_URING_REFUSAL_H_
#define SLUICE_CORE_URING_REFUSAL_H_

// What to tell an operator whose host does not let the gateway have an io_uring. Main thread.

#include "absl/status/status.h"

namespace sluice {

// One sentence that says what to change, from the errno of io_uring_setup(2), io_uring_enter(2)
// or io_uring_register(2).
absl::Status RefuseRing(int error);

}  // namespace sluice

#endif  // SLUICE_CORE_URING_REFUSAL_H_

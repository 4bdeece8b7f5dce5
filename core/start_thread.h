#ifndef SLUICE_CORE_START_THREAD_H_
#define SLUICE_CORE_START_THREAD_H_

// StartThread: a thread, or a sentence for the operator where this process may not have one more.
// std::thread's own constructor throws, which would end a gateway that could say what it lacks.
// Any thread.

#include <functional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace sluice {

// A thread called `name` (15 bytes at most) that runs `run`.
absl::StatusOr<std::thread> StartThread(const std::string& name, std::function<void()> run);

}  // namespace sluice

#endif  // SLUICE_CORE_START_THREAD_H_

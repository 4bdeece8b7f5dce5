#ifndef SLUICE_TOOLS_ADMIN_AUDIT_WITNESS_H_
#define SLUICE_TOOLS_ADMIN_AUDIT_WITNESS_H_

// AuditWitness: sees every request that might change something, once it has been answered, and
// writes down who asked for what and what became of it: to the audit of the store, to the
// gateway's log, and to whoever listens. Never a body, a query or a secret. The thread of handlers.

#include <cstdint>
#include <mutex>

#include "absl/time/time.h"
#include "tools/admin/events.h"
#include "tools/admin/router.h"
#include "tools/admin/store/store.h"

namespace sluice {

class AuditWitness {
 public:
  // Both outlive it.
  AuditWitness(Store& store, Events& events) : store_(store), events_(events) {}

  void See(const Answered& answered);

 private:
  // Whoever may do nothing here can knock as often as they like, so they are written down only so
  // often. Says how many were not before this one, or nothing where this one is not either.
  bool TakeStranger(absl::Time now, uint64_t* unrecorded);

  Store& store_;
  Events& events_;
  std::mutex lock_;
  absl::Time minute_ = absl::InfinitePast();
  int in_minute_ = 0;
  uint64_t unrecorded_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_AUDIT_WITNESS_H_

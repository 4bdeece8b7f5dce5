#ifndef SLUICE_TOOLS_ADMIN_STORE_AUDIT_CHAIN_H_
#define SLUICE_TOOLS_ADMIN_STORE_AUDIT_CHAIN_H_

// The chain of the audit: each record's hash is BLAKE2b over the hash before it and the record's
// text, so that no record can be changed, taken out or put in between without changing all that
// follow. Pure.

#include <string>
#include <string_view>

#include "tools/admin/store/store.h"

namespace sluice {

// In hexadecimal. `before`: the hash of the record before, empty for the first one.
std::string AuditHash(std::string_view before, const AuditRecord& record);

// Follows records, oldest first.
class AuditChain {
 public:
  // `before`: the hash of the record before `first`.
  AuditChain(std::string before, int64_t first) : before_(std::move(before)), next_(first) {}
  // False, from the first one that does not fit.
  bool Add(const AuditRecord& record);
  const AuditVerdict& verdict() const { return verdict_; }

 private:
  std::string before_;
  int64_t next_;
  AuditVerdict verdict_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_AUDIT_CHAIN_H_

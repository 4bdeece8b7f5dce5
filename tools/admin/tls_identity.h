#ifndef SLUICE_TOOLS_ADMIN_TLS_IDENTITY_H_
#define SLUICE_TOOLS_ADMIN_TLS_IDENTITY_H_

// TlsIdentity: what the door shows whoever comes by TLS: a certificate with its chain, the key that
// belongs to it, and the names and addresses that it is for. Immutable once loaded; any thread.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct ssl_ctx_st;

namespace sluice {

class TlsIdentity {
 public:
  // PEM files. The status is one sentence for the operator, which never has a byte of the key.
  static absl::StatusOr<std::shared_ptr<const TlsIdentity>> Load(const std::string& certificate,
                                                                 const std::string& key);
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  // Whether the certificate is for this name, or for this address as text.
  bool IsFor(const std::string& host) const;
  // A name or an address that it is for, for whoever needs one; empty where there is none.
  std::string AnyHost() const;
  absl::Time expires() const;
  // For the library that speaks TLS, which takes a reference of its own.
  ssl_ctx_st* context() const { return context_; }

 private:
  explicit TlsIdentity(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_TLS_IDENTITY_H_

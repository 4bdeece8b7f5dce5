#ifndef SLUICE_POLICY_AUTH_SETTINGS_H_
#define SLUICE_POLICY_AUTH_SETTINGS_H_

// AuthSettings: [auth] of sluice.toml as values: how clients prove who they are, and what becomes
// of those that fail. Checked by config.h; nothing here authenticates. Values only, any thread.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/principal_pattern.h"

namespace sluice {

// The numbers are RFC 1928's METHOD.
enum class AuthMethod : uint8_t { kNone = 0x00, kGssapi = 0x01, kPassword = 0x02 };

// The numbers are RFC 1961 section 4's levels of protection.
enum class GssapiProtection : uint8_t { kIntegrity = 1, kConfidentiality = 2, kSelective = 3 };

struct AuthSettings {
  std::vector<AuthMethod> methods = {AuthMethod::kNone};  // in order of preference, each once
  std::string pam_service;                                // empty: PAM is not asked
  absl::Duration pam_timeout = absl::Seconds(30);         // of one check
  absl::Duration cache = absl::Seconds(60);               // zero: nothing is remembered
  int slow_after = 3;                                     // 0: never
  int refuse_after = 10;                                  // 0: never
  absl::Duration refuse_for = absl::Minutes(5);
  bool ident_required = false;  // every SOCKS4 client is asked for (RFC 1413)
  std::string gssapi_service = "rcmd";
  std::string gssapi_keytab;  // empty: the library's default
  PrincipalPattern gssapi_users;
  std::vector<GssapiProtection> gssapi_protection = {GssapiProtection::kConfidentiality,
                                                     GssapiProtection::kIntegrity,
                                                     GssapiProtection::kSelective};

  bool Has(AuthMethod method) const {
    for (const AuthMethod other : methods) {
      if (other == method) return true;
    }
    return false;
  }
};

}  // namespace sluice

#endif  // SLUICE_POLICY_AUTH_SETTINGS_H_

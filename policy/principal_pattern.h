#ifndef SLUICE_POLICY_PRINCIPAL_PATTERN_H_
#define SLUICE_POLICY_PRINCIPAL_PATTERN_H_

// PrincipalPattern: which Kerberos principals are users of the gateway, and under what name. The
// key auth.gssapi_users as a value. A pattern is NAME@REALM. NAME has one `*`, which stands for one
// byte or more; REALM is a realm, or `*` for any.
//   - With a realm, the user is what the `*` of NAME stands for: "*@EXAMPLE.ORG" makes `alice` of
//     alice@EXAMPLE.ORG, "*/socks@EXAMPLE.ORG" makes it of alice/socks@EXAMPLE.ORG.
//   - With any realm, the user is the whole principal, or two realms' users were one: "*@*".
// Realms compare with case (RFC 4120 section 6.1). Values only, any thread.

#include <optional>
#include <string>
#include <string_view>

#include "policy/config_errors.h"

namespace sluice {

class PrincipalPattern {
 public:
  // "*@*".
  PrincipalPattern() = default;

  // False, and *complaint, where `text` is no pattern.
  static bool Parse(std::string_view text, PrincipalPattern* pattern, Complaint* complaint);

  // The user that `principal` is, as part of it; nothing where it is none. A principal with an
  // escaped or unprintable byte is none, and neither is one that no user name has room for.
  std::optional<std::string_view> UserOf(std::string_view principal) const;

  friend bool operator==(const PrincipalPattern&, const PrincipalPattern&) = default;

 private:
  std::string before_;  // of the `*` in NAME
  std::string behind_;
  std::string realm_;  // empty: any
};

}  // namespace sluice

#endif  // SLUICE_POLICY_PRINCIPAL_PATTERN_H_

#ifndef SLUICE_RELAY_AUTH_PAM_CHECK_H_
#define SLUICE_RELAY_AUTH_PAM_CHECK_H_

// Asks PAM about one user: pam_authenticate, then pam_acct_mgmt. Blocks as long as its modules do.
// Any thread, several at a time: each call has a handle of its own.

#include <string>

#include "relay/auth/authenticator.h"

namespace sluice {

struct PamService {
  std::string name;
  std::string folder;  // of service files; empty: the system's
};

// kAccepted, kRejected or kBroken; in the last case `problem` says what failed, with nothing of the
// password.
AuthVerdict AskPam(const PamService& service, const Credentials& credentials,
                   const std::string& client, std::string* problem);

}  // namespace sluice

#endif  // SLUICE_RELAY_AUTH_PAM_CHECK_H_

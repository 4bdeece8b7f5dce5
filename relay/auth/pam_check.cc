#include "relay/auth/pam_check.h"

#include <security/pam_appl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "core/wipe.h"

namespace sluice {
namespace {

// Answers each question that must not be shown on a screen with the password, and nothing else: a
// module that asks for more than a password cannot be served.
int Converse(int count, const pam_message** messages, pam_response** responses, void* password) {
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto* answers =
      static_cast<pam_response*>(std::calloc(static_cast<size_t>(count), sizeof(pam_response)));
  if (answers == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF) continue;
    answers[i].resp = strdup(static_cast<const char*>(password));  // the module wipes and frees it
  }
  *responses = answers;
  return PAM_SUCCESS;
}

// PAM would sleep for two seconds after a failure, and its thread with it. Slowing down is the
// AuthThrottle's, which holds no thread.
void NoDelay(int, unsigned, void*) {}

AuthVerdict VerdictOf(pam_handle_t* pam, int code, std::string* problem) {
  switch (code) {
    case PAM_SUCCESS: return AuthVerdict::kAccepted;
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_MAXTRIES:
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_CRED_EXPIRED:
    case PAM_PERM_DENIED: return AuthVerdict::kRejected;
    default: *problem = pam_strerror(pam, code); return AuthVerdict::kBroken;
  }
}

}  // namespace

AuthVerdict AskPam(const PamService& service, const Credentials& credentials,
                   const std::string& client, std::string* problem) {
  // To PAM both are C strings: what is behind a NUL would not be looked at.
  if (credentials.user.find('\0') != std::string_view::npos ||
      credentials.password.find('\0') != std::string_view::npos) {
    return AuthVerdict::kRejected;
  }
  const std::string user(credentials.user);
  char password[limits::kPasswordBytesMax + 1];
  const size_t size = std::min(credentials.password.size(), limits::kPasswordBytesMax);
  std::memcpy(password, credentials.password.data(), size);
  password[size] = '\0';
  const pam_conv conversation{&Converse, password};
  pam_handle_t* pam = nullptr;
  int code = service.folder.empty()
                 ? pam_start(service.name.c_str(), user.c_str(), &conversation, &pam)
                 : pam_start_confdir(service.name.c_str(), user.c_str(), &conversation,
                                     service.folder.c_str(), &pam);
  AuthVerdict verdict = AuthVerdict::kBroken;
  if (code == PAM_SUCCESS) {
    void (*no_delay)(int, unsigned, void*) = &NoDelay;
    pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(no_delay));
    pam_set_item(pam, PAM_RHOST, client.c_str());
    constexpr int kFlags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK;
    code = pam_authenticate(pam, kFlags);
    if (code == PAM_SUCCESS) code = pam_acct_mgmt(pam, kFlags);
    verdict = VerdictOf(pam, code, problem);
    pam_end(pam, code);
  } else {
    *problem = absl::StrCat("no service \"", service.name, "\" (error ", code, ")");
  }
  Wipe(password, sizeof(password));
  return verdict;
}

}  // namespace sluice

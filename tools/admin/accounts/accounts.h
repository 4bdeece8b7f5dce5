#ifndef SLUICE_TOOLS_ADMIN_ACCOUNTS_ACCOUNTS_H_
#define SLUICE_TOOLS_ADMIN_ACCOUNTS_ACCOUNTS_H_

// Accounts: administrators who sign in with a password, and tokens by which programs ask. Kept in
// the store, of passwords and tokens only hashes. An account's sign-ins end when it changes.
//
// Whoever guesses is throttled, by address as the gateway's own clients are, and by account, known
// or not, so that an answer tells neither by its words nor by its time whether there is such an
// account. Any thread that may wait: a password takes a tenth of a second.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "relay/auth/auth_throttle.h"
#include "tools/admin/accounts/sign_ins.h"
#include "tools/admin/http_message.h"
#include "tools/admin/store/store.h"

namespace sluice {

// As ToString says them; nothing for another text, or a stranger.
std::optional<Role> RoleOf(std::string_view name);

class Accounts {
 public:
  // Both outlive it.
  Accounts(Store& store, SignIns& sign_ins);
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // --- Administrators
  // A new one (`is_new`), or another role or password of one that there is. AlreadyExists, NotFound
  // and InvalidArgument are sentences for who asked.
  absl::Status Put(std::string_view name, Role role, const std::optional<std::string>& password,
                   bool is_new, absl::Time now);
  absl::Status Delete(std::string_view name);
  absl::StatusOr<std::vector<AdministratorRow>> List() { return store_.ListAdministrators(); }
  // Who may sign in as `name` from that address. Unauthenticated, ResourceExhausted where too much
  // was guessed.
  absl::StatusOr<SignIn> Check(std::string_view name, std::string_view password,
                               std::string_view from, absl::Time now);

  // --- Tokens
  struct Made {
    TokenRow row;
    std::string text;  // which is never seen again
  };
  absl::StatusOr<Made> MakeToken(std::string_view name, Role role, absl::Time expires,
                                 std::string_view by, absl::Time now);
  absl::Status DeleteToken(std::string_view id);
  absl::StatusOr<std::vector<TokenRow>> ListTokens() { return store_.ListTokens(); }
  // Whose it is; nothing where it is none, or no longer.
  std::optional<TokenRow> UseToken(std::string_view text, absl::Time now);
  bool TokenIsGood(std::string_view id, absl::Time now);

 private:
  struct Guesses {
    int failed = 0;
    absl::Time last;
  };
  bool IsRefused(std::string_view name, const Address& from, absl::Time now);
  void NoteFailure(std::string_view name, const Address& from, absl::Time now);
  const std::string& NobodysHash();

  Store& store_;
  SignIns& sign_ins_;
  std::mutex lock_;  // so that what is deleted is not put back by who was using it
  AuthThrottle throttle_;
  std::map<std::string, Guesses, std::less<>> guesses_;  // by the hash of a name
  std::string nobodys_hash_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ACCOUNTS_ACCOUNTS_H_

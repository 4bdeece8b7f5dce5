#ifndef SLUICE_TOOLS_ADMIN_ACCOUNTS_SIGN_INS_H_
#define SLUICE_TOOLS_ADMIN_ACCOUNTS_SIGN_INS_H_

// SignIns: browsers that have signed in, and the links that let them. In memory alone, so that they
// end with the process. What a browser holds is a random text; here is its hash.
//
// A link is for one use within minutes. A sign-in ends when nobody has used it for a while, some
// hours after it began however much it is used, and when its owner says so. Any thread; times are
// the caller's.

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tools/admin/bounds.h"
#include "tools/admin/http_message.h"

namespace sluice {

// Who has signed in.
struct SignIn {
  std::string name;
  Role role = Role::kStranger;
  // Was brought by a link, which root or the daemon's own user has asked for: see Caller.
  bool reads_all_files = false;
  bool by_account = false;  // of accounts.h: ends with it
  std::string id;           // the hash of its text
  std::string csrf;         // which a page of ours knows, and another's cannot
  absl::Time begun;
  absl::Time used;
  absl::Time until() const { return begun + admin_bounds::kSignInTime; }
};

class SignIns {
 public:
  SignIns() = default;
  SignIns(const SignIns&) = delete;
  SignIns& operator=(const SignIns&) = delete;

  // The code of a link for whoever `who` is.
  std::string MakeLink(const SignIn& who, absl::Time now);
  // Whose it was; nothing where it is none, was used or is too old.
  std::optional<SignIn> TakeLink(std::string_view code, absl::Time now);

  // A sign-in begins. `text`: what its browser keeps.
  struct Begun {
    std::string text;
    SignIn sign_in;
  };
  Begun Begin(SignIn who, absl::Time now);
  // By what a browser keeps. Counts as use.
  std::optional<SignIn> Use(std::string_view text, absl::Time now);
  // By its id. Does not count as use.
  std::optional<SignIn> Find(const std::string& id) const;
  // Whether that sign-in still is one. Does not count as use.
  bool IsOpen(const std::string& id, absl::Time now);
  void End(const std::string& id);
  // All of an account that is no longer what it was.
  void EndAllOf(std::string_view account);
  size_t size() const;

 private:
  struct Link {
    SignIn who;
    absl::Time until;
  };
  void Forget(absl::Time now);
  static bool IsOver(const SignIn& sign_in, absl::Time now);

  mutable std::mutex lock_;
  std::map<std::string, Link, std::less<>> links_;       // by hash
  std::map<std::string, SignIn, std::less<>> sign_ins_;  // by hash
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ACCOUNTS_SIGN_INS_H_

#ifndef SLUICE_POLICY_USER_H_
#define SLUICE_POLICY_USER_H_

// User: one [[user]] of sluice.toml, whom the gateway itself can check. Users that only PAM or
// Kerberos know have none, and yet can stand in groups and rules. Values only, any thread.

#include <string>
#include <vector>

#include "core/secret.h"
#include "policy/toml_document.h"

namespace sluice {

struct User {
  std::string name;      // 1 to limits::kUserNameBytesMax bytes
  Secret password_hash;  // as crypt(3) writes it; its form was checked, nothing was hashed
};

// One entry of [groups]. Members are names, whichever back end knows them.
struct UserGroup {
  std::string name;
  std::vector<std::string> members;
  TextPosition at = {};  // of its definition
};

}  // namespace sluice

#endif  // SLUICE_POLICY_USER_H_

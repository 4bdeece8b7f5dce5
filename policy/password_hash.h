#ifndef SLUICE_POLICY_PASSWORD_HASH_H_
#define SLUICE_POLICY_PASSWORD_HASH_H_

// The form of a password's hash as crypt(5) tells it: whether crypt(3) could check a password with
// it, and whether it is worth checking one. Hashes nothing, and no complaint shows any of the text,
// which may be a hash or the password itself. Any thread.

#include <string_view>

#include "policy/config_errors.h"

namespace sluice {

// yescrypt, gost-yescrypt, scrypt, bcrypt, SHA-512 and SHA-256. False, and *complaint, for all
// else.
bool CheckPasswordHash(std::string_view text, Complaint* complaint);

}  // namespace sluice

#endif  // SLUICE_POLICY_PASSWORD_HASH_H_

#ifndef SLUICE_POLICY_AUTH_READER_H_
#define SLUICE_POLICY_AUTH_READER_H_

// Reads [auth] of sluice.toml. One thread.

#include "policy/auth_settings.h"
#include "policy/config_errors.h"
#include "policy/toml_document.h"

namespace sluice {

void ReadAuth(const TomlValue& value, ConfigErrors& errors, AuthSettings* auth);

}  // namespace sluice

#endif  // SLUICE_POLICY_AUTH_READER_H_

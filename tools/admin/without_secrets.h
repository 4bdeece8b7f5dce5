#ifndef SLUICE_TOOLS_ADMIN_WITHOUT_SECRETS_H_
#define SLUICE_TOOLS_ADMIN_WITHOUT_SECRETS_H_

// A configuration as it may leave the house: what stands behind a key that has "password" or
// "secret" in its name, and whatever looks like a password's hash, is blanked. Goes by the bytes,
// not by the document, so that a text which is no TOML loses its secrets too. Pure.

#include <string>
#include <string_view>

namespace sluice {

std::string WithoutSecrets(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_WITHOUT_SECRETS_H_

#ifndef SLUICE_TOOLS_ADMIN_DEFAULT_SETTINGS_H_
#define SLUICE_TOOLS_ADMIN_DEFAULT_SETTINGS_H_

// What the keys of [socks], [timeouts], [limits] and [auth] say where nobody writes them: as the
// shipped sluice.toml says, which has every key with its default. Any thread.

#include "policy/toml_document.h"

namespace sluice {

// A root table with these four.
const TomlValue& DefaultSettings();

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_DEFAULT_SETTINGS_H_

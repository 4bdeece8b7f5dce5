#ifndef SLUICE_POLICY_SCOPE_READER_H_
#define SLUICE_POLICY_SCOPE_READER_H_

// Reads the scope of link-local addresses (RFC 4007 section 11): `fe80::1%eth0`, and of networks
// and ranges `fe80::%eth0/64`, `fe80::1-fe80::9%eth0`. What is wrong goes to ConfigErrors, and then
// the answer is false. One thread.

#include <string>
#include <string_view>

#include "core/address.h"
#include "policy/address_range.h"
#include "policy/config_errors.h"
#include "policy/toml_document.h"

namespace sluice {

inline bool HasScope(std::string_view text) { return text.find('%') != text.npos; }

bool IsInterfaceName(std::string_view name);

// `value`, a text, without its scope; *interface is empty where it has none.
bool TakeScope(const TomlValue& value, ConfigErrors& errors, TomlValue* bare,
               std::string* interface);
// Whether what `value` says can have this scope.
bool CanHaveScope(const TomlValue& value, const AddressRange& range, const std::string& interface,
                  ConfigErrors& errors);

// `value`, a text, as one address, which has a scope where it needs one and only there.
bool ReadScopedAddress(const TomlValue& value, const char* expected, ConfigErrors& errors,
                       Address* address, std::string* interface);
// As addresses that have a scope.
bool ReadScopedRange(const TomlValue& value, ConfigErrors& errors, AddressRange* range,
                     std::string* interface);

}  // namespace sluice

#endif  // SLUICE_POLICY_SCOPE_READER_H_

#ifndef SLUICE_POLICY_VALUE_READERS_H_
#define SLUICE_POLICY_VALUE_READERS_H_

// Reads values of sluice.toml that keys of several tables share: durations, ports, addresses that
// the gateway has or is known by, names. What is wrong goes to ConfigErrors, and then *out keeps
// what was right. One thread.

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "policy/address_range.h"
#include "policy/config_errors.h"
#include "policy/toml_document.h"

namespace sluice {

void ReadDuration(const TomlValue& value, ConfigErrors& errors, absl::Duration* out);
// Also "0s", which means `zero`.
void ReadDurationOrZero(const TomlValue& value, const char* zero, ConfigErrors& errors,
                        absl::Duration* out);
// Whole seconds, as many as Linux takes for TCP; also "0s" where that means something: `zero`.
void ReadSeconds(const TomlValue& value, const char* zero, ConfigErrors& errors,
                 absl::Duration* out);

// 443, "443", "8000-8999", "any". False where it is none.
bool ReadPortRange(const TomlValue& value, ConfigErrors& errors, PortRange* out);

// `value`, a text, as the address of one host that is no group and not zeros. False where it is
// none, or where `taken` has it.
bool ReadHostAddress(const TomlValue& value, const std::vector<Address>& taken,
                     ConfigErrors& errors, Address* out);

// What a set or a group may be called: letters, digits, "-" and "_".
bool IsListName(std::string_view name);

bool HasControl(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_POLICY_VALUE_READERS_H_

#ifndef SLUICE_TOOLS_ADMIN_TOML_JSON_H_
#define SLUICE_TOOLS_ADMIN_TOML_JSON_H_

// Values of sluice.toml as JSON, and back: keys are the same, lists are arrays, a table is an
// object. JSON has no dates, so they are texts there, "2030-12-31" or "2030-12-31T18:00:00Z". Any
// thread.

#include <string_view>

#include "absl/status/statusor.h"
#include "policy/toml_document.h"
#include "policy/toml_edit.h"
#include "tools/admin/json.h"

namespace sluice {

Json JsonOf(const TomlValue& value);

// A value of `key`; the one that is a date, a rule's "expires", may be null for none: then nothing
// is there (kOther). The error is one sentence.
absl::StatusOr<TomlValue> TomlOf(ConfigPart part, std::string_view key, const Json& json);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_TOML_JSON_H_

#ifndef SLUICE_POLICY_TOML_EDIT_VALUES_H_
#define SLUICE_POLICY_TOML_EDIT_VALUES_H_

// A ConfigEdit done on values: what the edited text has to say. Values only, any thread.

#include <cstddef>

#include "absl/status/statusor.h"
#include "policy/toml_document.h"
#include "policy/toml_edit.h"

namespace sluice {

// The root table after `edit`.
absl::StatusOr<TomlValue> EditValues(TomlValue root, const ConfigEdit& edit);

// The place of an entry in the array or table of its part.
absl::StatusOr<size_t> FindEntry(const TomlValue& root, ConfigPart part, const std::string& name);

// Whether two root tables say the same; an empty list or table says nothing.
bool IsSameDocument(TomlValue a, TomlValue b);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_EDIT_VALUES_H_

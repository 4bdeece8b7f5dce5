#ifndef SLUICE_POLICY_TOML_FIELDS_H_
#define SLUICE_POLICY_TOML_FIELDS_H_

// Typed reading of TOML tables: each key goes to the function that reads it, unknown keys are
// refused with a suggestion, and a value of the wrong type is told in the same words everywhere.
// Fields are read in the order of the text, so errors come in it too. One thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "policy/config_errors.h"
#include "policy/toml_document.h"

namespace sluice {

// For a call of ReadTable, whose arguments it does not outlive: it owns nothing, because rules are
// read by the ten thousand.
struct FieldReader {
  std::string_view key;
  absl::FunctionRef<void(const TomlValue&)> read;
};

// Reads the fields of `value`, which must be a table. `name` is what errors call it: `[socks]`.
void ReadTable(const TomlValue& value, const std::string& name,
               absl::Span<const FieldReader> readers, ConfigErrors& errors);

// Each leaves *out alone and adds an error where the value is of another type or out of bounds.
void ReadBoolean(const TomlValue& value, ConfigErrors& errors, bool* out);
void ReadInteger(const TomlValue& value, int64_t min, int64_t max, ConfigErrors& errors,
                 int64_t* out);
// False, with an error that expected `what`, where the value is no text.
bool IsText(const TomlValue& value, const char* what, ConfigErrors& errors);
// The same for an array of at least one item.
bool IsFilledArray(const TomlValue& value, const char* what, ConfigErrors& errors);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_FIELDS_H_

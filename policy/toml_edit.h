#ifndef SLUICE_POLICY_TOML_EDIT_H_
#define SLUICE_POLICY_TOML_EDIT_H_

// Edits the text of sluice.toml as a careful person would: only the bytes of what changes change.
// Comments, order, empty lines, line ends and the way values are written stay.
//
// Whose comments they are: those directly above an entry belong to it, and those directly below it
// where an empty line follows. They move and vanish with it. What an empty line separates stays
// where it is. Within an entry a comment goes only with a value that it stands behind.
//
// Each edit is done twice, on the values and on the text, and the new text must say the edited
// values; so an edit is right or refused. The result is TOML; whether it is a configuration is
// ParseConfig's to say. Text in, text out; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/toml_document.h"

namespace sluice {

// What stands in sluice.toml.
enum class ConfigPart : uint8_t {
  kRule,     // [[rule]]
  kSet,      // [sets.NAME]
  kUser,     // [[user]]
  kGroup,    // a key of [groups], a list
  kTest,     // [[test]]
  kSection,  // [socks], [timeouts], [limits] or [auth]
};

struct ConfigEdit {
  enum class Kind : uint8_t {
    kAdd,        // `value` as `name`, before `before`
    kReplace,    // all of `name` by `value`
    kRemove,     // `name`
    kMove,       // `name`, before `before`
    kRename,     // `name` to `new_name`, and wherever it is named
    kSetKey,     // `key` of `name` to `value`
    kRemoveKey,  // `key` of `name`: its default holds
  };

  Kind kind = Kind::kSetKey;
  ConfigPart part = ConfigPart::kSection;
  std::string name;                   // of a rule or a test without one: "rule 3", "test 3"
  std::string key;                    // kSetKey, kRemoveKey
  TomlValue value;                    // a table; of a group a list; of a key anything
  std::optional<std::string> before;  // kAdd, kMove: an entry of the same part; else the last
  std::string new_name;               // kRename
};

// The edited text. NotFound and AlreadyExists where a name is not there or taken; InvalidArgument
// where the edit or the text before it is wrong; FailedPrecondition where the text is written so
// that it can only be edited by hand.
absl::StatusOr<std::string> Apply(std::string_view text, const ConfigEdit& edit);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_EDIT_H_

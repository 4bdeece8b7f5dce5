#ifndef SLUICE_TOOLS_ADMIN_DRAFT_EDITS_H_
#define SLUICE_TOOLS_ADMIN_DRAFT_EDITS_H_

// What the body of a request asks of the text of a configuration: one entry, or keys of sections,
// as config_entries.cc answers them. Text in, text out; errors are one sentence, as
// policy/toml_edit.h has them. Where a password comes in, it is hashed, which takes a tenth of a
// second. Any thread that may wait.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/toml_edit.h"
#include "tools/admin/json.h"

namespace sluice {

// `body` has the keys of the entry, its name, and where it comes to stand: "before".
absl::StatusOr<std::string> AddEntry(std::string_view text, ConfigPart part, const Json& body);
// The whole entry: a key that is not there, or null, has its default afterwards. Another name is a
// rename. What only the door says ("line") is passed over, so that an answer can be sent back. A
// user without a password keeps it.
absl::StatusOr<std::string> PutEntry(std::string_view text, ConfigPart part,
                                     const std::string& name, const Json& body);
absl::StatusOr<std::string> RemoveEntry(std::string_view text, ConfigPart part,
                                        const std::string& name);
// {"before": "NAME"}, or null for the last.
absl::StatusOr<std::string> MoveEntry(std::string_view text, ConfigPart part,
                                      const std::string& name, const Json& body);
// {"enabled": true}
absl::StatusOr<std::string> EnableRule(std::string_view text, const std::string& name,
                                       const Json& body);
// {"socks": {"port": 1081}, "timeouts": {"idle": null}}; null: the default.
absl::StatusOr<std::string> PatchSettings(std::string_view text, const Json& body);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_DRAFT_EDITS_H_

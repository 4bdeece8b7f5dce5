#ifndef SLUICE_POLICY_TOML_MERGE_H_
#define SLUICE_POLICY_TOML_MERGE_H_

// Rewrites one value of a TOML text so that it says something else and all of it that says the same
// stays as it is written: the items of a list that remain, how they are laid out in lines, and the
// comments between them. Text in, text out; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/toml_document.h"

namespace sluice {

// What an item of a list is that has become another: something else, whose comment behind it goes,
// or the same under another name.
enum class ChangedItem : uint8_t { kReplaced, kRenamed };

// `raw` is how a text writes `before`; the answer writes `after`. `line_end` is what ends a line in
// that text. A comment in a list goes only with an item that it stands behind.
std::string MergeToml(std::string_view raw, const TomlValue& before, const TomlValue& after,
                      std::string_view line_end, ChangedItem changed = ChangedItem::kReplaced);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_MERGE_H_

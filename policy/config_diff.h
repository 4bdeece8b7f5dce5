#ifndef SLUICE_POLICY_CONFIG_DIFF_H_
#define SLUICE_POLICY_CONFIG_DIFF_H_

// What two texts of sluice.toml say differently, entry by entry, each in one sentence: rules that
// came, went, changed, moved or have another name, sets by how many entries, keys by their values.
// A key that is not written says its default. Needs TOML only, not configurations without mistakes.
// No password is told, nor its hash. Values only, any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/config.h"
#include "policy/toml_document.h"
#include "policy/toml_edit.h"

namespace sluice {

struct ConfigChange {
  enum class Op : uint8_t { kAdded, kRemoved, kChanged, kMoved, kRenamed };

  ConfigPart part = ConfigPart::kRule;  // kSection: a key, whose name is "socks.port"
  Op op = Op::kChanged;
  std::string name;    // afterwards; of what is removed its last one
  std::string from;    // kRenamed: the name before; kMoved: the place, counting from 1
  std::string before;  // what it said, as TOML; empty where that says nothing or is secret
  std::string after;
  std::string text;
};

// "added", …; and "rule", …, where a key is "key".
std::string_view ChangeWord(ConfigChange::Op op);
std::string_view ChangedPartWord(ConfigPart part);

// One of the two. With `config`, what the text means, entries in list files are counted too.
struct ConfigSide {
  std::string_view text;
  const Config* config = nullptr;
};

// More changes than anybody reads are only counted.
inline constexpr size_t kConfigChangesMax = 1000;
struct ConfigDiff {
  std::vector<ConfigChange> changes;
  size_t left_out = 0;
};

// `defaults`: a root table with all keys of the sections. InvalidArgument where a text is no TOML.
absl::StatusOr<ConfigDiff> DiffConfigs(const ConfigSide& before, const ConfigSide& after,
                                       const TomlValue& defaults);

}  // namespace sluice

#endif  // SLUICE_POLICY_CONFIG_DIFF_H_

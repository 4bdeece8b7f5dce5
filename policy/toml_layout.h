#ifndef SLUICE_POLICY_TOML_LAYOUT_H_
#define SLUICE_POLICY_TOML_LAYOUT_H_

// TomlLayout: where the headers, keys and values of a TOML text stand, by byte, and what comments
// and empty lines are between them: what an editor of the text needs and a tree of values does not
// have. Made for texts that ParseToml took; of another it says something, in bounds. Any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace sluice {

// Bytes of a text: at most limits::kConfigBytesMax, and so far below 2^32.
struct TomlSpan {
  uint32_t begin = 0;
  uint32_t end = 0;

  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Where something stands in the tree of values: keys from the root, a place in an array as a
// number: rule, 3, egress.
using TomlPath = std::vector<std::string>;

// `key = value`.
struct TomlKey {
  TomlSpan lines;  // whole lines, with what is behind the value and the end of the line
  TomlSpan key;
  TomlSpan value;
};

// A header, `[x]` or `[[x]]`, and what stands under it.
struct TomlSection {
  TomlSpan header;  // between the brackets
  TomlSpan lines;   // of the header; empty for what stands above all headers
  TomlPath path;
  uint32_t keys_begin = 0;  // places in TomlLayout::keys
  uint32_t keys_end = 0;
};

struct TomlLayout {
  // The first one has no header, it is what stands above all.
  std::vector<TomlSection> sections;
  std::vector<TomlKey> keys;
  absl::flat_hash_map<std::string, uint32_t> section_of;  // JoinPath of its path

  // Where its header and its own keys end.
  uint32_t EndOf(const TomlSection& section) const;
};

// `text` ends in a line end, or is empty.
TomlLayout LayOutToml(std::string_view text);

// One word for a path, so that it can be looked up.
std::string JoinPath(const TomlPath& path);
bool IsBelow(const TomlPath& path, const TomlPath& above);  // or the same

// The parts of a key or of what is between the brackets of a header: as spans of `text`, and as
// what they mean.
std::vector<TomlSpan> KeyParts(std::string_view text, TomlSpan key);
TomlPath KeyWords(std::string_view text, TomlSpan key);

// The items of an array, or the fields of an inline table, `value` being all of it.
std::vector<TomlSpan> ItemSpans(std::string_view text, TomlSpan value);
struct TomlFieldSpan {
  TomlSpan key;
  TomlSpan value;
};
std::vector<TomlFieldSpan> FieldSpans(std::string_view text, TomlSpan value);

// --- Lines. `at` is where one begins.

bool IsCommentLine(std::string_view text, size_t at);
bool IsEmptyLine(std::string_view text, size_t at);
// Where the line behind and the line before begin.
size_t NextLine(std::string_view text, size_t at);
size_t LineBefore(std::string_view text, size_t at);

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_LAYOUT_H_

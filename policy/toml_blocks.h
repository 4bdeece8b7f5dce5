#ifndef SLUICE_POLICY_TOML_BLOCKS_H_
#define SLUICE_POLICY_TOML_BLOCKS_H_

// TomlBlocks: cuts and pastes whole entries of a TOML text, with the comments that belong to them
// and the empty lines that keep them apart. Gathers changes of one text, and makes them at the end.
// What it is told stands where a TomlLayout of that text says. One thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/toml_layout.h"

namespace sluice {

// Whole lines of an entry.
struct TomlBlock {
  uint32_t begin = 0;
  uint32_t end = 0;
  // Entries such as [[rule]] stand apart, keys such as those of [groups] may stand together.
  bool is_section = true;
};

class TomlBlocks {
 public:
  // Both outlive it.
  TomlBlocks(std::string_view text, const TomlLayout& layout);

  std::string_view line_end() const { return line_end_; }

  // A section and those below it that follow; or a key.
  TomlBlock OfSection(size_t section) const;
  TomlBlock OfKey(const TomlSection& section, uint32_t key) const;

  void Replace(TomlSpan span, std::string with);
  void InsertBefore(const TomlBlock& target, std::string block);
  void InsertAfter(const TomlBlock& target, std::string block);
  // Behind all else.
  void Append(std::string block);
  void Remove(const TomlBlock& block);

  // Changes do not overlap; what is inserted at one place stands in the order of the calls.
  std::string Finish();

 private:
  struct Splice {
    uint32_t begin = 0;
    uint32_t end = 0;
    std::string with;
  };
  // Empty lines next to a place, and where they end.
  struct Gap {
    size_t lines = 0;
    uint32_t at = 0;
    bool to_the_end = false;  // nothing but them is there
  };

  size_t CommentsAbove(size_t begin, size_t floor) const;
  size_t CommentsBelow(size_t end) const;
  Gap Above(uint32_t at) const;
  Gap Below(uint32_t at) const;
  bool IsComment(std::string_view block) const;  // its last line
  std::string Lines(size_t count) const;

  const std::string_view text_;
  const TomlLayout& layout_;
  const uint32_t top_;  // behind a byte order mark
  const std::string_view line_end_;
  std::vector<Splice> splices_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_TOML_BLOCKS_H_

#ifndef SLUICE_POLICY_NAME_SET_H_
#define SLUICE_POLICY_NAME_SET_H_

// NameSet: a host name to the row of all members whose patterns match it: the name itself, or "*."
// of a name above it. One hash table of all names and of every name above them, walked from the
// top-level domain down until a name is not in it, so that a lookup costs as many steps as the
// deepest name that is known, however long the asked one is. Built at once; then read only, any
// thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/name_list.h"
#include "policy/row_table.h"

namespace sluice {

class NameSet {
 public:
  class Builder;

  // Matches nothing.
  NameSet() = default;

  // `name` as a client sent it: any bytes, any case, with or without one trailing dot.
  Row Find(std::string_view name) const;

  template <typename Map>
  void MapRows(Map map) {
    for (Slot& slot : slots_) {
      slot.exact = map(slot.exact);
      slot.below = map(slot.below);
    }
  }

 private:
  // Four to a cache line.
  struct Slot {
    uint32_t tag = 0;       // of the name's hash
    uint32_t text = 0;      // where the name starts in text_; 0: the slot is free
    Row exact = kEmptyRow;  // of the name itself
    Row below = kEmptyRow;  // of names below it
  };

  // `name` in lower case. Null where it is not in the table.
  const Slot* FindSlot(uint64_t hash, std::string_view name) const;

  // Names, each with a NUL behind it; a name above shares its end. The first byte is unused, and
  // behind the last NUL are as many more as a comparison with the longest name may touch.
  std::string text_;
  std::vector<Slot> slots_;  // as many as a power of two, some of them free
};

class NameSet::Builder {
 public:
  Builder();

  // `pattern` as NameList holds it; `row` is of the members that have it.
  void Add(const NamePattern& pattern, Row row, RowBuilder& rows);
  NameSet Build(RowBuilder& rows) &&;

 private:
  struct Node {
    uint64_t hash = 0;
    uint32_t text = 0;
    uint32_t parent = 0;
    Row exact = kEmptyRow;
    Row below = kEmptyRow;
  };

  // The node of `name`, the end of what was appended to text_ last; made where there is none.
  uint32_t Touch(uint64_t hash, std::string_view name, uint32_t parent);
  void Grow();

  std::string text_;
  std::vector<Node>
      nodes_;  // [0] is the root, above all top-level domains; parents stand before their children
  std::vector<uint32_t> table_;  // open addressing to nodes_, 0: free
};

}  // namespace sluice

#endif  // SLUICE_POLICY_NAME_SET_H_

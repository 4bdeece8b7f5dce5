#ifndef SLUICE_POLICY_NAME_LIST_H_
#define SLUICE_POLICY_NAME_LIST_H_

// NameList: many host names and suffixes in one piece of memory, since a list may have millions.
// Names are held as they are compared: lower case, no trailing dot, no "*.". Filled by one thread,
// then read by any.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct NamePattern {
  std::string_view name;
  // "*.example.com": every name below example.com, not example.com itself. Else exactly the name.
  bool below = false;
};

class NameList {
 public:
  void Add(std::string_view name, bool below) {
    entries_.push_back(
        {static_cast<uint32_t>(text_.size()), static_cast<uint8_t>(name.size()), below});
    text_.append(name);
  }
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  NamePattern operator[](size_t i) const {
    const Entry& entry = entries_[i];
    return {std::string_view(text_).substr(entry.offset, entry.length), entry.below};
  }

 private:
  struct Entry {
    uint32_t offset;  // limits::kConfigBytesMax bounds the text of one list far below 4 GB
    uint8_t length;
    bool below;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

}  // namespace sluice

#endif  // SLUICE_POLICY_NAME_LIST_H_

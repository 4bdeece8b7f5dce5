#include "tools/sluicectl/keys.h"

#include <optional>

namespace sluice {

namespace {

using Kind = Key::Kind;

// What stands behind "ESC [" or "ESC O", to its last byte.
std::optional<Kind> KindOf(std::string_view sequence) {
  if (sequence == "A") return Kind::kUp;
  if (sequence == "B") return Kind::kDown;
  if (sequence == "H" || sequence == "1~" || sequence == "7~") return Kind::kFirst;
  if (sequence == "F" || sequence == "4~" || sequence == "8~") return Kind::kLast;
  if (sequence == "5~") return Kind::kPageUp;
  if (sequence == "6~") return Kind::kPageDown;
  return std::nullopt;
}

bool EndsSequence(char c) { return c >= 0x40 && c <= 0x7e; }

}  // namespace

std::vector<Key> KeysOf(std::string_view bytes) {
  std::vector<Key> keys;
  while (!bytes.empty()) {
    const char first = bytes[0];
    if (first == '\x1b' && bytes.size() > 2 && (bytes[1] == '[' || bytes[1] == 'O')) {
      size_t last = 2;
      while (last + 1 < bytes.size() && !EndsSequence(bytes[last])) ++last;
      const std::optional<Kind> kind = KindOf(bytes.substr(2, last - 1));
      if (kind.has_value()) keys.push_back({*kind});
      bytes.remove_prefix(last + 1);
      continue;
    }
    if (first == '\x1b') {
      keys.push_back({Kind::kEscape});
    } else if (first == '\r' || first == '\n') {
      keys.push_back({Kind::kEnter});
    } else if (first == '\x7f' || first == '\b') {
      keys.push_back({Kind::kBackspace});
    } else {
      keys.push_back({Kind::kByte, first});
    }
    bytes.remove_prefix(1);
  }
  return keys;
}

}  // namespace sluice

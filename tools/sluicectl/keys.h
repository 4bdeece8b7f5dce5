#ifndef SLUICE_TOOLS_SLUICECTL_KEYS_H_
#define SLUICE_TOOLS_SLUICECTL_KEYS_H_

// What a terminal sends while somebody presses keys, as keys.

#include <string_view>
#include <vector>

namespace sluice {

struct Key {
  enum class Kind {
    kByte,
    kUp,
    kDown,
    kPageUp,
    kPageDown,
    kFirst,
    kLast,
    kEnter,
    kBackspace,
    kEscape
  };

  Kind kind = Kind::kByte;
  char byte = 0;  // of kByte: what was typed, one byte of UTF-8 at a time

  friend bool operator==(const Key&, const Key&) = default;
};

// Of what was read at once. An escape with nothing behind it is the key itself; sequences of keys
// that mean nothing here are dropped whole, so that no letter of theirs counts as typed.
std::vector<Key> KeysOf(std::string_view bytes);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_KEYS_H_

#include "tools/sluicectl/safe_text.h"

#include <langinfo.h>
#include <wchar.h>

#include <cstdint>
#include <cstring>

#include "absl/strings/str_format.h"

namespace sluice {

namespace {

// One character of UTF-8: how many bytes, and which. 0 bytes where it is none.
struct Character {
  size_t bytes = 0;
  uint32_t code = 0;
};

Character FirstOf(std::string_view text) {
  const auto byte = [&text](size_t at) { return static_cast<uint8_t>(text[at]); };
  if (byte(0) < 0x80) return {1, byte(0)};
  const size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return {};
  uint32_t code = byte(0) & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kLeast[length] || code > 0x10ffff || surrogate ? Character{}
                                                               : Character{length, code};
}

// Marks that turn the direction of text, or hide in it.
bool Misleads(uint32_t code) {
  return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0xad ||
         (code >= 0xe0000 && code <= 0xe007f);
}

int WidthOf(uint32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7f ? 1 : -1;
  if (code < 0xa0 || Misleads(code) || !ShowsUtf8()) return -1;
  return wcwidth(static_cast<wchar_t>(code));
}

}  // namespace

bool ShowsUtf8() { return std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

std::string SafeText(std::string_view text, std::string_view kept) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Character first = FirstOf(text);
    if (first.bytes == 0) {
      absl::StrAppendFormat(&safe, "\\x%02x", static_cast<uint8_t>(text[0]));
    } else if (WidthOf(first.code) >= 0 || (first.code < 0x80 && kept.find(text[0]) != kept.npos)) {
      safe.append(text.substr(0, first.bytes));
    } else {
      first.code < 0x80 ? absl::StrAppendFormat(&safe, "\\x%02x", first.code)
                        : absl::StrAppendFormat(&safe, "\\u%04x", first.code);
    }
    text.remove_prefix(first.bytes == 0 ? 1 : first.bytes);
  }
  return safe;
}

size_t ColumnsOf(std::string_view safe) {
  size_t columns = 0;
  while (!safe.empty()) {
    const Character first = FirstOf(safe);
    const int width = first.bytes == 0 ? 1 : WidthOf(first.code);
    columns += static_cast<size_t>(width > 0 ? width : 0);
    safe.remove_prefix(first.bytes == 0 ? 1 : first.bytes);
  }
  return columns;
}

std::string Shortened(std::string_view safe, size_t columns) {
  if (ColumnsOf(safe) <= columns) return std::string(safe);
  const std::string_view mark = ShowsUtf8() ? "…" : "~";
  std::string shorter;
  size_t left = columns == 0 ? 0 : columns - 1;
  while (!safe.empty()) {
    const Character first = FirstOf(safe);
    const size_t bytes = first.bytes == 0 ? 1 : first.bytes;
    const size_t width = ColumnsOf(safe.substr(0, bytes));
    if (width > left) break;
    left -= width;
    shorter.append(safe.substr(0, bytes));
    safe.remove_prefix(bytes);
  }
  if (columns > 0) shorter.append(mark);
  return shorter;
}

}  // namespace sluice

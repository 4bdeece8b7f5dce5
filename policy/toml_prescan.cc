#include "policy/toml_prescan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/give_way.h"

namespace sluice {
namespace {

bool IsBeyondAscii(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// A quote inside a word, as in `1"ü"`, opens no string for the library: it goes on to read the
// word.
bool OpensString(std::string_view text, size_t at) {
  return at == 0 ||
         std::string_view(" \t\r\n=,[{.\xbf").find(text[at - 1]) != std::string_view::npos;
}

// Walks over the string that opens at *at, to the byte behind it. False, and *at on the byte, where
// a letter beyond ASCII stands where the library looks for white space.
bool SkipString(std::string_view text, size_t* at) {
  const char quote = text[*at];
  const bool multi_line = text.substr(*at, 3) == std::string_view(quote == '"' ? R"(""")" : "'''");
  size_t& i = *at;
  i += multi_line ? 3 : 1;
  while (i < text.size()) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
      if (!multi_line) {
        ++i;
        continue;
      }
      const size_t next = std::min(text.find_first_not_of(" \t\r\n", i), text.size());
      if (next < text.size() && IsBeyondAscii(text[next])) {
        i = next;
        return false;
      }
      i = std::max(i + 1, next);
    } else if (text[i] == '\n' && !multi_line) {
      return true;  // an error of syntax
    } else if (text[i] != quote) {
      ++i;
    } else if (!multi_line) {
      ++i;
      return true;
    } else {
      size_t quotes = 0;
      while (i + quotes < text.size() && text[i + quotes] == quote) ++quotes;
      i += quotes;
      if (quotes >= 3) return true;  // up to two quotes may stand before the closing three
    }
  }
  i = text.size();
  return true;
}

}  // namespace

std::optional<TomlHazard> FindTomlHazard(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  int parts = 1;
  size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (i < text.size()) {
    switch (text[i]) {
      case '"':
      case '\'':
        if (!OpensString(text, i)) break;
        if (!SkipString(text, &i)) {
          return TomlHazard{i, "ASCII first behind a line that ends in a backslash",
                            "another letter", "join the two lines"};
        }
        continue;
      case '#': i = std::min(text.find('\n', i), text.size()); continue;
      case '.':
        if (++parts > kTomlKeyPartsMax) {
          return TomlHazard{i, absl::StrCat("a key with at most ", kTomlKeyPartsMax, " parts"),
                            "one more", "shorten the key"};
        }
        break;
      case '=':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}': parts = 1; break;
      case '\n':
        GiveWay();
        parts = 1;
        break;
      default:
        if (IsBeyondAscii(text[i])) {
          return TomlHazard{i, "ASCII outside texts and comments", "another letter",
                            "put texts in double quotes"};
        }
        break;
    }
    ++i;
  }
  return std::nullopt;
}

}  // namespace sluice

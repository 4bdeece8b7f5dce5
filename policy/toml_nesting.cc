#include "policy/toml_nesting.h"

namespace sluice {
namespace {

// The offset just behind the string that opens at `at`.
size_t SkipString(std::string_view text, size_t at) {
  const char quote = text[at];
  const bool multi_line = text.substr(at, 3) == std::string_view(quote == '"' ? R"(""")" : "'''");
  size_t i = at + (multi_line ? 3 : 1);
  while (i < text.size()) {
    if (text[i] == '\\' && quote == '"') {
      i += 2;
    } else if (text[i] == '\n' && !multi_line) {
      return i;  // an error of syntax
    } else if (text[i] != quote) {
      ++i;
    } else if (!multi_line) {
      return i + 1;
    } else {
      size_t quotes = 0;
      while (i + quotes < text.size() && text[i + quotes] == quote) ++quotes;
      i += quotes;
      if (quotes >= 3) return i;  // up to two quotes may stand before the closing three
    }
  }
  return text.size();
}

}  // namespace

std::optional<size_t> FindTooDeepKey(std::string_view text) {
  int parts = 1;
  size_t i = 0;
  while (i < text.size()) {
    switch (text[i]) {
      case '"':
      case '\'':
        i = SkipString(text, i);
        continue;
      case '#':
        while (i < text.size() && text[i] != '\n') ++i;
        continue;
      case '.':
        if (++parts > kTomlKeyPartsMax) return i;
        break;
      case '=':
      case ',':
      case '[':
      case ']':
      case '{':
      case '}':
      case '\n':
        parts = 1;
        break;
      default:
        break;
    }
    ++i;
  }
  return std::nullopt;
}

}  // namespace sluice

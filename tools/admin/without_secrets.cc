#include "tools/admin/without_secrets.h"

#include <array>

#include "absl/strings/ascii.h"

namespace sluice {
namespace {

constexpr std::string_view kBlank = "\"(left out)\"";

bool StartsWithWord(std::string_view text) {
  for (const std::string_view word : {"password", "secret"}) {
    if (text.size() >= word.size() &&
        absl::AsciiStrToLower(std::string(text.substr(0, word.size()))) == word) {
      return true;
    }
  }
  return false;
}

size_t SkipBlanks(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

// Behind the string that begins at `at`; behind the line where it has no end, or where it is none.
size_t EndOfValue(std::string_view text, size_t at) {
  const size_t line = std::min(text.find('\n', at), text.size());
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return line;
  const std::string_view one = text.substr(at, 1);
  const std::string three(3, one[0]);
  if (text.substr(at, 3) == three) {
    const size_t end = text.find(three, at + 3);
    return end == text.npos ? text.size() : end + 3;
  }
  for (size_t i = at + 1; i < line; ++i) {
    if (text[i] == '\\' && one[0] == '"') {
      ++i;
    } else if (text[i] == one[0]) {
      return i + 1;
    }
  }
  return line;
}

// "$y$j9T$…", as crypt(5) has it: a method between two dollars, and no blank.
size_t EndOfHash(std::string_view text, size_t at) {
  if (text[at] != '$') return at;
  size_t end = at + 1;
  while (end < text.size() && absl::ascii_isalnum(static_cast<unsigned char>(text[end]))) ++end;
  if (end == at + 1 || end - at > 12 || end >= text.size() || text[end] != '$') return at;
  const auto of_hash = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("$./,=+-").find(c) != std::string_view::npos;
  };
  while (end < text.size() && of_hash(text[end])) ++end;
  return end;
}

// Where the value of a key that begins here stands, or npos.
size_t ValueOfSecret(std::string_view text, size_t at) {
  if (!StartsWithWord(text.substr(at))) return text.npos;
  while (at < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[at])) ||
                              text[at] == '_' || text[at] == '-'))
    ++at;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;
  at = SkipBlanks(text, at);
  return at < text.size() && text[at] == '=' ? SkipBlanks(text, at + 1) : text.npos;
}

}  // namespace

std::string WithoutSecrets(std::string_view text) {
  std::string kept;
  for (size_t at = 0; at < text.size();) {
    if (const size_t value = ValueOfSecret(text, at); value != text.npos) {
      kept.append(text.substr(at, value - at)).append(kBlank);
      at = EndOfValue(text, value);
    } else if (const size_t end = EndOfHash(text, at); end > at) {
      kept.append("(left out)");
      at = end;
    } else {
      kept.push_back(text[at++]);
    }
  }
  return kept;
}

}  // namespace sluice

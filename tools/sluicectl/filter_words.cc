#include "tools/sluicectl/filter_words.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice {

namespace {

// Where the value of a term starts: behind key and operator. npos where it is no term.
size_t ValueStart(std::string_view term) {
  size_t at = 0;
  while (at < term.size() &&
         (absl::ascii_islower(static_cast<unsigned char>(term[at])) || term[at] == '_'))
    ++at;
  if (at == 0 || at == term.size()) return term.npos;
  if (term[at] == '!') ++at;
  return at < term.size() && (term[at] == '=' || term[at] == '<' || term[at] == '>') ? at + 1
                                                                                     : term.npos;
}

std::string TermOf(const std::string& word) {
  const size_t value = ValueStart(word);
  if (value == word.npos || word.find_first_of(" \t") == word.npos) return word;
  if (word.find('"') != word.npos) return word;  // quoted already
  const std::vector<std::string> pieces =
      absl::StrSplit(word, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  const bool terms = std::all_of(pieces.begin(), pieces.end(), [](const std::string& piece) {
    return ValueStart(piece) != piece.npos;
  });
  return terms ? word : absl::StrCat(word.substr(0, value), "\"", word.substr(value), "\"");
}

}  // namespace

std::string FilterOf(const std::vector<std::string>& words) {
  std::string filter;
  for (const std::string& word : words)
    absl::StrAppend(&filter, filter.empty() ? "" : " ", TermOf(word));
  return filter;
}

bool IsSessionName(const std::string& word) {
  const size_t dash = word.find('-');
  const auto number = [](std::string_view digits) {
    return !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                          [](unsigned char c) { return absl::ascii_isxdigit(c); });
  };
  return dash != word.npos && number(std::string_view(word).substr(0, dash)) &&
         number(std::string_view(word).substr(dash + 1));
}

const std::vector<const char*>& FilterKeys() {
  static const std::vector<const char*> keys = {
      "session", "client",  "user", "destination", "target", "rule",     "state",
      "command", "version", "port", "age",         "bytes",  "bytes_up", "bytes_down"};
  return keys;
}

}  // namespace sluice

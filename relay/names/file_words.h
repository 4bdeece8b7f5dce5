#ifndef SLUICE_RELAY_NAMES_FILE_WORDS_H_
#define SLUICE_RELAY_NAMES_FILE_WORDS_H_

// Lines and words of resolv.conf(5) and hosts(5), with what is common to both: blanks between
// words, a comment behind one of some characters. Any thread.

#include <algorithm>
#include <string_view>

namespace sluice {

// Takes the next line off the text, without its comment.
inline std::string_view TakeLine(std::string_view* text, std::string_view comment) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line.substr(0, line.find_first_of(comment));
}

// Takes the next word off the line; empty at its end.
inline std::string_view TakeWord(std::string_view* line) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  const size_t begin = std::min(line->find_first_not_of(kBlanks), line->size());
  const size_t end = std::min(line->find_first_of(kBlanks, begin), line->size());
  const std::string_view word = line->substr(begin, end - begin);
  line->remove_prefix(end);
  return word;
}

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_FILE_WORDS_H_

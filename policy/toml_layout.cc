#include "policy/toml_layout.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/give_way.h"
#include "policy/toml_document.h"

namespace sluice {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsQuote(char c) { return c == '"' || c == '\''; }

size_t SkipBlanks(std::string_view text, size_t at) {
  return std::min(text.find_first_not_of(kBlanks, at), text.size());
}

size_t TrimBlanks(std::string_view text, size_t begin, size_t end) {
  while (end > begin && (kBlanks.find(text[end - 1]) != kBlanks.npos || text[end - 1] == '\r'))
    --end;
  return end;
}

// Behind the string that opens at `at`.
size_t StringEnd(std::string_view text, size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool multi_line = text.substr(at, 3) == three;
  size_t i = at + (multi_line ? 3 : 1);
  while (i < text.size()) {
    if (quote == '"' && text[i] == '\\') {
      i += 2;
    } else if (text[i] != quote) {
      ++i;
    } else if (!multi_line) {
      return i + 1;
    } else if (text.substr(i, 3) == three) {
      while (i < text.size() && text[i] == quote) ++i;  // up to two quotes may stand before three
      return i;
    } else {
      ++i;
    }
  }
  return text.size();
}

// Over strings, comments and all else, one step at a time.
size_t Step(std::string_view text, size_t at) {
  if (IsQuote(text[at])) return StringEnd(text, at);
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  return at + 1;
}

// Behind the value that starts at `at`.
size_t ValueEnd(std::string_view text, size_t at) {
  if (at >= text.size()) return text.size();
  if (IsQuote(text[at])) return StringEnd(text, at);
  if (text[at] != '[' && text[at] != '{') {
    const size_t end = std::min(text.find_first_of(",]}#\n", at), text.size());
    return TrimBlanks(text, at, end);
  }
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    at = Step(text, at);
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return at;
  }
  return text.size();
}

// The '=' behind a key, or the end of what is between brackets.
size_t KeyEnd(std::string_view text, size_t at, char closing) {
  while (at < text.size() && text[at] != closing && text[at] != '\n') {
    at = IsQuote(text[at]) ? StringEnd(text, at) : at + 1;
  }
  return std::min(at, text.size());
}

TomlSpan Span(size_t begin, size_t end) {
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

// The next byte of an array or a table that is neither white space, comma nor comment.
size_t NextItem(std::string_view text, size_t at) {
  while (at < text.size()) {
    if (text[at] == '#') {
      at = Step(text, at);
    } else if (std::string_view(" \t\r\n,").find(text[at]) == std::string_view::npos) {
      break;
    } else {
      ++at;
    }
  }
  return at;
}

std::string KeyWord(std::string_view part) {
  if (part.size() < 2 || !IsQuote(part[0])) return std::string(part);
  if (part[0] == '\'' || part.find('\\') == part.npos)
    return std::string(part.substr(1, part.size() - 2));
  const auto read = ParseToml(absl::StrCat(std::string(part), " = 0\n"));
  const TomlValue* const table = std::get_if<TomlValue>(&read);
  return table != nullptr && !table->fields.empty() ? table->fields[0].key : std::string(part);
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  TomlLayout Run() {
    size_t at = text_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    out_.sections.push_back({Span(at, at), Span(at, at), {}, 0, 0});
    while (at < text_.size()) {
      GiveWay();
      const size_t first = SkipBlanks(text_, at);
      if (IsEmptyLine(text_, at) || IsCommentLine(text_, at)) {
        at = NextLine(text_, at);
      } else if (text_[first] == '[') {
        at = AddSection(at, first);
      } else {
        at = AddKey(at, first);
      }
    }
    for (uint32_t i = 0; i < out_.sections.size(); ++i)
      out_.section_of.try_emplace(JoinPath(out_.sections[i].path), i);
    return std::move(out_);
  }

 private:
  size_t AddSection(size_t line, size_t first) {
    const bool is_array = text_.substr(first, 2) == "[[";
    const size_t begin = first + (is_array ? 2 : 1);
    const size_t end = KeyEnd(text_, begin, ']');
    TomlSection section;
    section.header = Span(begin, end);
    section.lines = Span(line, NextLine(text_, end));
    section.path = Resolve(KeyWords(text_, section.header), is_array);
    section.keys_begin = section.keys_end = static_cast<uint32_t>(out_.keys.size());
    const size_t next = section.lines.end;
    out_.sections.push_back(std::move(section));
    return next;
  }

  // A header names an array and means its last table.
  TomlPath Resolve(TomlPath words, bool is_array) {
    TomlPath path;
    for (size_t i = 0; i < words.size(); ++i) {
      path.push_back(std::move(words[i]));
      const bool is_new = is_array && i + 1 == words.size();
      const std::string name = JoinPath(path);
      const auto array = is_new ? arrays_.try_emplace(name, 0).first : arrays_.find(name);
      if (array == arrays_.end()) continue;
      if (is_new) ++array->second;
      path.push_back(absl::StrCat(array->second - 1));
    }
    return path;
  }

  size_t AddKey(size_t line, size_t first) {
    const size_t equals = KeyEnd(text_, first, '=');
    const size_t value = SkipBlanks(text_, std::min(equals + 1, text_.size()));
    const size_t end = ValueEnd(text_, value);
    const size_t next = NextLine(text_, end);
    out_.keys.push_back(
        {Span(line, next), Span(first, TrimBlanks(text_, first, equals)), Span(value, end)});
    out_.sections.back().keys_end = static_cast<uint32_t>(out_.keys.size());
    return next;
  }

  const std::string_view text_;
  absl::flat_hash_map<std::string, uint32_t> arrays_;  // how many tables each has
  TomlLayout out_;
};

}  // namespace

uint32_t TomlLayout::EndOf(const TomlSection& section) const {
  return section.keys_end > section.keys_begin ? keys[section.keys_end - 1].lines.end
                                               : section.lines.end;
}

TomlLayout LayOutToml(std::string_view text) { return Scan(text).Run(); }

std::string JoinPath(const TomlPath& path) {
  return absl::StrJoin(path, absl::string_view("\0", 1));
}

bool IsBelow(const TomlPath& path, const TomlPath& above) {
  return path.size() >= above.size() && std::equal(above.begin(), above.end(), path.begin());
}

std::vector<TomlSpan> KeyParts(std::string_view text, TomlSpan key) {
  std::vector<TomlSpan> parts;
  size_t at = key.begin;
  while (at <= key.end) {
    const size_t begin = std::min<size_t>(SkipBlanks(text, at), key.end);
    size_t end = begin;
    while (end < key.end && text[end] != '.')
      end = IsQuote(text[end]) ? std::min<size_t>(StringEnd(text, end), key.end) : end + 1;
    parts.push_back(Span(begin, TrimBlanks(text, begin, end)));
    at = end + 1;
  }
  return parts;
}

TomlPath KeyWords(std::string_view text, TomlSpan key) {
  TomlPath words;
  for (const TomlSpan& part : KeyParts(text, key)) words.push_back(KeyWord(part.In(text)));
  return words;
}

std::vector<TomlSpan> ItemSpans(std::string_view text, TomlSpan value) {
  std::vector<TomlSpan> items;
  size_t at = NextItem(text, value.begin + 1);
  while (at + 1 < value.end) {
    const size_t end = ValueEnd(text, at);
    items.push_back(Span(at, end));
    at = NextItem(text, std::max(end, at + 1));
  }
  return items;
}

std::vector<TomlFieldSpan> FieldSpans(std::string_view text, TomlSpan value) {
  std::vector<TomlFieldSpan> fields;
  size_t at = NextItem(text, value.begin + 1);
  while (at + 1 < value.end) {
    const size_t equals = KeyEnd(text, at, '=');
    const size_t begin = SkipBlanks(text, std::min(equals + 1, text.size()));
    const size_t end = ValueEnd(text, begin);
    fields.push_back({Span(at, TrimBlanks(text, at, equals)), Span(begin, end)});
    at = NextItem(text, std::max(end, at + 1));
  }
  return fields;
}

bool IsCommentLine(std::string_view text, size_t at) {
  const size_t first = SkipBlanks(text, at);
  return first < text.size() && text[first] == '#';
}

bool IsEmptyLine(std::string_view text, size_t at) {
  const size_t first = SkipBlanks(text, at);
  return first < text.size() && (text[first] == '\n' || text.substr(first, 2) == "\r\n");
}

size_t NextLine(std::string_view text, size_t at) {
  const size_t end = text.find('\n', std::min(at, text.size()));
  return end == text.npos ? text.size() : end + 1;
}

size_t LineBefore(std::string_view text, size_t at) {
  if (at < 2) return 0;
  return text.rfind('\n', at - 2) + 1;  // npos + 1 is 0
}

}  // namespace sluice

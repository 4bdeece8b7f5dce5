#ifndef SLUICE_RELAY_LOG_JSON_LINE_H_
#define SLUICE_RELAY_LOG_JSON_LINE_H_

// JsonLine: one JSON object, written field by field in the order of assignment, for a log with a
// line per session. Not a document: nothing is read back or changed, and a key is a literal that is
// used once. Text is escaped to ASCII; bytes that are not UTF-8 become U+FFFD. Any thread.

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

class JsonLine {
 public:
  class Field {
   public:
    void operator=(std::string_view text) && { line_.AppendText(text); }
    template <std::integral Number>
    requires(!std::same_as<Number, bool>) void operator=(Number number) && {
      absl::StrAppend(&line_.text_, number);
    }

   private:
    friend class JsonLine;
    explicit Field(JsonLine& line) : line_(line) {}
    JsonLine& line_;
  };

  JsonLine() { text_.reserve(512); }

  Field operator[](std::string_view key) {
    text_.append(text_.empty() ? "{\"" : ",\"").append(key).append("\":");
    return Field(*this);
  }
  // With its newline. The line is used up.
  std::string Finish() && {
    text_.append(text_.empty() ? "{}\n" : "}\n");
    return std::move(text_);
  }

 private:
  void AppendText(std::string_view text);

  std::string text_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_LOG_JSON_LINE_H_

#include "proto/ident.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace sluice {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view WithoutLeadingBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view Trimmed(std::string_view text) {
  text = WithoutLeadingBlanks(text);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// What stands before the next `separator`, which is taken too. Nothing where there is none.
std::optional<std::string_view> TakeUntil(std::string_view* text, char separator) {
  const size_t end = text->find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end + 1);
  return taken;
}

bool IsPort(std::string_view text, uint16_t port) {
  text = Trimmed(text);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number == port;
}

bool Equals(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
    return a == b || (a >= 'a' && a <= 'z' && a - 'a' + 'A' == b);
  });
}

}  // namespace

IdentQueryText::IdentQueryText(uint16_t their_port, uint16_t our_port) {
  char* at = std::to_chars(bytes_.data(), bytes_.data() + 5, their_port).ptr;
  for (const char c : {' ', ',', ' '}) *at++ = c;
  at = std::to_chars(at, at + 5, our_port).ptr;
  for (const char c : {'\r', '\n'}) *at++ = c;
  size_ = static_cast<uint8_t>(at - bytes_.data());
}

IdentAnswer::Outcome IdentAnswer::Feed(absl::Span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) {
    if (byte == '\n') {
      std::string_view line(line_.data(), size_);
      if (line.ends_with('\r')) line.remove_suffix(1);
      return OnLine(line);
    }
    if (byte == 0 || size_ == line_.size()) return Outcome::kBroken;
    line_[size_++] = static_cast<char>(byte);
  }
  return Outcome::kMore;
}

IdentAnswer::Outcome IdentAnswer::OnLine(std::string_view line) {
  if (line.find('\r') != std::string_view::npos) return Outcome::kBroken;
  const std::optional<std::string_view> theirs = TakeUntil(&line, ',');
  if (!theirs || !IsPort(*theirs, their_port_)) return Outcome::kBroken;
  const std::optional<std::string_view> ours = TakeUntil(&line, ':');
  if (!ours || !IsPort(*ours, our_port_)) return Outcome::kBroken;
  const std::optional<std::string_view> kind = TakeUntil(&line, ':');
  if (!kind) return Outcome::kBroken;
  if (Equals(Trimmed(*kind), "ERROR")) {
    error_ = Trimmed(line);
    return error_.empty() ? Outcome::kBroken : Outcome::kError;
  }
  if (!Equals(Trimmed(*kind), "USERID")) return Outcome::kBroken;
  const std::optional<std::string_view> system = TakeUntil(&line, ':');
  if (!system || Trimmed(*system).empty() || line.empty()) return Outcome::kBroken;
  user_id_ = line;
  return Outcome::kUserId;
}

bool IdentAnswer::Is(std::string_view claimed) const {
  return !claimed.empty() && (user_id_ == claimed || WithoutLeadingBlanks(user_id_) == claimed);
}

}  // namespace sluice

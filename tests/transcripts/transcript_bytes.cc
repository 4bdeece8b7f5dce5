#include "tests/transcripts/transcript_bytes.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kTimesMax = 1 << 20;
constexpr size_t kShownBytesMax = 64;

std::string AddressBytes(const Address& address, bool v4) {
  const auto& bytes = address.bytes();
  return std::string(bytes.begin() + (v4 ? 12 : 0), bytes.end());
}

std::string PortBytes(uint16_t port) {
  return std::string{static_cast<char>(port >> 8), static_cast<char>(port)};
}

int HexDigit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

// The two digits at the front of `text`, or -1. Lower case only: one way of writing a byte.
int HexPair(std::string_view text) {
  if (text.size() < 2) return -1;
  const int high = HexDigit(text[0]);
  const int low = HexDigit(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

absl::Status Error(const std::string& what) { return absl::InvalidArgumentError(what); }

// Takes `"…"` from the front of `text` and undoes its escapes.
absl::StatusOr<std::string> TakeQuoted(std::string_view* text) {
  std::string inside;
  for (size_t i = 1; i < text->size(); ++i) {
    const char c = (*text)[i];
    if (c == '"') {
      text->remove_prefix(i + 1);
      return inside;
    }
    if (c != '\\') {
      inside += c;
      continue;
    }
    const char escaped = ++i < text->size() ? (*text)[i] : '\0';
    const int pair = escaped == 'x' ? HexPair(text->substr(i + 1)) : -1;
    if (pair >= 0) {
      inside += static_cast<char>(pair);
      i += 2;
    } else if (escaped == 'r' || escaped == 'n' || escaped == 't' || escaped == '\\' ||
               escaped == '"') {
      inside += escaped == 'r' ? '\r' : escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    } else {
      return Error("an escape is one of \\r \\n \\t \\\\ \\\" and \\xNN");
    }
  }
  return Error("a quote is not closed");
}

bool IsWordByte(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// `{target.field}` at the front of `text`: its size, or 0.
size_t PlaceholderAt(std::string_view text, std::string_view* target, std::string_view* field) {
  if (!text.starts_with('{')) return 0;
  const size_t dot = std::find_if_not(text.begin() + 1, text.end(), IsWordByte) - text.begin();
  if (dot <= 1 || dot >= text.size() || text[dot] != '.') return 0;
  const size_t end =
      std::find_if_not(text.begin() + dot + 1, text.end(), IsWordByte) - text.begin();
  if (end >= text.size() || text[end] != '}') return 0;
  *target = text.substr(1, dot - 1);
  *field = text.substr(dot + 1, end - dot - 1);
  return end + 1;
}

}  // namespace

bool WirePattern::MatchesSoFar(std::string_view seen) const {
  if (seen.size() > bytes.size()) return false;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (!any[i] && bytes[i] != seen[i]) return false;
  }
  return true;
}

bool WirePattern::Matches(std::string_view seen) const {
  return seen.size() == bytes.size() && MatchesSoFar(seen);
}

void WirePattern::Append(const WirePattern& more) {
  bytes += more.bytes;
  any.insert(any.end(), more.any.begin(), more.any.end());
}

std::string WirePattern::ToString() const {
  std::string text = HexOf(bytes);
  for (size_t i = 0; i < std::min(size(), kShownBytesMax); ++i) {
    if (any[i]) text.replace(3 * i, 2, "..");
  }
  return text;
}

std::string HexOf(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes.substr(0, kShownBytesMax)) {
    absl::StrAppend(&text, text.empty() ? "" : " ",
                    absl::Hex(static_cast<uint8_t>(byte), absl::kZeroPad2));
  }
  if (bytes.size() > kShownBytesMax) absl::StrAppend(&text, " … (", bytes.size(), " bytes)");
  return text.empty() ? "nothing" : text;
}

absl::StatusOr<std::string> FillIn(std::string_view text, const Stage& stage) {
  std::string filled;
  while (!text.empty()) {
    std::string_view target;
    std::string_view field;
    const size_t size = PlaceholderAt(text, &target, &field);
    if (size == 0) {
      filled += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(size);
    const auto placed = stage.find(target);
    if (placed == stage.end()) return Error("there is no target '" + std::string(target) + "'");
    if (field == "addr4") {
      filled += placed->second.addr4.ToString();
    } else if (field == "addr6") {
      filled += placed->second.addr6.ToString();
    } else if (field == "port") {
      absl::StrAppend(&filled, placed->second.port);
    } else {
      return Error("a target has addr4, addr6 and port, not '" + std::string(field) + "'");
    }
  }
  return filled;
}

absl::StatusOr<TranscriptBytes::Token> TranscriptBytes::ParseToken(std::string_view* text) {
  Token token;
  const bool sized = text->starts_with("@\"");
  std::string_view target;
  std::string_view field;
  if (sized || text->starts_with('"')) {
    if (sized) text->remove_prefix(1);
    absl::StatusOr<std::string> inside = TakeQuoted(text);
    if (!inside.ok()) return inside.status();
    token.kind = sized ? Token::Kind::kSized : Token::Kind::kQuoted;
    token.text = *std::move(inside);
  } else if (text->starts_with("..")) {
    token.kind = Token::Kind::kAny;
    text->remove_prefix(2);
  } else if (const size_t size = PlaceholderAt(*text, &target, &field); size > 0) {
    if (field != "addr4" && field != "addr6" && field != "port") {
      return Error("a target has addr4, addr6 and port, not '" + std::string(field) + "'");
    }
    token.kind = field == "addr4"   ? Token::Kind::kAddr4
                 : field == "addr6" ? Token::Kind::kAddr6
                                    : Token::Kind::kPort;
    token.text = target;
    text->remove_prefix(size);
  } else if (const int pair = HexPair(*text); pair >= 0) {
    token.text = std::string(1, static_cast<char>(pair));
    text->remove_prefix(2);
  } else {
    return Error("expected bytes, found '" + std::string(text->substr(0, 16)) + "'");
  }
  if (!text->starts_with('*')) return token;
  const auto [end, error] =
      std::from_chars(text->data() + 1, text->data() + text->size(), token.times);
  if (error != std::errc() || token.times > kTimesMax) {
    return Error("expected a number up to 1048576 after '*'");
  }
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return token;
}

absl::StatusOr<TranscriptBytes> TranscriptBytes::Parse(std::string_view text,
                                                       const std::vector<std::string>& targets,
                                                       bool wildcards) {
  Stage stage;
  for (const std::string& target : targets) stage[target] = Placement();
  TranscriptBytes parsed;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return parsed;
    absl::StatusOr<Token> token = ParseToken(&text);
    if (!token.ok()) return token.status();
    if (!text.empty() && text[0] != ' ') return Error("expected a space between two tokens");
    switch (token->kind) {
      case Token::Kind::kBytes: break;
      case Token::Kind::kAny:
        if (!wildcards) return Error("only the server's bytes may be wildcards");
        break;
      case Token::Kind::kQuoted:
      case Token::Kind::kSized: {
        const absl::StatusOr<std::string> filled = FillIn(token->text, stage);
        if (!filled.ok()) return filled.status();
        // A placeholder grows to at most 39 bytes where it is an address.
        if (token->kind == Token::Kind::kSized && token->text.size() > 255) {
          return Error("what stands after @ has at most 255 bytes");
        }
        break;
      }
      case Token::Kind::kAddr4:
      case Token::Kind::kAddr6:
      case Token::Kind::kPort:
        if (!stage.contains(token->text)) return Error("there is no target '" + token->text + "'");
        break;
    }
    parsed.tokens_.push_back(*std::move(token));
  }
}

std::string TranscriptBytes::ExpandOnce(const Token& token, const Stage& stage) {
  switch (token.kind) {
    case Token::Kind::kBytes: return token.text;
    case Token::Kind::kAny: return std::string(1, '\0');
    case Token::Kind::kQuoted: return FillIn(token.text, stage).value();
    case Token::Kind::kSized: {
      const std::string text = FillIn(token.text, stage).value();
      return static_cast<char>(text.size()) + text;
    }
    case Token::Kind::kAddr4: return AddressBytes(stage.at(token.text).addr4, /*v4=*/true);
    case Token::Kind::kAddr6: return AddressBytes(stage.at(token.text).addr6, /*v4=*/false);
    case Token::Kind::kPort: return PortBytes(stage.at(token.text).port);
  }
  return {};
}

WirePattern TranscriptBytes::Expand(const Stage& stage) const {
  WirePattern pattern;
  for (const Token& token : tokens_) {
    const std::string once = ExpandOnce(token, stage);
    for (size_t i = 0; i < token.times; ++i) pattern.bytes += once;
    pattern.any.resize(pattern.bytes.size(), token.kind == Token::Kind::kAny);
  }
  return pattern;
}

}  // namespace sluice

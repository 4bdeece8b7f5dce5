#include "tools/admin/http_target.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tools/admin/bounds.h"

namespace sluice {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The bytes of the character at `at`, or 0: RFC 3629, without what is overlong or a surrogate.
size_t Utf8Length(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t value = first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    value = value << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  const bool good =
      first >= 0xC2 && first <= 0xF4 && value >= kLeast[length] && value <= 0x10FFFF && !surrogate;
  return good ? length : 0;
}

bool IsCleanText(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text, at);
    if (length == 0 || absl::ascii_iscntrl(static_cast<unsigned char>(text[at]))) return false;
    at += length;
  }
  return true;
}

// Nothing where it is not well formed. In a query "+" is a blank.
std::optional<std::string> Decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at] == '+' && plus_is_blank ? ' ' : text[at]);
      continue;
    }
    const int high = at + 1 < text.size() ? HexDigit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? HexDigit(text[at + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  if (!IsCleanText(out)) return std::nullopt;
  return out;
}

absl::Status Fault(std::string_view sentence) {
  return absl::InvalidArgumentError(std::string(sentence));
}

// False where it leads elsewhere.
bool ReadPath(std::string_view path, HttpTarget* target) {
  if (path.empty() || path.front() != '/') return false;
  if (path == "/") return true;
  const size_t colon = path.find(':', path.rfind('/'));
  if (colon != std::string_view::npos) {
    std::optional<std::string> action = Decode(path.substr(colon + 1), false);
    if (!action || action->empty()) return false;
    target->action = *std::move(action);
    path = path.substr(0, colon);
  }
  for (size_t from = 1; from <= path.size();) {
    const size_t to = std::min(path.find('/', from), path.size());
    std::optional<std::string> part = Decode(path.substr(from, to - from), false);
    if (!part || part->empty() || *part == "." || *part == "..") return false;
    target->parts.push_back(*std::move(part));
    from = to + 1;
  }
  return true;
}

absl::Status ReadQuery(std::string_view text, HttpTarget* target) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::optional<std::string> key = Decode(pair.substr(0, equals), true);
    const std::optional<std::string> value =
        Decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value) {
      return Fault(
          "expected a query of UTF-8 without control characters, with %XX for what is no letter, "
          "found another; encode it (curl: --data-urlencode with -G)");
    }
    if (!target->query.emplace(*key, *value).second)
      return Fault("expected each key of the query once, found one twice; say it once");
    if (target->query.size() > admin_bounds::kQueryPairsMax) {
      return Fault(absl::StrCat("expected at most ", admin_bounds::kQueryPairsMax,
                                " keys in the query, found more; leave some out"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view HttpTarget::Query(std::string_view key) const {
  const auto found = query.find(key);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

absl::StatusOr<HttpTarget> ParseHttpTarget(std::string_view target) {
  HttpTarget parsed;
  const size_t mark = std::min(target.find('?'), target.size());
  if (!ReadPath(target.substr(0, mark), &parsed)) {
    return Fault(
        "expected a path such as /api/v1/status, in UTF-8 and without \"..\", found another; "
        "docs/ADMIN.md has them all");
  }
  if (absl::Status status = ReadQuery(target.substr(std::min(mark + 1, target.size())), &parsed);
      !status.ok())
    return status;
  return parsed;
}

}  // namespace sluice

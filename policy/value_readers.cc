#include "policy/value_readers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/entry_text.h"
#include "policy/toml_fields.h"

namespace sluice {
namespace {

constexpr char kDurationExpected[] = "a duration such as \"10s\"";
constexpr absl::Duration kTcpSecondsMax = absl::Hours(9);  // MAX_TCP_KEEPIDLE is 32,767 s

}  // namespace

void ReadDuration(const TomlValue& value, ConfigErrors& errors, absl::Duration* out) {
  absl::Duration read;
  Complaint complaint;
  if (!IsText(value, kDurationExpected, errors)) return;
  if (!ParseDurationText(value.text, &read, &complaint)) return errors.Add(value.at, complaint);
  *out = read;
}

void ReadDurationOrZero(const TomlValue& value, const char* zero, ConfigErrors& errors,
                        absl::Duration* out) {
  absl::Duration read;
  Complaint complaint;
  if (!IsText(value, kDurationExpected, errors)) return;
  if (value.text == "0s") {
    *out = absl::ZeroDuration();
  } else if (ParseDurationText(value.text, &read, &complaint)) {
    *out = read;
  } else {
    complaint.advice = absl::StrCat("write for instance \"30s\" or \"5m\", or \"0s\" for ", zero);
    errors.Add(value.at, complaint);
  }
}

void ReadSeconds(const TomlValue& value, const char* zero, ConfigErrors& errors,
                 absl::Duration* out) {
  absl::Duration read;
  if (!IsText(value, kDurationExpected, errors)) return;
  const bool parsed = absl::ParseDuration(value.text, &read);
  const bool in_range = read >= absl::Seconds(1) && read <= kTcpSecondsMax;
  const bool is_zero = read == absl::ZeroDuration() && zero != nullptr;
  if (parsed && (in_range || is_zero) && absl::Trunc(read, absl::Seconds(1)) == read) {
    *out = read;
    return;
  }
  errors.Add(value.at,
             {"whole seconds from 1s to 9h", value.Describe(),
              absl::StrCat("write for instance \"30s\" or \"5m\"",
                           zero != nullptr ? absl::StrCat(", or \"0s\" for ", zero) : "")});
}

bool ReadPortRange(const TomlValue& value, ConfigErrors& errors, PortRange* out) {
  const bool number = value.kind == TomlValue::Kind::kInteger;
  if (!number && !IsText(value, "a port or a range of ports", errors)) return false;
  Complaint complaint;
  if (ParsePortRange(number ? absl::StrCat(value.integer) : value.text, out, &complaint))
    return true;
  errors.Add(value.at, complaint);
  return false;
}

bool ReadHostAddress(const TomlValue& value, const std::vector<Address>& taken,
                     ConfigErrors& errors, Address* out) {
  constexpr char kExpected[] = "the address of one host";
  if (!IsText(value, kExpected, errors)) return false;
  Complaint complaint;
  if (!ParseSingleAddress(value.text, kExpected, out, &complaint)) {
    errors.Add(value.at, complaint);
    return false;
  }
  const SpecialUse use = ClassifySpecialUse(*out);
  if (use == SpecialUse::kUnspecified || use == SpecialUse::kMulticast ||
      use == SpecialUse::kBroadcast) {
    errors.Add(
        value.at,
        {kExpected, absl::StrCat(value.Describe(), ", which is ", std::string(SpecialUseName(use))),
         "write an address that a packet can come from"});
    return false;
  }
  if (std::find(taken.begin(), taken.end(), *out) != taken.end()) {
    errors.Add(value.at, {"each address once", absl::StrCat("another ", value.Describe()),
                          "keep one of them"});
    return false;
  }
  return true;
}

bool IsListName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !name.empty() && name.size() <= limits::kRuleNameBytesMax &&
         std::all_of(name.begin(), name.end(), allowed);
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace sluice

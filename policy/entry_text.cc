#include "policy/entry_text.h"

#include <charconv>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kLabelBytesMax = 63;

bool Complain(Complaint* complaint, std::string expected, std::string found, std::string advice) {
  *complaint = {std::move(expected), std::move(found), std::move(advice)};
  return false;
}

bool ParseNumber(std::string_view text, uint32_t* number) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

const char* ExpectedEntry(EntryKinds kinds) {
  switch (kinds) {
    case kAddressEntries: return "an address, a range or a CIDR";
    case kNameEntries: return "a host name";
    case kAllEntries: break;
  }
  return "an address, a range, a CIDR or a host name";
}

// --- Addresses

Address WithHostBits(const Address& address, uint32_t prefix, bool set) {
  std::array<uint8_t, 16> bytes = address.bytes();
  for (uint32_t bit = prefix; bit < 128; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80u >> (bit % 8));
    bytes[bit / 8] = static_cast<uint8_t>(set ? bytes[bit / 8] | mask : bytes[bit / 8] & ~mask);
  }
  return Address::FromV6(bytes);
}

bool ParseCidr(std::string_view text, size_t slash, AddressRange* range, Complaint* complaint) {
  const std::string_view base_text = text.substr(0, slash);
  const std::optional<Address> base = Address::Parse(base_text);
  uint32_t prefix = 0;
  const bool dotted = base_text.find(':') == base_text.npos;
  const uint32_t prefix_min =
      base && base->is_v4() && !dotted ? 96 : 0;  // ::ffff:10.0.0.0/104 is 10.0.0.0/8
  const uint32_t prefix_max = dotted ? 32 : 128;
  if (!base) {
    if (text.find("://") != text.npos) {
      return Complain(complaint, "a host name or an address", Quote(text),
                      "write only the host, without scheme and path");
    }
    return Complain(complaint, "a CIDR such as 10.0.0.0/8 or 2001:db8::/32", Quote(text),
                    "write the network's full address before the slash");
  }
  if (!ParseNumber(text.substr(slash + 1), &prefix) || prefix < prefix_min || prefix > prefix_max) {
    return Complain(complaint,
                    absl::StrCat("a prefix length from ", prefix_min, " to ", prefix_max),
                    Quote(text), "correct the number after the slash");
  }
  if (dotted) prefix += 96;
  range->first = WithHostBits(*base, prefix, false);
  range->last = WithHostBits(*base, prefix, true);
  if (range->first != *base) {
    const std::string network =
        absl::StrCat(range->first.ToString(), "/", range->first.is_v4() ? prefix - 96 : prefix);
    return Complain(complaint, "a CIDR without host bits", Quote(text),
                    absl::StrCat("write ", Quote(network), " for the network or ",
                                 Quote(base->ToString()), " for the one address"));
  }
  return true;
}

bool ParseRange(std::string_view text, size_t dash, const Address& first, AddressRange* range,
                Complaint* complaint) {
  const std::optional<Address> last = Address::Parse(text.substr(dash + 1));
  if (!last) {
    return Complain(complaint, "a range such as 192.168.1.10-192.168.1.20", Quote(text),
                    "write a full address on both sides of the dash");
  }
  if (first.is_v4() != last->is_v4()) {
    return Complain(complaint, "a range within one family", Quote(text),
                    "write one range for IPv4 and one for IPv6");
  }
  if (*last < first) {
    return Complain(
        complaint, "a range from low to high", Quote(text),
        absl::StrCat("write ", Quote(absl::StrCat(last->ToString(), "-", first.ToString()))));
  }
  *range = {first, *last};
  return true;
}

// --- Names

bool IsLabelByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// A last label that is a number would make every resolver that follows inet_aton(3) or the URL
// standard see an address.
bool EndsInNumber(std::string_view name) {
  const std::string_view label = name.substr(name.rfind('.') + 1);
  if (label.starts_with("0x")) return label.find_first_not_of("0123456789abcdef", 2) == label.npos;
  return label.find_first_not_of("0123456789") == label.npos;
}

// What is wrong with a name that NormaliseName refused.
bool ComplainOfName(std::string_view text, EntryKinds kinds, Complaint* complaint) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return Complain(
          complaint, "a host name in ASCII", Quote(text),
          "write an international name in its ASCII form, whose labels start with \"xn--\"");
    }
  }
  if (const std::optional<Address> address = Address::ParseLenient(text)) {
    return Complain(complaint, "an address in its usual form", Quote(text),
                    absl::StrCat("write ", Quote(address->ToString())));
  }
  if (text.find('%') != text.npos) {
    return Complain(complaint, ExpectedEntry(kinds), Quote(text),
                    "a scope can stand in a rule's own source or destination, in listen and in "
                    "egress");
  }
  if (text.starts_with(".")) {
    return Complain(
        complaint, ExpectedEntry(kinds), Quote(text),
        absl::StrCat("write ", Quote("*" + std::string(text)), " for every name below it"));
  }
  if (text.find('*') != text.npos) {
    return Complain(complaint, "\"*.\" only at the start of a name", Quote(text),
                    "write \"*.example.com\" for every name below example.com");
  }
  if (text.find(':') != text.npos) {
    return Complain(complaint, ExpectedEntry(kinds), Quote(text),
                    "correct the address; ports have keys of their own");
  }
  return Complain(
      complaint, ExpectedEntry(kinds), Quote(text),
      "names have labels of letters, digits, \"-\" and \"_\", 1 to 63 long, 253 in all");
}

// Lower case, without one trailing dot. False where it is no host name.
bool NormaliseName(std::string_view text, Entry* entry) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kHostNameBytesMax) return false;
  size_t label = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!IsLabelByte(c) || ++label > kLabelBytesMax) {
      return false;
    }
    entry->name_bytes[i] = c;
  }
  entry->name_size = text.size();
  return label > 0 && !EndsInNumber(entry->name());
}

bool IsReservedWord(std::string_view text) {
  return text == "any" || text == "special-use" || text.starts_with("@") ||
         text.starts_with("file:");
}

bool ParseName(std::string_view text, EntryKinds kinds, Entry* entry, Complaint* complaint) {
  if (IsReservedWord(text)) {
    return Complain(complaint, ExpectedEntry(kinds), Quote(text),
                    "this can stand only in a rule; name the entries here");
  }
  entry->is_name = true;
  entry->below = text.starts_with("*.");
  if (!NormaliseName(entry->below ? text.substr(2) : text, entry))
    return ComplainOfName(text, kinds, complaint);
  if ((kinds & kNameEntries) == 0) {
    return Complain(complaint, ExpectedEntry(kinds), absl::StrCat("the name ", Quote(text)),
                    "names can stand in a set's hosts and in a rule's destination");
  }
  return true;
}

}  // namespace

bool ParseEntry(std::string_view text, EntryKinds kinds, Entry* entry, Complaint* complaint) {
  const size_t slash = text.find('/');
  const size_t dash = text.find('-');
  entry->is_name = false;
  if (slash != text.npos && !text.starts_with("file:")) {
    if (!ParseCidr(text, slash, &entry->range, complaint)) return false;
  } else if (const std::optional<Address> address = Address::Parse(text)) {
    entry->range = {*address, *address};
  } else if (const std::optional<Address> first = Address::Parse(text.substr(0, dash));
             first && dash != text.npos) {
    if (!ParseRange(text, dash, *first, &entry->range, complaint)) return false;
  } else {
    return ParseName(text, kinds, entry, complaint);
  }
  if ((kinds & kAddressEntries) == 0) {
    return Complain(
        complaint, ExpectedEntry(kinds), absl::StrCat("the address ", Quote(text)),
        "addresses can stand in a set's addresses and in a rule's source and destination");
  }
  return true;
}

bool ParseSingleAddress(std::string_view text, const char* expected, Address* address,
                        Complaint* complaint) {
  if (const std::optional<Address> strict = Address::Parse(text)) {
    *address = *strict;
    return true;
  }
  const std::optional<Address> lenient = Address::ParseLenient(text);
  return Complain(complaint, expected, Quote(text),
                  lenient ? absl::StrCat("write ", Quote(lenient->ToString()))
                          : "write an IPv4 or IPv6 address without port, prefix or name");
}

bool ParsePortRange(std::string_view text, PortRange* range, Complaint* complaint) {
  if (text == "any") {
    *range = PortRange{};
    return true;
  }
  const size_t dash = text.find('-');
  uint32_t first = 0;
  uint32_t last = 0;
  const bool read = ParseNumber(text.substr(0, dash), &first) &&
                    ParseNumber(dash == text.npos ? text : text.substr(dash + 1), &last);
  if (!read || first < 1 || last > 65535) {
    return Complain(complaint, "a port or a range of ports within 1-65535", Quote(text),
                    "write for instance \"443\" or \"8000-8999\"");
  }
  if (last < first) {
    return Complain(complaint, "a range from low to high", Quote(text),
                    absl::StrCat("write \"", last, "-", first, "\""));
  }
  *range = {static_cast<uint16_t>(first), static_cast<uint16_t>(last)};
  if (first == 1 && last == 65535) *range = PortRange{};
  return true;
}

bool ParseDurationText(std::string_view text, absl::Duration* duration, Complaint* complaint) {
  const bool read = absl::ParseDuration(std::string(text), duration);
  if (!read || *duration < absl::Milliseconds(1) || *duration > kDurationMax) {
    return Complain(complaint, "a duration from 1ms to 720h", Quote(text),
                    "write for instance \"250ms\", \"10s\", \"5m\" or \"1h30m\"");
  }
  return true;
}

}  // namespace sluice

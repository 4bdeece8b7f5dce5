#include "policy/scope_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/limits.h"
#include "policy/entry_text.h"
#include "policy/value_readers.h"

namespace sluice {

bool IsInterfaceName(std::string_view name) {
  const auto spells = [](char c) { return c != '/' && c != ' ' && c != ':'; };
  return !name.empty() && name.size() <= limits::kInterfaceBytesMax && !HasControl(name) &&
         std::all_of(name.begin(), name.end(), spells);
}

bool TakeScope(const TomlValue& value, ConfigErrors& errors, TomlValue* bare,
               std::string* interface) {
  *bare = value;
  interface->clear();
  const size_t percent = value.text.find('%');
  if (percent == value.text.npos) return true;
  // A network has its prefix length behind the scope.
  const size_t end = std::min(value.text.find('/', percent), value.text.size());
  *interface = value.text.substr(percent + 1, end - percent - 1);
  bare->text = value.text.substr(0, percent) + value.text.substr(end);
  if (IsInterfaceName(*interface)) return true;
  errors.Add(value.at, {"the name of an interface behind \"%\"", value.Describe(),
                        "write a name that \"ip link\" lists, as in \"fe80::1%eth0\""});
  return false;
}

bool CanHaveScope(const TomlValue& value, const AddressRange& range, const std::string& interface,
                  ConfigErrors& errors) {
  if (interface.empty() || (range.first.needs_interface() && range.last.needs_interface()))
    return true;
  errors.Add(value.at, {"a scope only behind addresses of fe80::/10", value.Describe(),
                        absl::StrCat("leave \"%", interface, "\" out")});
  return false;
}

bool ReadScopedAddress(const TomlValue& value, const char* expected, ConfigErrors& errors,
                       Address* address, std::string* interface) {
  TomlValue bare;
  Complaint complaint;
  if (!TakeScope(value, errors, &bare, interface)) return false;
  if (!ParseSingleAddress(bare.text, expected, address, &complaint)) {
    errors.Add(value.at, complaint);
    return false;
  }
  if (!CanHaveScope(value, {*address, *address}, *interface, errors)) return false;
  if (!address->needs_interface() || !interface->empty()) return true;
  errors.Add(value.at, {"a link-local address with its interface", value.Describe(),
                        absl::StrCat("write for instance \"", address->ToString(), "%eth0\"")});
  return false;
}

bool ReadScopedRange(const TomlValue& value, ConfigErrors& errors, AddressRange* range,
                     std::string* interface) {
  TomlValue bare;
  Entry entry;
  Complaint complaint;
  if (!TakeScope(value, errors, &bare, interface)) return false;
  if (!ParseEntry(bare.text, kAddressEntries, &entry, &complaint)) {
    errors.Add(value.at, complaint);
    return false;
  }
  *range = entry.range;
  return CanHaveScope(value, *range, *interface, errors);
}

}  // namespace sluice

#include "tools/sluicectl/fields.h"

namespace sluice {

const Json& FieldOf(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string TextOf(const Json& object, const char* name) {
  const Json& field = FieldOf(object, name);
  if (field.is_string()) return field.get<std::string>();
  return field.is_number() || field.is_boolean() ? field.dump() : "";
}

uint64_t NumberOf(const Json& object, const char* name) {
  const Json& field = FieldOf(object, name);
  if (field.is_number_float()) {
    const double number = field.get<double>();
    return number > 0 && number < 1e18 ? static_cast<uint64_t>(number) : 0;
  }
  if (!field.is_number_integer()) return 0;
  return field.is_number_unsigned() || field.get<int64_t>() > 0 ? field.get<uint64_t>() : 0;
}

bool TrueOf(const Json& object, const char* name) { return FieldOf(object, name) == true; }

const Json& ListOf(const Json& object, const char* name) {
  static const Json kNone = Json::array();
  const Json& field = FieldOf(object, name);
  return field.is_array() ? field : kNone;
}

}  // namespace sluice

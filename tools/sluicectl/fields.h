#ifndef SLUICE_TOOLS_SLUICECTL_FIELDS_H_
#define SLUICE_TOOLS_SLUICECTL_FIELDS_H_

// Fields of the door's answers. A field that is missing, or is of another kind than expected, reads
// as empty: another release of the daemon may answer with more or with less. Fields keep their
// order.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace sluice {

using Json = nlohmann::ordered_json;

// The field, or null.
const Json& FieldOf(const Json& object, const char* name);

// Text as it is; a number or a truth value as JSON writes it; else "".
std::string TextOf(const Json& object, const char* name);

// 0 where there is none. A number below 0, or that does not fit, reads as 0 too.
uint64_t NumberOf(const Json& object, const char* name);

bool TrueOf(const Json& object, const char* name);

// The elements of an array; none where the field is no array.
const Json& ListOf(const Json& object, const char* name);

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_FIELDS_H_

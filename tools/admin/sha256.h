#ifndef SLUICE_TOOLS_ADMIN_SHA256_H_
#define SLUICE_TOOLS_ADMIN_SHA256_H_

// What a text is called where two people must mean the same one: its SHA-256, in hexadecimal. Any
// thread.

#include <string>
#include <string_view>

namespace sluice {

std::string Sha256Of(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_SHA256_H_

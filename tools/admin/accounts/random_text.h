#ifndef SLUICE_TOOLS_ADMIN_ACCOUNTS_RANDOM_TEXT_H_
#define SLUICE_TOOLS_ADMIN_ACCOUNTS_RANDOM_TEXT_H_

// Texts that nobody can guess, for links, cookies and tokens, and what is kept of them: a hash, so
// that whoever reads the gateway's memory or disk can sign in with none of it. Any thread.

#include <string>
#include <string_view>

namespace sluice {

// 256 random bits as 43 characters that need no escape in a URL, a header or a shell.
std::string RandomText();

// BLAKE2b of 256 bits, as 64 hexadecimal digits. What is hashed has 256 random bits, so it needs no
// salt and no slowness.
std::string HashOfText(std::string_view text);

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_ACCOUNTS_RANDOM_TEXT_H_

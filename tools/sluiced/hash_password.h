#ifndef SLUICE_TOOLS_SLUICED_HASH_PASSWORD_H_
#define SLUICE_TOOLS_SLUICED_HASH_PASSWORD_H_

// sluiced --hash_password: reads one line of standard input, without echo where that is a terminal,
// and prints a hash for `password` of a [[user]]. One thread.

namespace sluice {

// The exit status.
int HashPasswordFromInput();

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICED_HASH_PASSWORD_H_

#ifndef SLUICE_TESTS_E2E_PRIVATE_HOST_H_
#define SLUICE_TESTS_E2E_PRIVATE_HOST_H_

// PrivateHost: this process in a network and a hosts file of its own, so that a test can place
// targets, name them, and have networks that cannot be reached, without touching the machine.
// Before any thread is started. It lasts as long as the process.

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/address.h"

namespace sluice {

class PrivateHost {
 public:
  static absl::Status Enter();

  // Replaces the hosts file.
  static void SetNames(const std::vector<std::pair<std::string, std::vector<Address>>>& names);

  // For targets: `index` from 1 on. Loopback of both families.
  static Address Target4(int index);
  static Address Target6(int index);
  // Addresses at which connect(2) gives ENETUNREACH, EHOSTUNREACH, or no answer at all.
  static Address UnreachableNetwork();
  static Address UnreachableHost();
  static Address Silent();
};

}  // namespace sluice

#endif  // SLUICE_TESTS_E2E_PRIVATE_HOST_H_

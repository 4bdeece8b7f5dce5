#ifndef SLUICE_TESTS_E2E_DAEMON_PROCESS_H_
#define SLUICE_TESTS_E2E_DAEMON_PROCESS_H_

// DaemonProcess: sluiced, run with a configuration on a free port, and stopped when this goes.

#include <sys/types.h>

#include <string>

#include "core/address.h"

namespace sluice {

class DaemonProcess {
 public:
  // `config` listens on one address with port 0. CHECKs that it comes up.
  DaemonProcess(const std::string& binary, const std::string& config);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  const Endpoint& listening() const { return listening_; }
  // Ends it and gives its exit status.
  int Stop();

 private:
  void AwaitReady(int fd);

  pid_t pid_ = -1;
  int output_ = -1;
  Endpoint listening_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_E2E_DAEMON_PROCESS_H_

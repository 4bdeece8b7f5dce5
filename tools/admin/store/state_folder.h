#ifndef SLUICE_TOOLS_ADMIN_STORE_STATE_FOLDER_H_
#define SLUICE_TOOLS_ADMIN_STORE_STATE_FOLDER_H_

// StateFolder: the folder where a gateway keeps what must outlive it, for this process alone as
// long as it runs. Nobody but its owner may look into it.

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// Where it is unless an operator says otherwise: $STATE_DIRECTORY where systemd gives one, else
// /var/lib/sluice for root, $XDG_STATE_HOME/sluice or $HOME/.local/state/sluice for others; empty
// where none is known.
std::string DefaultStateFolder();

class StateFolder {
 public:
  // Makes it where it is missing. AlreadyExists where another process has it; every error is one
  // sentence for the operator.
  static absl::StatusOr<std::unique_ptr<StateFolder>> Open(const std::string& path);
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  StateFolder(std::string path, int locked) : path_(std::move(path)), locked_(locked) {}

  const std::string path_;
  const int locked_;  // the folder, for as long as it is open
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_STORE_STATE_FOLDER_H_

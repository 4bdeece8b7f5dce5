#ifndef SLUICE_TOOLS_SLUICECTL_SOCKET_DOOR_H_
#define SLUICE_TOOLS_SLUICECTL_SOCKET_DOOR_H_

// The daemon's door: HTTP over its Unix socket, by libcurl. The connection is kept from one
// question to the next. One thread.

#include <memory>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "tools/sluicectl/door.h"

namespace sluice {

// Where a daemon of this host would listen: what SLUICE_ADMIN_SOCKET says; for root the system's
// own; for others one of theirs, if there is one, and else the system's too.
std::string DefaultSocket();

class SocketDoor final : public Door {
 public:
  // `told`: where to tell what takes longer than a second; null: nowhere.
  SocketDoor(std::string path, absl::Duration patience, std::ostream* told);
  ~SocketDoor() override;

  absl::StatusOr<Answer> Ask(const Question& question) override;
  void Doing(std::string_view what) override;
  void Quietly(absl::Duration patience) override;

 private:
  struct Transfer;
  absl::Status Failure(int result) const;

  const std::string path_;
  absl::Duration patience_;
  const std::unique_ptr<Transfer> transfer_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_SLUICECTL_SOCKET_DOOR_H_

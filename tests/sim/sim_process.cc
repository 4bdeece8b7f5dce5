#include "tests/sim/sim_process.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

int SimProcess::Add(SimDescriptor descriptor) {
  if (!HasRoom(1)) return -EMFILE;
  ++open_;
  table_.push_back(std::make_unique<SimDescriptor>(std::move(descriptor)));
  return kFirst + static_cast<int>(table_.size()) - 1;
}

SimDescriptor* SimProcess::Find(int fd) {
  const int place = fd - kFirst;
  if (place < 0 || place >= static_cast<int>(table_.size())) return nullptr;
  return table_[static_cast<size_t>(place)].get();
}

void SimProcess::Remove(int fd) {
  table_[static_cast<size_t>(fd - kFirst)].reset();
  --open_;
}

std::vector<std::string> SimProcess::Leaks() const {
  std::vector<std::string> leaks;
  for (size_t i = 0; i < table_.size(); ++i) {
    if (table_[i] == nullptr) continue;
    const SimDescriptor& open = *table_[i];
    std::string line = absl::StrCat("descriptor ", i + kFirst, " is still open: ");
    if (open.listener != nullptr) {
      absl::StrAppend(&line, "listener at ", open.listener->at().ToString());
    } else if (open.socket != nullptr) {
      absl::StrAppend(&line, "socket ", open.socket->id(), " ", open.socket->local().ToString(),
                      " to ", open.socket->remote().ToString());
    } else if (open.datagram_socket != nullptr) {
      absl::StrAppend(&line, "UDP socket at ", open.datagram_socket->at().ToString());
    } else {
      absl::StrAppend(&line, "pipe");
    }
    leaks.push_back(std::move(line));
  }
  return leaks;
}

}  // namespace sluice

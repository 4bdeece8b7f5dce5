// A bundle for whoever helps, and the order to drain.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"
#include "tools/sluicectl/verbs.h"

namespace sluice {

namespace {

// For nobody but its owner to read; never over a file that is there.
absl::Status WriteNew(const std::string& path, const std::string& bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  size_t written = 0;
  int error = fd < 0 ? errno : 0;
  while (error == 0 && written < bytes.size()) {
    const ssize_t size = write(fd, bytes.data() + written, bytes.size() - written);
    if (size < 0 && errno != EINTR) error = errno;
    if (size > 0) written += static_cast<size_t>(size);
  }
  if (fd >= 0 && close(fd) != 0 && error == 0) error = errno;
  if (error == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("expected to make the file ", SafeText(path),
                                                    ", found: ", strerrordesc_np(error),
                                                    "; name another one"));
}

}  // namespace

absl::Status RunBundle(Errand& errand) {
  const std::string& path = errand.arguments.words[0];
  errand.door.Doing("the bundle is made");
  const absl::StatusOr<std::string> bundle = AskText(errand.door, Post("support-bundle"));
  if (!bundle.ok()) return bundle.status();
  if (path == "-") {
    errand.desk.out << *bundle;
    return absl::OkStatus();
  }
  if (absl::Status status = WriteNew(path, *bundle); !status.ok()) return status;
  errand.desk.err << SafeText(path) << ": " << HumanBytes(bundle->size())
                  << ", without passwords; names of users, rules and addresses are in it\n";
  return absl::OkStatus();
}

absl::Status RunDrain(Errand& errand) {
  const absl::StatusOr<Json> answer = AskJson(errand.door, Post("drain"));
  if (!answer.ok()) return answer.status();
  errand.ShowScreen("draining: no new sessions; the process ends with the last one\n", *answer,
                    {"state"}, Json::array({*answer}));
  return absl::OkStatus();
}

}  // namespace sluice

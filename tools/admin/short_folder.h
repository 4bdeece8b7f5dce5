#ifndef SLUICE_TOOLS_ADMIN_SHORT_FOLDER_H_
#define SLUICE_TOOLS_ADMIN_SHORT_FOLDER_H_

// ShortFolder: a folder for a test's unix sockets, whose paths have 107 bytes at most, so that
// Bazel's own folders are too long for them. Gone with its owner.

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace sluice {

class ShortFolder {
 public:
  ShortFolder() : path_("/tmp/sluice-door-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ShortFolder(const ShortFolder&) = delete;
  ShortFolder& operator=(const ShortFolder&) = delete;
  ~ShortFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace sluice

#endif  // SLUICE_TOOLS_ADMIN_SHORT_FOLDER_H_

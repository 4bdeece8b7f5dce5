#ifndef SLUICE_RELAY_NAMES_NAME_FILES_H_
#define SLUICE_RELAY_NAMES_NAME_FILES_H_

// NameFiles: resolv.conf and the hosts file, read off the shards' threads, at first and whenever
// they change. A missing file is an empty one; one that cannot be read leaves in force what was
// read before. It writes to the process's log what is used.
//
// A change is seen by inotify(7), of the file (it may be a mount of its own, written in place) and
// of its folder (it may be replaced); of every link on the way, too. A thread of its own waits for
// that, and looks every kNameFilesLook where Linux does not tell.

#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "relay/names/name_sources.h"

namespace sluice {

class NameFiles {
 public:
  struct Options {
    std::string resolv_conf = "/etc/resolv.conf";
    std::string hosts = "/etc/hosts";
    // How to read while shards run: it calls the work, once, and returns when that is done.
    std::function<void(const std::function<void()>& work)> at_leisure = [](const auto& work) {
      work();
    };
  };

  // Fails where no descriptor is left.
  static absl::StatusOr<std::unique_ptr<NameFiles>> Open(Options options);
  // Ends the thread.
  ~NameFiles();
  NameFiles(const NameFiles&) = delete;
  NameFiles& operator=(const NameFiles&) = delete;

  // What they say now. Before Watch.
  NameSources Read();
  // From now on `hand` is called, on the thread of this object, with what has changed. The sources
  // from before are freed there as well, once nobody else holds them.
  absl::Status Watch(std::function<void(const NameSources&)> hand);
  // Any thread: reads both now, whether or not they look changed.
  void ReadAgain();

 private:
  // What tells that a file is another one than the one that was read.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t bytes = -1;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  NameFiles(Options options, int wake_fd) : options_(std::move(options)), wake_fd_(wake_fd) {}
  static Stamp StampOf(const std::string& path);
  void Run();
  bool ReadChanged(bool all);
  bool ReadServers();
  bool ReadHosts();
  void LogSources() const;
  void LogSilence();
  void FreeOld();
  int OpenWatch();
  void Wait(int watch_fd, int milliseconds);

  const Options options_;
  NameSources sources_;
  Stamp resolv_conf_stamp_;
  Stamp hosts_stamp_;
  std::vector<bool> told_silent_;                 // by server
  std::vector<std::shared_ptr<const void>> old_;  // a shard may still hold them
  std::function<void(const NameSources&)> hand_;
  bool told_blind_ = false;
  const int wake_fd_;  // eventfd(2)
  std::atomic<bool> read_again_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice

#endif  // SLUICE_RELAY_NAMES_NAME_FILES_H_

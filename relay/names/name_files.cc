// The thread's round:
//   1. OpenWatch: who would tell of a change from here on.
//   2. ReadChanged: what has changed until here, so that nothing falls between the two.
//   3. Wait: for a sign; then a moment longer, because programs write in steps.

#include "relay/names/name_files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/limits.h"
#include "core/regular_file.h"
#include "core/start_thread.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// Of a path to one of the files: more links than this are a circle.
constexpr int kLinksMax = 8;

int64_t Nanos(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// The file itself, its folder, and where links lead. What is not there cannot be watched; its
// folder tells when it comes.
void AddWatches(int watch_fd, std::filesystem::path path) {
  for (int i = 0; i < kLinksMax; ++i) {
    inotify_add_watch(
        watch_fd, path.parent_path().c_str(),
        IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ONLYDIR);
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) break;
    path = (path.parent_path() / target).lexically_normal();
  }
  inotify_add_watch(watch_fd, path.c_str(),
                    IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
}

absl::StatusOr<std::string> ReadIfThere(const std::string& path, size_t bytes_max) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) return "";
  return ReadRegularFile(path, bytes_max);
}

}  // namespace

absl::StatusOr<std::unique_ptr<NameFiles>> NameFiles::Open(Options options) {
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("expected a descriptor for eventfd(2), found: ", strerrordesc_np(errno),
                     "; raise the limit of open files (ulimit -n)"));
  }
  return std::unique_ptr<NameFiles>(new NameFiles(std::move(options), wake_fd));
}

NameFiles::~NameFiles() {
  stopping_ = true;
  eventfd_write(wake_fd_, 1);
  if (thread_.joinable()) thread_.join();
  close(wake_fd_);
}

NameSources NameFiles::Read() {
  ReadChanged(/*all=*/true);
  return sources_;
}

absl::Status NameFiles::Watch(std::function<void(const NameSources&)> hand) {
  hand_ = std::move(hand);
  absl::StatusOr<std::thread> thread = StartThread("names", [this] { Run(); });
  if (!thread.ok()) return thread.status();
  thread_ = *std::move(thread);
  return absl::OkStatus();
}

void NameFiles::ReadAgain() {
  read_again_ = true;
  eventfd_write(wake_fd_, 1);
}

// --- The thread

void NameFiles::Run() {
  while (!stopping_) {
    const int watch_fd = OpenWatch();
    const bool all = read_again_.exchange(false);
    bool changed = false;
    if (all || StampOf(options_.resolv_conf) != resolv_conf_stamp_ ||
        StampOf(options_.hosts) != hosts_stamp_)
      options_.at_leisure([&] { changed = ReadChanged(all); });
    if (changed) hand_(sources_);
    LogSilence();
    FreeOld();
    Wait(watch_fd, static_cast<int>(absl::ToInt64Milliseconds(limits::kNameFilesLook)));
    if (!read_again_ && !stopping_)
      Wait(-1, static_cast<int>(absl::ToInt64Milliseconds(limits::kNameFilesSettle)));
    if (watch_fd >= 0) close(watch_fd);
  }
}

// -1 where Linux would not tell.
int NameFiles::OpenWatch() {
  const int watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (watch_fd < 0) {
    if (!std::exchange(told_blind_, true)) {
      LOG(WARNING) << "changes of " << options_.resolv_conf << " and " << options_.hosts
                   << " are seen after SIGHUP, or within " << limits::kNameFilesLook
                   << ": expected an inotify instance, found: " << strerrordesc_np(errno)
                   << "; raise fs.inotify.max_user_instances";
    }
    return -1;
  }
  AddWatches(watch_fd, options_.resolv_conf);
  AddWatches(watch_fd, options_.hosts);
  return watch_fd;
}

void NameFiles::Wait(int watch_fd, int milliseconds) {
  pollfd fds[2] = {{wake_fd_, POLLIN, 0}, {watch_fd, POLLIN, 0}};
  poll(fds, 2, milliseconds);
  eventfd_t count = 0;
  eventfd_read(wake_fd_, &count);
}

// --- Reading

NameFiles::Stamp NameFiles::StampOf(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return Stamp();
  return {found.st_dev, found.st_ino, found.st_size, Nanos(found.st_mtim), Nanos(found.st_ctim)};
}

// True where something is not as it was.
bool NameFiles::ReadChanged(bool all) {
  // Looked at before it is read: what is written meanwhile is read again.
  const Stamp resolv_conf = StampOf(options_.resolv_conf);
  const Stamp hosts = StampOf(options_.hosts);
  bool changed = false;
  if (all || resolv_conf != resolv_conf_stamp_) changed |= ReadServers();
  if (all || hosts != hosts_stamp_) changed |= ReadHosts();
  resolv_conf_stamp_ = resolv_conf;
  hosts_stamp_ = hosts;
  if (changed) LogSources();
  return changed;
}

bool NameFiles::ReadServers() {
  const absl::StatusOr<std::string> text =
      ReadIfThere(options_.resolv_conf, limits::kResolvConfBytesMax);
  if (!text.ok()) {
    LOG(ERROR) << text.status().message() << "; name servers stay what they were";
    if (sources_.servers != nullptr) return false;
  }
  ResolvConf conf = ResolvConf::Parse(text.ok() ? *text : "");
  if (sources_.servers != nullptr && sources_.servers->conf() == conf) return false;
  for (const std::string& remark : conf.remarks)
    LOG(WARNING) << options_.resolv_conf << ": " << remark;
  if (sources_.servers != nullptr) old_.push_back(sources_.servers);
  told_silent_.assign(conf.servers.size(), false);
  sources_.servers = std::make_shared<const NameServers>(std::move(conf));
  return true;
}

bool NameFiles::ReadHosts() {
  const absl::StatusOr<std::string> text = ReadIfThere(options_.hosts, limits::kHostsBytesMax);
  absl::StatusOr<HostsTable> table =
      text.ok() ? HostsTable::Parse(*text) : absl::StatusOr<HostsTable>(text.status());
  if (!table.ok()) {
    LOG(ERROR) << table.status().message() << "; the names of " << options_.hosts
               << " stay what they were";
    if (sources_.hosts != nullptr) return false;
    table = HostsTable();
  }
  if (sources_.hosts != nullptr && *sources_.hosts == *table) return false;
  if (sources_.hosts != nullptr) old_.push_back(sources_.hosts);
  sources_.hosts = std::make_shared<const HostsTable>(*std::move(table));
  return true;
}

void NameFiles::FreeOld() {
  std::erase_if(old_, [](const auto& old) { return old.use_count() == 1; });
}

// --- The log

void NameFiles::LogSources() const {
  const ResolvConf& conf = sources_.servers->conf();
  const auto print = [](std::string* out, const Endpoint& server) {
    absl::StrAppend(out, server.address.ToString());
  };
  LOG(INFO) << "names: " << sources_.hosts->names() << " in " << options_.hosts
            << "; all others are asked of " << absl::StrJoin(conf.servers, ", ", print) << ", "
            << conf.timeout << " each, " << conf.attempts
            << (conf.attempts == 1 ? " time" : " times") << (conf.rotate ? ", in turns" : "");
}

// Shards do not log, so who is silent is told here.
void NameFiles::LogSilence() {
  for (size_t i = 0; i < sources_.servers->size(); ++i) {
    const bool silent = sources_.servers->silent(i);
    if (silent == told_silent_[i]) continue;
    told_silent_[i] = silent;
    const std::string server = sources_.servers->conf().servers[i].address.ToString();
    if (silent) {
      LOG(WARNING) << "the name server " << server << " does not answer; others are asked first";
    } else {
      LOG(INFO) << "the name server " << server << " answers again";
    }
  }
}

}  // namespace sluice

#include "tests/e2e/daemon_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "glog/logging.h"

namespace sluice {

DaemonProcess::DaemonProcess(const std::string& binary, const std::string& config) {
  char path[] = "/tmp/sluice-config-XXXXXX";
  const int file = mkstemp(path);
  PCHECK(file >= 0 &&
         write(file, config.data(), config.size()) == static_cast<ssize_t>(config.size()));
  close(file);
  const std::string config_flag = std::string("--config=") + path;
  int output[2];
  PCHECK(pipe2(output, O_CLOEXEC) == 0);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(output[1], STDERR_FILENO);
    execl(binary.c_str(), binary.c_str(), config_flag.c_str(), "--shards=1",
          "--access_log=/dev/null", "--drain_seconds=0",
          "--admin_socket=", "--admin_listen=", "--state_folder=", nullptr);
    _exit(127);
  }
  close(output[1]);
  output_ = output[0];
  AwaitReady(output_);
  unlink(path);
}

DaemonProcess::~DaemonProcess() { Stop(); }

void DaemonProcess::AwaitReady(int fd) {
  constexpr std::string_view kReady = "ready, listening on ";
  std::string said;
  char byte;
  while (read(fd, &byte, 1) == 1) {
    said += byte;
    if (byte != '\n') continue;
    const size_t at = said.find(kReady);
    if (at == std::string::npos) continue;
    const std::optional<Endpoint> listening = Endpoint::Parse(
        std::string_view(said).substr(at + kReady.size(), said.size() - at - kReady.size() - 1));
    CHECK(listening.has_value()) << said;
    listening_ = *listening;
    return;
  }
  LOG(FATAL) << "sluiced did not come up: " << said;
}

int DaemonProcess::Stop() {
  if (pid_ < 0) return 0;
  kill(pid_, SIGTERM);
  int status = 0;
  waitpid(pid_, &status, 0);
  close(output_);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace sluice

#include "tools/sluicectl/raw_terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace sluice {

namespace {

// The second screen, without a cursor; and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};
constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

termios before;  // as the terminal was; a crash needs it too

void WriteAll(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the terminal is gone, which Wait tells
    text.remove_prefix(static_cast<size_t>(written));
  }
}

// Runs inside a signal: nothing but system calls.
void RestoreAfterCrash(int signal) {
  WriteAll(kLeave);
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
  raise(signal);  // SA_RESETHAND: nobody catches it now
}

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  return set;
}

winsize Size() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    size.ws_row = 24;
    size.ws_col = 80;
  }
  return size;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RawTerminal>> RawTerminal::Open() {
  if (tcgetattr(STDIN_FILENO, &before) != 0 || isatty(STDOUT_FILENO) == 0) {
    return absl::UnavailableError("expected a terminal, found none");
  }
  const sigset_t wanted = Signals();
  const int signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) {
    return absl::UnavailableError(absl::StrCat("signalfd: ", std::strerror(errno)));
  }
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  struct sigaction crash = {};
  crash.sa_handler = &RestoreAfterCrash;
  crash.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int signal : kCrashes) sigaction(signal, &crash, nullptr);
  std::unique_ptr<RawTerminal> terminal(new RawTerminal(signals));
  terminal->Enter();
  return terminal;
}

RawTerminal::~RawTerminal() {
  Leave();
  for (const int signal : kCrashes) ::signal(signal, SIG_DFL);
  const sigset_t wanted = Signals();
  sigprocmask(SIG_UNBLOCK, &wanted, nullptr);
  close(signals_);
}

void RawTerminal::Enter() {
  termios raw = before;
  // Ctrl-C and Ctrl-Z go on being signals.
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  WriteAll(kEnter);
}

void RawTerminal::Leave() {
  WriteAll(kLeave);
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

size_t RawTerminal::lines() const { return Size().ws_row; }
size_t RawTerminal::columns() const { return Size().ws_col; }

void RawTerminal::Draw(const std::string& text) { WriteAll(absl::StrCat("\x1b[H", text)); }

void RawTerminal::TakeSignal(Event& event) {
  signalfd_siginfo taken = {};
  if (read(signals_, &taken, sizeof(taken)) != sizeof(taken)) return;
  const int signal = static_cast<int>(taken.ssi_signo);
  if (signal == SIGTSTP) {
    Leave();
    kill(getpid(), SIGSTOP);
    Enter();
  } else if (signal != SIGWINCH) {
    event.ended_by = signal;
  }
}

RawTerminal::Event RawTerminal::Wait(absl::Duration wait) {
  Event event;
  pollfd polled[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
  const auto milliseconds = std::clamp<int64_t>(absl::ToInt64Milliseconds(wait), 0, 3'600'000);
  if (poll(polled, 2, static_cast<int>(milliseconds)) <= 0) return event;
  if (polled[1].revents != 0) TakeSignal(event);
  if (polled[0].revents != 0) {
    char typed[256];
    const ssize_t count = read(STDIN_FILENO, typed, sizeof(typed));
    if (count > 0) event.typed.assign(typed, static_cast<size_t>(count));
    event.gone = count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
  }
  return event;
}

void EndBySignal(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal);
  _exit(128 + signal);
}

}  // namespace sluice

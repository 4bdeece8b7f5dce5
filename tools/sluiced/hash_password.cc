#include "tools/sluiced/hash_password.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <string>

#include "core/limits.h"
#include "core/wipe.h"
#include "relay/auth/password_hash.h"

namespace sluice {
namespace {

constexpr char kControlC = 0x03;

// A terminal that shows nothing of what is typed until this goes. It raises no signals meanwhile: a
// program that is interrupted would leave it without echo, so control-C is read as a byte.
class QuietTerminal {
 public:
  QuietTerminal() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    std::cerr << "Password: " << std::flush;
  }
  ~QuietTerminal() {
    if (!is_terminal_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << "\n";
  }

 private:
  termios before_;
  const bool is_terminal_;
};

// One line without its end, in memory that the caller wipes; more than there is room for is cut, so
// that it is seen to be too long.
size_t ReadLine(std::array<char, limits::kPasswordBytesMax + 1>* line) {
  size_t size = 0;
  char byte = 0;
  while (size < line->size() && read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {
    if (byte == kControlC) return 0;
    (*line)[size++] = byte;
  }
  return size;
}

}  // namespace

int HashPasswordFromInput() {
  std::array<char, limits::kPasswordBytesMax + 1> line;
  size_t size = 0;
  {
    const QuietTerminal terminal;
    size = ReadLine(&line);
  }
  const absl::StatusOr<std::string> hash = HashPassword(std::string_view(line.data(), size));
  Wipe(line.data(), line.size());
  if (!hash.ok()) {
    std::cerr << "sluiced --hash_password: " << hash.status().message()
              << (size == 0 ? "; give it on standard input, on one line" : "") << "\n";
    return 1;
  }
  std::cout << *hash << "\n";
  return 0;
}

}  // namespace sluice

// The main of every fuzz driver in an ordinary test run: plays each corpus file, then seeded
// mutations of it, through LLVMFuzzerTestOneInput. Deterministic: the same files give the same
// inputs on every machine. For hunting, link the driver with libFuzzer instead of this file.
//
//   some_corpus_test FOLDER-OR-FILE… [--mutations=N]      N per file; default 1000
//
// A driver says that an input is bad by dying. The file and the mutation are then printed, and with
// --replay=FILE:MUTATION only that input is played.
//
// In BUILD.bazel:
//   sluice_test(
//       name = "config_corpus_test",
//       args = ["tests/corpora/config"],
//       data = ["//tests/corpora:config"],
//       deps = ["//policy:config_fuzz", "//tests/corpora:run_corpus"],
//   )

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/prng.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Only in sanitizer builds, which die without a signal.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace sluice {
namespace {

constexpr size_t kInputBytesMax = 1 << 16;

struct CorpusFile {
  std::string path;
  std::string bytes;
};

// What is being played, for the last words.
char now_playing[512] = "nothing";

void SayWhatIsPlaying() {
  for (const std::string_view words : {std::string_view("\ndied on --replay="),
                                       std::string_view(now_playing), std::string_view("\n")}) {
    if (write(STDERR_FILENO, words.data(), words.size()) < 0) return;
  }
}

void OnDeath(int signal_number) {
  SayWhatIsPlaying();
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void Play(const CorpusFile& file, uint64_t mutation, const std::string& input) {
  std::snprintf(now_playing, sizeof(now_playing), "%s:%llu", file.path.c_str(),
                static_cast<unsigned long long>(mutation));
  // An allocation of exactly this size, so that a sanitizer sees every byte read beyond it.
  const std::vector<uint8_t> exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

// One change of the kinds that break parsers: bits, bytes, lengths, order, two inputs in one.
void Change(Prng& prng, const std::vector<CorpusFile>& files, std::string* input) {
  constexpr uint8_t kTelling[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
  const size_t at = prng.Below(input->size() + 1);
  const size_t span = prng.Below(std::min<size_t>(input->size() - at, 32) + 1);
  const auto byte = static_cast<char>(prng.OneIn(2) ? kTelling[prng.Below(6)] : prng.Next());
  switch (prng.Below(7)) {
    case 0:
      if (at < input->size()) (*input)[at] = static_cast<char>((*input)[at] ^ (1 << prng.Below(8)));
      break;
    case 1:
      if (at < input->size()) (*input)[at] = byte;
      break;
    case 2: input->insert(at, prng.OneIn(8) ? prng.Below(300) : 1, byte); break;
    case 3: input->erase(at, span); break;
    case 4: input->insert(at, input->substr(at, span)); break;
    case 5: input->resize(at); break;
    case 6: {
      const std::string& other = files[prng.Below(files.size())].bytes;
      input->replace(at, span, other.substr(prng.Below(other.size() + 1)));
      break;
    }
  }
  if (input->size() > kInputBytesMax) input->resize(kInputBytesMax);
}

// Mutation 0 is the file itself.
std::string Mutate(const std::vector<CorpusFile>& files, size_t file, uint64_t mutation) {
  std::string input = files[file].bytes;
  if (mutation == 0) return input;
  Prng prng(file << 32 | mutation);
  for (uint64_t changes = 1 + prng.Below(4); changes > 0; --changes) Change(prng, files, &input);
  return input;
}

std::vector<CorpusFile> ReadFiles(const std::vector<std::string>& paths) {
  std::vector<CorpusFile> files;
  const auto read = [&files](const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    files.push_back({path.string(), std::string(std::istreambuf_iterator<char>(in), {})});
  };
  for (const std::string& path : paths) {
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::directory_iterator(path)) read(entry.path());
    } else if (std::filesystem::exists(path)) {
      read(path);
    }
  }
  std::sort(files.begin(), files.end(),
            [](const CorpusFile& a, const CorpusFile& b) { return a.path < b.path; });
  return files;
}

bool ParseNumber(std::string_view text, uint64_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

int Run(const std::vector<std::string>& arguments) {
  uint64_t mutations = 1000;
  std::string replay;
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--mutations=")) {
      if (!ParseNumber(std::string_view(argument).substr(12), &mutations)) return 2;
    } else if (argument.starts_with("--replay=")) {
      replay = argument.substr(9);
    } else {
      paths.push_back(argument);
    }
  }
  const std::vector<CorpusFile> files = ReadFiles(paths);
  if (files.empty()) {
    std::cerr << "no corpus file in what was named; an empty corpus would prove nothing\n";
    return 2;
  }
  uint64_t played = 0;
  for (size_t file = 0; file < files.size(); ++file) {
    for (uint64_t mutation = 0; mutation <= mutations; ++mutation) {
      if (!replay.empty() && replay != files[file].path + ":" + std::to_string(mutation)) continue;
      Play(files[file], mutation, Mutate(files, file, mutation));
      ++played;
    }
  }
  std::cout << files.size() << " files, " << played << " inputs played\n";
  return played > 0 ? 0 : 2;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) {
    signal(signal_number, sluice::OnDeath);
  }
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(sluice::SayWhatIsPlaying);
  }
  return sluice::Run(std::vector<std::string>(argv + 1, argv + argc));
}

#include "tools/sluicectl/socket_door.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/sluicectl/safe_text.h"
#include "tools/sluicectl/units.h"

namespace sluice {

namespace {

constexpr char kSystemSocket[] = "/run/sluice/admin.sock";
// All sessions of the largest gateway, as CSV, are a tenth of this; what is more is no answer.
constexpr size_t kAnswerMax = size_t{1} << 30;
constexpr absl::Duration kTellAfter = absl::Seconds(1);

struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

std::string DefaultSocket() {
  if (const char* named = std::getenv("SLUICE_ADMIN_SOCKET"); named != nullptr && *named != '\0') {
    return named;
  }
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  if (geteuid() == 0 || folder == nullptr || *folder == '\0') return kSystemSocket;
  const std::string own = absl::StrCat(folder, "/sluice/admin.sock");
  return access(own.c_str(), F_OK) != 0 && access(kSystemSocket, F_OK) == 0 ? kSystemSocket : own;
}

// What libcurl's callbacks see.
struct SocketDoor::Transfer {
  CURL* curl = nullptr;
  std::string body;
  std::ostream* told = nullptr;
  std::function<bool(std::string_view)> on_line;
  bool stopped = false;  // by who takes the lines
  std::string doing;
  absl::Time since;
  size_t columns = 0;  // of what stands on the terminal

  static size_t OnBody(char* bytes, size_t, size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.Follows()) return transfer.HandOn({bytes, count}) ? count : 0;
    if (transfer.body.size() + count > kAnswerMax) return 0;
    transfer.body.append(bytes, count);
    return count;
  }

  bool Follows() const {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return on_line != nullptr && status == 200;
  }

  // Whole lines; what is left of one waits for the rest.
  bool HandOn(std::string_view bytes) {
    Untell();
    told = nullptr;
    for (size_t end; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
      body.append(bytes.substr(0, end));
      stopped = !on_line(body);
      body.clear();
      if (stopped) return false;
    }
    body.append(bytes);
    return body.size() <= kAnswerMax;
  }

  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    static_cast<Transfer*>(self)->Tell();
    return 0;
  }

  void Tell() {
    const absl::Duration waited = absl::Now() - since;
    if (told == nullptr || waited < kTellAfter) return;
    const std::string line = absl::StrCat(
        "sluicectl: ", doing, ", ",
        HumanTime(static_cast<uint64_t>(absl::ToInt64Seconds(waited)) * 1000), " so far");
    *told << "\r" << line << "\x1b[K" << std::flush;
    columns = line.size();
  }

  void Untell() {
    if (columns > 0) *told << "\r\x1b[K" << std::flush;
    columns = 0;
  }
};

SocketDoor::SocketDoor(std::string path, absl::Duration patience, std::ostream* told)
    : path_(std::move(path)), patience_(patience), transfer_(std::make_unique<Transfer>()) {
  curl_global_init(CURL_GLOBAL_NOTHING);
  transfer_->curl = curl_easy_init();
  transfer_->told = told;
  Doing("waiting for sluiced");
}

SocketDoor::~SocketDoor() {
  transfer_->Untell();
  curl_easy_cleanup(transfer_->curl);
  curl_global_cleanup();
}

void SocketDoor::Doing(std::string_view what) {
  if (transfer_->doing.empty()) transfer_->since = absl::Now();
  transfer_->doing = std::string(what);
}

void SocketDoor::Quietly(absl::Duration patience) {
  patience_ = std::min(patience_, patience);
  transfer_->told = nullptr;
}

absl::StatusOr<Answer> SocketDoor::Ask(const Question& question) {
  if (path_.empty() || path_.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--socket: expected a path of 1 to ", sizeof(sockaddr_un::sun_path) - 1,
                     " bytes, which is what Linux takes for a socket, found ", path_.size(),
                     "; start sluiced with a shorter --admin_socket"));
  }
  CURL* curl = transfer_->curl;
  curl_easy_reset(curl);
  std::string url = absl::StrCat("http://sluiced", question.path);
  for (size_t i = 0; i < question.keys.size(); ++i) {
    const auto& [name, value] = question.keys[i];
    absl::StrAppend(&url, i == 0 ? "?" : "&", name, "=", PathSegment(value));
  }
  std::unique_ptr<curl_slist, FreeList> headers;
  const auto add_header = [&headers](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer != nullptr) static_cast<void>(headers.release()), headers.reset(longer);
  };
  add_header("Accept: application/json, text/plain;q=0.9, */*;q=0.1");
  add_header("Expect:");  // a pause of a second where the other side does not know it
  if (!question.type.empty()) add_header(absl::StrCat("Content-Type: ", question.type));
  if (!question.if_match.empty()) add_header(absl::StrCat("If-Match: ", question.if_match));

  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path_.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);  // a session called ".." is none, and no path
  // Proxies and .netrc of the environment are for other places.
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  // What is followed has no end of its own; the daemon says every 15 s that it is still there.
  const auto patience = static_cast<long>(absl::ToInt64Milliseconds(patience_));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, question.on_line == nullptr ? patience : 0L);
  if (question.on_line != nullptr) {
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer_.get());
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Transfer::OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer_.get());
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  if (question.method == "POST" || !question.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(question.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question.body.c_str());
  }
  if (question.method != "GET" && question.method != "POST") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question.method.c_str());
  }
  transfer_->body.clear();
  transfer_->on_line = question.on_line;
  transfer_->stopped = false;
  const CURLcode result = curl_easy_perform(curl);
  transfer_->Untell();
  if (result != CURLE_OK && !transfer_->stopped) return Failure(result);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (transfer_->Follows()) transfer_->body.clear();
  return Answer{static_cast<int>(status), std::move(transfer_->body)};
}

absl::Status SocketDoor::Failure(int result) const {
  const auto code = static_cast<CURLcode>(result);
  const std::string path = SafeText(path_);
  long error = 0;
  curl_easy_getinfo(transfer_->curl, CURLINFO_OS_ERRNO, &error);
  std::string said;
  if (code == CURLE_COULDNT_CONNECT && error == ENOENT) {
    said = absl::StrCat("no daemon has made ", path,
                        "; start one (systemctl start sluiced, or sluiced --admin_socket=PATH), or "
                        "name its socket: sluicectl --socket=PATH");
  } else if (code == CURLE_COULDNT_CONNECT && error == ECONNREFUSED) {
    said = absl::StrCat("nobody listens at ", path,
                        ", which a daemon has left behind; start one (systemctl start sluiced), or "
                        "name another's socket: sluicectl --socket=PATH");
  } else if (code == CURLE_COULDNT_CONNECT && (error == EACCES || error == EPERM)) {
    said = absl::StrCat("you may not open ", path,
                        "; be root or a member of group sluice-admin, sluice-operator or "
                        "sluice-viewer (usermod -aG sluice-viewer NAME, then log in again)");
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    said = absl::StrCat("sluiced did not answer at ", path, " within ",
                        absl::FormatDuration(patience_),
                        "; wait longer with --timeout=SECONDS, or "
                        "look at the daemon's log");
  } else if (code == CURLE_WRITE_ERROR) {
    said = absl::StrCat("expected an answer of at most ", HumanBytes(kAnswerMax), " from ", path,
                        ", found more; narrow the question with a filter or --limit");
  } else {
    said = absl::StrCat(
        "expected an answer of sluiced at ", path, ", found: ", curl_easy_strerror(code),
        error == 0 ? "" : absl::StrCat(" (", std::strerror(static_cast<int>(error)), ")"),
        "; is it sluiced that listens there, and does it still run?");
  }
  return absl::UnavailableError(said);
}

}  // namespace sluice

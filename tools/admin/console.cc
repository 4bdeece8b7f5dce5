// The files of the console, for whoever opens the door in a browser. They say nothing of the
// gateway, so nobody needs to have signed in for them.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/admin/console_files.h"
#include "tools/admin/problem.h"
#include "tools/admin/resources.h"

namespace sluice {
namespace {

constexpr std::string_view kStart = "/";

const ConsoleFile* Find(std::string_view path) {
  for (const ConsoleFile& file : ConsoleFiles()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

}  // namespace

HttpResponse AnswerConsole(const Asked& asked) {
  if (ConsoleFiles().empty() && asked.names.empty()) {
    HttpResponse left_out;
    left_out.content_type = "text/plain; charset=utf-8";
    left_out.body =
        absl::StrCat("This gateway has no console, because ", std::string(WhyNoConsole()),
                     "; sluicectl does the same, see docs/SLUICECTL.md.\n");
    return left_out;
  }
  const ConsoleFile* const file =
      Find(asked.names.empty() ? std::string(kStart)
                               : absl::StrCat("/assets/", std::string(asked.name)));
  if (file == nullptr) {
    return Problem(404,
                   "expected a file of the console, found that there is none of that name; load "
                   "the page again");
  }
  HttpResponse response;
  // A name that changes with the file never has to be asked for twice; the first page always.
  response.headers = {
      {"Cache-Control", file->path == kStart ? "no-cache" : "public, max-age=31536000, immutable"},
      {"ETag", std::string(file->etag)}};
  response.content_type = file->type;
  if (absl::StrContains(asked.request.if_none_match, std::string(file->etag))) {
    response.status = 304;
    return response;
  }
  // Whoever does not say which encodings it takes takes any (RFC 9110, 12.5.3); all browsers do.
  response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = file->bytes;
  return response;
}

}  // namespace sluice

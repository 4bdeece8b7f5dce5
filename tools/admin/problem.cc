#include "tools/admin/problem.h"

#include <string>

#include "tools/admin/json.h"

namespace sluice {

std::string_view TitleOf(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "";
  }
}

HttpResponse Problem(int status, std::string_view detail) {
  Json json;
  json["type"] = "about:blank";
  json["title"] = TitleOf(status);
  json["status"] = status;
  json["detail"] = detail;
  HttpResponse response = JsonResponse(json, status);
  response.content_type = "application/problem+json";
  return response;
}

}  // namespace sluice

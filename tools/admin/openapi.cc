// The document of this API, tools/admin/openapi.json as it was when the daemon was built.

#include "tools/admin/openapi_document.h"
#include "tools/admin/resources.h"

namespace sluice {

HttpResponse AnswerOpenApi() {
  HttpResponse response;
  response.body = kOpenApiDocument;
  return response;
}

}  // namespace sluice

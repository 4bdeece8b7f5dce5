#include "tools/admin/routes.h"

#include "tools/admin/resources.h"

namespace sluice {

std::vector<Route> RoutesTo(Administered& gateway) {
  Administered* const g = &gateway;
  constexpr Role kViewer = Role::kViewer;
  return {
      {"GET", "/livez", kViewer, {}, "", [](const Asked&) { return AnswerLive(); }},
      {"GET", "/readyz", kViewer, {}, "", [g](const Asked&) { return AnswerReady(*g); }},
      {"GET", "/metrics", kViewer, {}, "", [g](const Asked& a) { return AnswerMetrics(*g, a); }},
      {"GET", "/api/v1/me", kViewer, {}, "", [](const Asked& a) { return AnswerMe(a); }},
      {"GET", "/api/v1/status", kViewer, {}, "", [g](const Asked&) { return AnswerStatus(*g); }},
  };
}

}  // namespace sluice

// expect: a handler must return HttpResponse, Json, Task<HttpResponse> or Task<Json>
#include <microframe/microframe.hpp>
using namespace microframe;

void use(Application& app) {
  app.get("/x", [](const HttpRequest&) { return 1; });
}

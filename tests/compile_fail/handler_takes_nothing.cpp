// expect: a handler must take (const HttpRequest&)
#include <microframe/microframe.hpp>
using namespace microframe;

void use(Application& app) {
  app.post("/x", [] { return HttpResponse(); });
}

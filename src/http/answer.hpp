// The bytes of an answer to a request. RFC 9112 §4, §6. PURE.
#pragma once

#include <string_view>

#include "base/shared_buffer.hpp"
#include "microframe/http/response.hpp"

namespace microframe::http {

struct AnswerForm {
  bool head_only;         // to HEAD: the fields alone (RFC 9110 §9.3.2)
  bool keep_alive;        // whether another answer may follow on the connection
  std::string_view date;  // now, as an IMF-fixdate (RFC 9110 §5.6.7)
};

// errors: std::bad_alloc.
base::SharedBuffer to_bytes(const HttpResponse& response, const AnswerForm& form);

}  // namespace microframe::http

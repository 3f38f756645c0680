#include "proto/http_status.hpp"

#include <algorithm>
#include <iterator>

namespace microframe::proto {
namespace {

struct Status {
  unsigned number;
  std::string_view words;
};
constexpr Status kStatuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view status_phrase(unsigned status) {
  const auto* found =
      std::lower_bound(std::begin(kStatuses), std::end(kStatuses), status,
                       [](const Status& one, unsigned number) { return one.number < number; });
  return found != std::end(kStatuses) && found->number == status ? found->words
                                                                 : std::string_view{};
}

}  // namespace microframe::proto

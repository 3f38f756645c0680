// Any bytes as a session from another node: what is read is written as it was read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.hpp"
#include "ws/session_export.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ws = microframe::ws;
  const auto bytes = microframe::base::as_text({reinterpret_cast<const std::byte*>(data), size});
  const auto session = ws::read_session(bytes);
  if (!session) return 0;
  const std::string written = ws::write_session(*session);
  const auto again = ws::read_session(written);
  if (!again || ws::write_session(*again) != written) std::abort();
  return 0;
}

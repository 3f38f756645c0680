#include "v1/frame_writer.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>

namespace microframe::v1 {

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

}  // namespace microframe::v1

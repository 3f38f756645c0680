#include "base/json_error.hpp"

#include <boost/exception/get_error_info.hpp>
#include <boost/json/error.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace microframe::base {

// Boost 1.81's at() and as_string() throw std::out_of_range and std::invalid_argument. So may anybody,
// but Boost's exceptions tell where they were thrown. Later versions throw a system_error.
bool is_json_access_error(const std::exception& error) {
  if (const auto* system = dynamic_cast<const boost::system::system_error*>(&error)) {
    static const boost::system::error_category& json =
        boost::system::error_code(boost::json::error::not_found).category();
    return system->code().category() == json;
  }
  const auto* of_boost = dynamic_cast<const boost::exception*>(&error);
  const auto* file = of_boost ? boost::get_error_info<boost::throw_file>(*of_boost) : nullptr;
  return file && std::string_view(*file).find("boost/json/") != std::string_view::npos;
}

}  // namespace microframe::base

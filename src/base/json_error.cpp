#include "base/json_error.hpp"

#include <boost/exception/get_error_info.hpp>
#include <boost/json/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string_view>

namespace microframe::base {
namespace {

// In place of Boost's "out of range".
constexpr char kMissing[] = "a member or an element is missing";

}  // namespace

// Boost 1.81's at() and as_string() throw std::out_of_range and std::invalid_argument. So may anybody,
// but Boost's exceptions tell where they were thrown. Later versions throw a system_error.
std::optional<std::string> words_of_json_error(const std::exception& error) {
  const boost::system::error_code not_found = boost::json::error::not_found;
  if (const auto* system = dynamic_cast<const boost::system::system_error*>(&error)) {
    if (system->code().category() != not_found.category()) return std::nullopt;
    return system->code() == not_found ? kMissing : system->code().message();
  }
  const auto* of_boost = dynamic_cast<const boost::exception*>(&error);
  const auto* file = of_boost ? boost::get_error_info<boost::throw_file>(*of_boost) : nullptr;
  if (!file || std::string_view(*file).find("boost/json/") == std::string_view::npos)
    return std::nullopt;
  return dynamic_cast<const std::out_of_range*>(&error) ? kMissing : error.what();
}

}  // namespace microframe::base

#include "cluster/redis_reply.hpp"

#include <algorithm>
#include <array>

namespace microframe::cluster {
namespace {

using Failure = hub::Broker::Failure;

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || text[word.size()] == ' ');
}

template <std::size_t Size>
bool begins_with_any(std::string_view text, const std::array<std::string_view, Size>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return begins_with_word(text, word); });
}

constexpr std::array<std::string_view, 3> kWrongServer = {"READONLY", "LOADING", "MASTERDOWN"};
// What passes by itself, or when somebody repairs Redis: asking again later is right.
constexpr std::array<std::string_view, 12> kPasses = {
    "MOVED",    "ASK",     "TRYAGAIN",  "CLUSTERDOWN", "BUSY",      "NOREPLICAS",
    "NOSCRIPT", "MISCONF", "UNBLOCKED", "NOAUTH",      "WRONGPASS", "NOMASTERLINK"};

}  // namespace

bool RedisReply::is_error(std::string_view word) const {
  return is_error() && begins_with_word(text, word);
}

bool is_wrong_server(std::string_view error) {
  return begins_with_any(error, kWrongServer);
}

Failure failure_of(std::string_view error) {
  if (begins_with_word(error, "OOM")) return Failure::full;
  const bool passes = is_wrong_server(error) || begins_with_any(error, kPasses);
  return passes ? Failure::unavailable : Failure::refused;
}

Failure failure_of(const RedisReply& reply) {
  if (reply.kind == RedisReply::Kind::lost) return Failure::unavailable;
  // An answer of a form that no Redis gives.
  if (!reply.is_error()) return Failure::refused;
  return failure_of(reply.text);
}

}  // namespace microframe::cluster

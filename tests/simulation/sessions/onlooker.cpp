#include "simulation/sessions/onlooker.hpp"

#include <charconv>

#include "simulation/sessions/frames.hpp"

namespace microframe::simulation::sessions {

void Onlooker::come_or_go(const std::string& room) {
  if (!scene_.hub.leave(*this, room)) scene_.hub.join(*this, room);
}

void Onlooker::deliver(const base::Frame& frame) {
  require(static_cast<bool>(frame.plain()), [&] { return user() + " gets what is for sessions"; });
  const std::string_view text = payload_of(frame.plain());
  constexpr std::string_view kBegin = R"({"g":)";
  require(text.starts_with(kBegin), [&] { return user() + " gets what is for sessions"; });
  unsigned number = 0;
  std::from_chars(text.data() + kBegin.size(), text.data() + text.size(), number);
  const Annals::Entry& entry = scene_.annals.of(number);
  const auto view = views_.find(entry.room);
  require(view != views_.end(),
          [&] { return user() + " hears of " + entry.room + " where it is not"; });
  view->second.take(scene_.annals, entry, {user(), {}});
}

void Onlooker::joined(const hub::Joined& joined) {
  scene_.trace([&] {
    return user() + " is in " + std::string(joined.room) + " " + std::string(joined.epoch) + "#" +
           std::to_string(joined.offset);
  });
  const auto [view, first] = views_.try_emplace(std::string(joined.room));
  require(first, [&] { return user() + " enters " + view->first + " twice"; });
  view->second.begin_at(std::string(joined.epoch), joined.offset);
}

void Onlooker::left(std::string_view room) {
  scene_.trace([&] { return user() + " has left " + std::string(room); });
  const auto view = views_.find(room);
  require(view != views_.end(), [&] { return user() + " leaves where it is not"; });
  views_.erase(view);
}

void Onlooker::check_complete() const {
  for (const auto& [name, view] : views_) view.check_complete(scene_.annals, {user(), {}});
}

}  // namespace microframe::simulation::sessions

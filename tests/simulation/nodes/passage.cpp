#include "simulation/nodes/passage.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/wire.hpp"

namespace microframe::simulation::nodes {
namespace {

// As ws::Mover has it.
constexpr std::uint64_t kLandingMs = 2'500;
constexpr ws::Landing::Bounds kBounds{100'000, 1'000};

}  // namespace

Passage::Passage(Scene& scene, PassageHost& host, base::Ref<Visit> from, base::Ref<Visit> to,
                 std::uint64_t number)
    : scene_(scene),
      host_(host),
      from_(std::move(from)),
      to_(std::move(to)),
      number_(number),
      landing_({}, {}, kBounds) {
  from_->on().on([&] { origin().hub().suspend(*from_); });
  send(destination(), origin(), "seek");
  scene_.agenda.after(kLandingMs, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired() && !is_over()) host_.stranded();
  });
}

void Passage::send(Process& by, Process& to, std::string_view word) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.number(number_);
  writer.text(word);
  by.send_letter(to.name(), bytes);
}

void Passage::on(SimLoop& loop, std::function<void()> step) {
  loop.post([this, alive = std::weak_ptr<bool>(alive_), step = std::move(step)] {
    if (!alive.expired() && !is_over()) step();
  });
}

void Passage::letter(std::string_view word) {
  if (word == "seek") on(from_->on(), [this] { watch(); });
  if (word == "here") on(to_->on(), [this] { land(); });
  if (word == "fetch") leave(0);
  if (word == "taken") on(to_->on(), [this] { take_over(); });
}

// --- where it comes from ---

void Passage::watch() {
  watch_.emplace();
  rooms_ = origin().hub().rooms_of(*from_);
  send(origin(), destination(), "here");
}

// What was published on any loop there must have reached the session's before.
void Passage::leave(std::size_t loop) {
  auto& loops = origin().loops();
  if (loop != loops.size())
    return loops[loop]->post_behind([this, loop, alive = std::weak_ptr<bool>(alive_)] {
      if (!alive.expired()) leave(loop + 1);
    });
  on(from_->on(), [this] {
    departed_ = origin().hub().depart(*from_);
    has_departed_ = true;
    send(origin(), destination(), "taken");
  });
}

// --- where it goes ---

void Passage::land() {
  hub::Hub& hub = destination().hub();
  hub.add(*to_);
  hub.suspend(*to_);
  for (const std::string& room : rooms_) landing_.wait_for(room);
  for (const std::string& room : rooms_)
    if (!ws::in_room(hub.join(*to_, room))) landing_.seated(room);
  if (landing_.is_seated()) fetch();
}

void Passage::seated(std::string_view room) {
  seated_.emplace(room);
  if (landing_.seated(room)) on(to_->on(), [this] { fetch(); });
}

void Passage::fetch() {
  if (landing_.asks()) return;
  destination().when_known([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) on(to_->on(), [this] { send(destination(), origin(), "fetch"); });
  });
}

bool Passage::brings(std::string_view room) const {
  return std::any_of(departed_.begin(), departed_.end(),
                     [&](const auto& one) { return one.room == room; });
}

std::optional<base::Since> Passage::heard_of(std::string_view room) const {
  const auto found = std::find_if(departed_.begin(), departed_.end(),
                                  [&](const auto& one) { return one.room == room; });
  if (found == departed_.end() || found->heard.epoch.empty()) return std::nullopt;
  base::Since since;
  since.epoch = found->heard.epoch;
  since.offset = found->heard.offset;
  since.session = from_->session();
  return since;
}

void Passage::take_over() {
  hub::Hub& hub = destination().hub();
  const std::vector<std::string> seated = hub.rooms_of(*to_);
  hub.resume(*to_);
  landing_.take_over(watch_->heard());
  host_.passed();
  for (const auto& [room, heard] : departed_) {
    const auto since = heard_of(room);
    if (std::find(seated.begin(), seated.end(), room) != seated.end()) {
      hub.arrive_from(*to_, room, since ? &*since : nullptr);
    } else {
      hub::JoinWish wish;
      if (since) wish.since = *since;
      if (since) wish.request = host_.wish_for(room, *since);
      hub.join(*to_, room, since ? &wish : nullptr);
    }
  }
  for (const std::string& room : seated)
    if (!brings(room)) hub.leave(*to_, room);
  for (const base::Frame& frame : landing_.pass()) host_.hear_held(frame);
}

bool Passage::lets_through(const Visit& visit, const base::Frame& frame, const hub::Mark& mark) {
  if (&visit == to_.get()) return landing_.lets_through(frame, mark);
  if (watch_) watch_->note(mark);
  return true;
}

void Passage::give_up() {
  to_->end();
  to_->on().on([&] {
    if (to_->receives()) destination().hub().depart(*to_);
  });
}

}  // namespace microframe::simulation::nodes

#include "simulation/nodes/client.hpp"

#include <algorithm>
#include <utility>

#include "simulation/nodes/frames.hpp"
#include "simulation/nodes/press.hpp"
#include "simulation/nodes/rooms.hpp"

namespace microframe::simulation::nodes {

Client::Client(Scene& scene, Press& press, std::size_t number, std::string user)
    : scene_(scene), press_(press), number_(number), user_(std::move(user)) {}

RoomView& Client::view_of(std::string_view room) {
  const auto found = views_.find(room);
  if (found != views_.end()) return found->second;
  const std::string name(room);
  return views_.emplace(name, RoomView(scene_, name, number_)).first->second;
}

const RoomView* Client::view(std::string_view room) const {
  const auto found = views_.find(room);
  return visit_ && found != views_.end() && found->second.is_in() ? &found->second : nullptr;
}

std::uint64_t Client::meta(std::string_view room) const {
  const auto found = metas_.find(room);
  return found == metas_.end() ? 0 : found->second;
}

// --- it comes and goes ---

void Client::come(Process& process) {
  session_ = "s" + std::to_string(number_) + "." + std::to_string(++visits_);
  const std::string device = std::to_string(number_) + "." + std::to_string(visits_);
  const std::size_t loop = scene_.random.below(process.loops().size());
  visit_ = base::Ref<Visit>(new Visit(*this, process, user_, loop, {session_, device}));
  scene_.trace([&] { return name() + " of " + user_ + " comes to " + process.name(); });
  came_ms_ = scene_.agenda.now_ms();
  scene_.annals.place(number_, process.place());
  visit_->on().on([&] { process.hub().add(*visit_); });
  for (const std::string& room : std::exchange(inherits_, {})) join(room, true);
  send_again();
}

// Nothing is told any more: whoever goes is no longer there to hear it.
void Client::end_visit() {
  scene_.annals.excuse_client(number_, {});
  if (is_moving()) passage_->give_up();
  passage_.reset();
  visit_->end();
  Process& process = visit_->process();
  visit_->on().on([&] {
    process.hub().begin_leave(*visit_);
    process.hub().remove(*visit_);
  });
  visit_ = {};
  wishes_.clear();
  heard_.clear();
  metas_.clear();
  for (auto& [room, view] : views_) view.lose();
}

void Client::go() {
  if (!can_act()) return;
  scene_.trace([&] { return name() + " goes"; });
  end_visit();
  asked_.clear();
  drafts_.clear();
}

void Client::lose() {
  if (!visit_) return;
  scene_.trace([&] { return name() + " loses its node"; });
  for (const auto& [room, view] : views_)
    if (view.is_in()) inherits_.push_back(room);
  end_visit();
  asked_.clear();
  std::erase_if(drafts_, [](const auto& draft) { return draft.second.once.empty(); });
}

void Client::dismissed() {
  scene_.trace([&] { return name() + " is disconnected"; });
  end_visit();
  asked_.clear();
  drafts_.clear();
}

// --- its session moves ---

Passage* Client::passage(std::uint64_t number) const {
  return passage_ && passage_->number() == number ? passage_.get() : nullptr;
}

bool Client::is_at(const Process& process) const {
  if (!visit_) return false;
  return &visit_->process() == &process || (is_moving() && &passage_->destination() == &process);
}

void Client::move(Process& to) {
  if (scene_.agenda.now_ms() < stays_until_ms_) return;
  if (!can_act() || !wishes_.empty() || !asked_.empty() || &visit_->process() == &to) return;
  scene_.trace([&] { return name() + " moves to " + to.name(); });
  const std::size_t loop = scene_.random.below(to.loops().size());
  const Visit::Name same{std::string(visit_->session()), visit_->device()};
  const base::Ref<Visit> there(new Visit(*this, to, user_, loop, same));
  PassageHost& host = *this;
  passage_ = std::make_unique<Passage>(scene_, host, visit_, there, ++scene_.turn);
}

void Client::passed() {
  scene_.trace([&] { return name() + " has moved"; });
  visit_->end();
  visit_ = passage_->to();
  came_ms_ = scene_.agenda.now_ms();
  scene_.annals.place(number_, visit_->process().place());
  for (auto& [room, view] : views_) {
    view.change_node();
    if (!passage_->waited_for(room)) scene_.annals.excuse_client(number_, room);
    if (!passage_->is_seated_in(room)) view.lose();
    if (passage_->is_seated_in(room) && passage_->brings(room)) view.enter_untold();
  }
}

std::uint64_t Client::wish_for(const std::string& room, const base::Since& since) {
  wishes_[++wish_] = {room, since};
  return wish_;
}

// Of a room that it has left meanwhile, some may have been held; and what went to a user may have reached
// one node long before the other.
void Client::hear_held(const base::Frame& frame) {
  std::string_view text = base::as_text(frame.enveloped().content());
  take_word(text);
  const std::uint64_t number = to_number(take_word(text));
  const Message& message = scene_.annals.of(number);
  if (message.kind == Message::Kind::in_room && !view_of(message.to).is_in()) return;
  if (message.kind == Message::Kind::for_user && heard_.count(number) != 0) return;
  take(frame, 0);
}

void Client::stranded() {
  scene_.trace([&] { return name() + " is stranded"; });
  lose();
}

// --- what it does ---

void Client::act() {
  if (!can_act()) return;
  Random& random = scene_.random;
  const std::string& room = random.pick(rooms());
  const std::size_t what = random.below(20);
  if (what < 10) return say(room);
  if (what < 15) return view(room) ? set_meta(room) : join(room, random.percent(60));
  if (what < 17) return leave(room);
  if (what < 18) return go();
  send_again();
}

void Client::join(const std::string& room, bool goes_on) {
  const RoomView& view = view_of(room);
  const auto is_for_room = [&](const auto& wish) { return wish.second.room == room; };
  if (view.is_in() || std::any_of(wishes_.begin(), wishes_.end(), is_for_room)) return;
  hub::JoinWish wish;
  wish.request = ++wish_;
  if (goes_on) wish.since = view.position();
  wish.latest = wish.since ? 0 : scene_.random.below(3);
  wishes_[wish.request] = {room, wish.since};
  scene_.trace([&] {
    return name() + " joins " + room +
           (wish.since ? " since " + wish.since->epoch + ":" + std::to_string(wish.since->offset)
                       : "");
  });
  visit_->on().on([&] { visit_->process().hub().join(*visit_, room, &wish); });
}

void Client::leave(const std::string& room) {
  scene_.trace([&] { return name() + " leaves " + room; });
  visit_->on().on([&] { visit_->process().hub().leave(*visit_, room); });
}

void Client::set_meta(const std::string& room) {
  if (!has_presence(room)) return;
  const std::uint64_t number = 1 + scene_.random.below(3);
  visit_->on().on([&] {
    if (visit_->process().hub().set_presence(*visit_, room, Json{{"n", number}}))
      metas_[room] = number;
  });
  scene_.trace([&] { return name() + " is " + std::to_string(meta(room)) + " in " + room; });
}

void Client::say(const std::string& room) {
  Message message;
  message.to = room;
  message.is_logged = keeps_history(room);
  press_.exclude(visit_->process(), message, this);
  const std::uint64_t number = press_.begin(visit_->process(), std::move(message));
  Draft draft;
  draft.room = room;
  if (scene_.random.percent(75)) draft.once = session_ + "/" + std::to_string(number);
  scene_.trace([&] { return name() + " says " + std::to_string(number) + " in " + room; });
  drafts_[number] = std::move(draft);
  send(number);
}

void Client::send(std::uint64_t number) {
  const Draft& draft = drafts_.at(number);
  if (!keeps_history(draft.room)) {
    visit_->on().on([&] { press_.publish(visit_->process(), number, {}, {}); });
    drafts_.erase(number);
    return;
  }
  asked_[number] = true;
  const auto told = [this, number, visit = visits_](bool done) {
    if (visit != visits_ || !visit_) return;  // it asks no more
    require(asked_.erase(number) == 1, [&] { return name() + " is told twice what came of it"; });
    if (done || drafts_.at(number).once.empty()) drafts_.erase(number);
  };
  visit_->on().on([&] { press_.publish(visit_->process(), number, draft.once, told); });
}

void Client::send_again() {
  if (!can_act()) return;
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, draft] : drafts_)
    if (asked_.count(number) == 0) numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    scene_.trace(
        [&, again = number] { return name() + " sends " + std::to_string(again) + " again"; });
    send(number);
  }
}

// --- what it is told ---

void Client::hear(const Visit& visit, const base::Frame& frame, const hub::Mark& mark) {
  if (passage_ && !passage_->lets_through(visit, frame, mark)) return;
  take(frame, mark.offset);
}

void Client::take(const base::Frame& frame, std::uint64_t marked_offset) {
  std::string_view text = base::as_text(frame.enveloped().content());
  scene_.trace([&] { return name() + " hears " + std::string(text); });
  const std::string_view kind = take_word(text);
  if (kind == "p") {
    const std::string_view room = take_word(text);
    return view_of(room).presence(text);
  }
  const std::uint64_t first = to_number(take_word(text));
  const std::uint64_t offset = to_number(take_word(text));
  if (kind == "v") return view_of(text).moved(first, offset);
  require(offset == marked_offset, [&] { return name() + " is shown another offset"; });
  const Message& message = scene_.annals.of(first);
  require(message.is_logged || heard_.insert(first).second,
          [&] { return name() + " hears " + std::to_string(first) + " twice"; });
  if (message.kind == Message::Kind::in_room) {
    require(message.to == text, [&] { return name() + " hears of another room"; });
    return view_of(text).hear(first, offset, reader());
  }
  require(!message.hidden_from(reader()) &&
              (message.kind == Message::Kind::for_everyone || message.to == user_),
          [&] { return name() + " hears what is not for it"; });
  scene_.annals.hear(first, number_);
}

void Client::joined(const Visit& visit, const hub::Joined& joined) {
  std::optional<base::Since> since;
  const bool is_landing = is_moving() && &visit == passage_->to().get();
  if (is_landing && !passage_->is_taking_over()) return passage_->seated(joined.room);
  if (joined.recovered && passage_) since = passage_->heard_of(joined.room).value_or(base::Since());
  if (joined.request != 0) {
    const auto wish = wishes_.extract(joined.request);
    require(!wish.empty(), [&] { return name() + " is told of a join twice"; });
    since = wish.mapped().since;
  }
  scene_.trace([&] {
    return name() + " is in " + std::string(joined.room) + " at " + std::string(joined.epoch) +
           ":" + std::to_string(joined.offset) +
           (joined.recovered ? *joined.recovered ? ", recovered" : ", not recovered" : "");
  });
  if (is_landing && passage_->is_seated_in(joined.room))
    return view_of(joined.room).arrived(joined, reader(), since);
  // Where it is not seated yet, it is told when it is; of what it has left meanwhile it is told nothing.
  if (is_landing && (!joined.entered || !passage_->brings(joined.room))) return;
  if (!joined.entered && !since && view_of(joined.room).is_in()) return;
  view_of(joined.room).joined(joined, reader(), since);
}

void Client::left(const Visit& visit, std::string_view room) {
  if (is_moving() && &visit == passage_->to().get()) return passage_->unseated(room);
  scene_.trace([&] { return name() + " is out of " + std::string(room); });
  metas_.erase(std::string(room));
  scene_.annals.excuse_client(number_, room);
  view_of(room).left();
}

// --- at rest ---

void Client::check_at_rest() const {
  require(wishes_.empty(), [&] { return name() + " is never told of a join"; });
  require(asked_.empty(), [&] { return name() + " is never told what came of a message"; });
  Names told;
  for (const auto& [room, view] : views_) {
    view.check_complete(reader());
    if (view.is_in()) told.push_back(room);
  }
  if (!visit_) return;
  require_same("rooms", name(), visit_->process().hub().rooms_of(*visit_), told);
}

}  // namespace microframe::simulation::nodes

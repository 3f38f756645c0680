#include "ws/handling.hpp"

#include <new>

#include "microframe/detail/scheduler.hpp"
#include "v1/names.hpp"

namespace microframe::ws {
namespace {

// What an answer costs beside its text while it waits.
constexpr std::size_t kAnswerBytes = 128;

}  // namespace

// What has still to end, the hook among it, before a message is answered.
struct Handling::Wait {
  explicit Wait(Handling& its_handling)
      : handling(its_handling), held(&its_handling.host_.kept_by()) {}

  bool is_over() const { return left.load(std::memory_order_acquire) == 0; }
  // returns: whether that was the last.
  bool end_one() { return left.fetch_sub(1, std::memory_order_acq_rel) == 1; }

  Handling& handling;
  const base::Ref<const base::RefCounted> held;
  std::atomic<std::size_t> left{1};
  std::atomic<bool> failed{false};
};

void Handling::Pending::end(bool ok) noexcept {
  const auto wait = std::exchange(wait_, nullptr);
  if (!wait) return;
  if (!ok) wait->failed.store(true, std::memory_order_relaxed);
  if (wait->end_one()) wait->handling.on_stored();
}

// --- for code that the hook calls ---

// Nothing else owns turns.
Handling* Handling::current() {
  detail::Scheduler* scheduler = detail::Scheduler::current();
  if (!scheduler || !scheduler->turn().shown().lasts()) return nullptr;
  return static_cast<Handling*>(scheduler->turn().shown().owner);
}

// A user's name may hold any byte; what follows the last two zeros cannot.
std::string Handling::next_key() {
  if (id_ == 0) return {};
  v1::Origin origin;
  origin.session = host_.session_name();
  origin.id = id_;
  if (!of_.empty()) origin = *v1::parse_origin(of_);
  std::string key(host_.user());
  key.append(1, '\0').append(origin.session);
  key.append(1, '\0').append(std::to_string(origin.id));
  return key.append(1, '#').append(std::to_string(++published_));
}

Handling::Pending Handling::begin_pending() {
  if (stopped_) return {};
  if (!wait_) wait_ = std::make_shared<Wait>(*this);
  wait_->left.fetch_add(1, std::memory_order_relaxed);
  return Pending(wait_);
}

// --- turns ---

void Handling::begin(std::uint64_t id, std::string_view of) {
  turn_number_ = ++turns_;
  id_ = id;
  of_ = of;
  published_ = 0;
  given_.reset();
  wait_.reset();
}

void Handling::end(std::optional<v1::Reply> answer) {
  turn_number_ = 0;
  if (given_) answer = std::exchange(given_, std::nullopt);
  auto wait = std::exchange(wait_, nullptr);
  if (wait) wait->end_one();
  settle({id_, std::move(answer), std::move(wait)});
}

void Handling::fail(v1::Reply error) {
  turn_number_ = 0;
  given_.reset();
  if (const auto wait = std::exchange(wait_, nullptr)) wait->end_one();
  settle({id_, std::move(error), nullptr});
}

void Handling::settle(Answer answer) {
  if (!answer.reply && !answer.wait) return;
  if (held_.empty() && (!answer.wait || answer.wait->is_over())) return say(answer);
  if (stopped_) return;
  const std::size_t bytes = kAnswerBytes + (answer.reply ? answer.reply->text.size() : 0);
  held_.push_back(std::move(answer));
  held_bytes_ += bytes;
}

void Handling::say(const Answer& answer) {
  if (answer.wait && answer.wait->failed.load(std::memory_order_relaxed))
    return host_.say_unavailable(answer.id);
  if (answer.reply) host_.say_answer(*answer.reply);
}

// Once for all that end before the loop comes to it. Without memory to say so, the next to end, or
// the next turn, does.
void Handling::on_stored() noexcept {
  if (posted_.exchange(true)) return;
  try {
    host_.post([this] { flush(); });
  } catch (const std::bad_alloc&) {
    posted_.store(false);
  }
}

void Handling::flush() {
  posted_.store(false);
  const bool waited = !held_.empty();
  while (!held_.empty() && (!held_.front().wait || held_.front().wait->is_over())) {
    const Answer answer = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= kAnswerBytes + (answer.reply ? answer.reply->text.size() : 0);
    say(answer);
  }
  if (waited) host_.on_answers_left();
}

// A hook may still run: what it publishes has its name, and nobody to be told.
void Handling::stop() {
  stopped_ = true;
  held_.clear();
  held_bytes_ = 0;
  wait_.reset();
}

}  // namespace microframe::ws

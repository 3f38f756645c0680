#include "ws/life.hpp"

#include <array>
#include <optional>

#include "base/log.hpp"

namespace microframe::ws {
namespace {

using State = Life::State;
using Event = Life::Event;
using Action = Life::Action;

// What a pair does, where a row of the table is a state.
struct Cell {
  Action action;
  std::optional<State> next = std::nullopt;  // nullopt: the state stays
};
using Row = std::array<Cell, Life::kEvents>;

// The event changes nothing: it comes twice, or too late.
constexpr Cell stay{Action::none};
// The pair cannot happen.
constexpr Cell no{Action::refuse};

constexpr Cell begin{Action::begin, State::open};
constexpr Cell leave{Action::leave, State::closing};
constexpr Cell wait{Action::wait, State::suspended};
constexpr Cell hold{Action::hold, State::resuming};
constexpr Cell land{Action::hold, State::resuming};
constexpr Cell go_on{Action::go_on, State::open};
constexpr Cell expire{Action::none, State::expiring};
constexpr Cell wind_up{Action::wind_up, State::ending};
constexpr Cell end{Action::none, State::ending};
constexpr Cell linger{Action::none, State::lingering};
constexpr Cell forget{Action::forget, State::gone};

// clang-format off
constexpr std::array<Row, Life::kStates> kTable = {{
    //             begin  end    suspend resume expire  hooks_free stream_over hooks_over land move
    /* opening   */ Row{begin, leave, no,    no,    no,     no,        no,         no,     land, no},
    /* open      */ Row{no,    leave, wait,  no,    no,     stay,      no,         no,     no,   no},
    /* closing   */ Row{no,    stay,  stay,  no,    stay,   stay,      end,        linger, no,   stay},
    /* ending    */ Row{no,    stay,  stay,  no,    stay,   stay,      stay,       forget, no,   stay},
    /* lingering */ Row{no,    stay,  stay,  no,    stay,   stay,      forget,     stay,   no,   stay},
    /* suspended */ Row{no,    stay,  stay,  hold,  expire, stay,      stay,       no,     no,   forget},
    /* resuming  */ Row{no,    stay,  stay,  hold,  expire, go_on,     stay,       no,     no,   forget},
    /* expiring  */ Row{no,    stay,  stay,  no,    stay,   wind_up,   stay,       no,     no,   stay},
    /* gone      */ Row{no,    stay,  stay,  no,    stay,   stay,      stay,       stay,   no,   stay},
}};
// clang-format on

constexpr std::array<std::string_view, Life::kStates> kStateNames = {
    "opening",   "open",     "closing",  "ending", "lingering",
    "suspended", "resuming", "expiring", "gone"};
constexpr std::array<std::string_view, Life::kEvents> kEventNames = {
    "begin",      "end",         "suspend",    "resume", "expire",
    "hooks_free", "stream_over", "hooks_over", "land",   "move"};

}  // namespace

Life::Step Life::step(State state, Event event) {
  const Cell& cell = kTable[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  return {cell.next.value_or(state), cell.action};
}

Life::Action Life::on(Event event) {
  const State now = state_.load(std::memory_order_relaxed);
  const Step made = step(now, event);
  if (made.action == Action::refuse) {
    base::log::error("mistake in a connection's life", {{"refused", refusal(now, event)}});
  } else {
    state_.store(made.next, std::memory_order_release);
  }
  return made.action;
}

bool Life::accepts() const {
  return is_open() || may_come_back();
}

bool Life::may_come_back() const {
  const State now = state();
  return now == State::suspended || now == State::resuming || now == State::expiring;
}

bool Life::has_ended() const {
  const State now = state();
  return now == State::closing || now == State::ending || now == State::lingering ||
         now == State::gone;
}

std::string_view to_string(Life::State state) {
  return kStateNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(Life::Event event) {
  return kEventNames[static_cast<std::size_t>(event)];
}

std::string refusal(Life::State state, Life::Event event) {
  return std::string(to_string(event)) + " in " + std::string(to_string(state));
}

}  // namespace microframe::ws

// Gather<T>: several answers, of whom each comes once or never, and who is told when none is left to
// wait for. Threading: the places are on any threads, each on one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace microframe::ws {

template <class T>
class Gather {
  struct State;

 public:
  // By place; none where a place was dropped without an answer.
  using Answers = std::vector<std::optional<T>>;
  // Called once, where the last answer comes or the last place is dropped. Throws nothing.
  using All = std::function<void(Answers& answers)>;

  // Whom one answer is given to.
  class Place {
   public:
    Place(std::shared_ptr<State> state, std::size_t index)
        : state_(std::move(state)), index_(index) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (!came_) state_->one_less();
    }
    void come(T&& answer) {
      state_->answers[index_] = std::move(answer);
      came_ = true;
      state_->one_less();
    }

   private:
    const std::shared_ptr<State> state_;
    const std::size_t index_;
    bool came_ = false;
  };
  using Places = std::vector<std::shared_ptr<Place>>;

  // count: not 0.
  // errors: std::bad_alloc; `all` may have been called by then.
  static Places begin(std::size_t count, All all) {
    const auto state = std::make_shared<State>();
    state->answers.resize(count);
    state->missing = count;
    state->all = std::move(all);
    Places places;
    places.reserve(count);
    for (std::size_t i = 0; i < count; ++i) places.push_back(std::make_shared<Place>(state, i));
    return places;
  }

 private:
  // Each answer is written by its place, and read when the last is in.
  struct State {
    Answers answers;
    std::atomic<std::size_t> missing{0};
    All all;

    void one_less() {
      if (missing.fetch_sub(1, std::memory_order_acq_rel) == 1) all(answers);
    }
  };
};

}  // namespace microframe::ws

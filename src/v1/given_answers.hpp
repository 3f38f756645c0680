// GivenAnswers: a client's latest answers to the server's messages. An answer that was on its way
// when the connection was lost is given again when the session goes on; the server takes the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace microframe::v1 {

class GivenAnswers {
 public:
  // How many answers are kept; past it the oldest go.
  static constexpr std::size_t kKeptMax = 100;

  // frame: the answer's. before: the highest id that we had sent when it was given.
  void add(std::string frame, std::uint64_t before) {
    answers_.push_back({std::move(frame), before});
    if (answers_.size() > kKeptMax) answers_.pop_front();
  }
  // The server has answered our frame `id`: what was given before that one was sent has arrived.
  void arrived(std::uint64_t id) {
    while (!answers_.empty() && answers_.front().before < id) answers_.pop_front();
  }
  void clear() { answers_.clear(); }
  // Calls visit(const std::string&) for each answer's frame, in order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Answer& answer : answers_) visit(answer.frame);
  }

 private:
  struct Answer {
    std::string frame;
    std::uint64_t before;
  };
  std::deque<Answer> answers_;
};

}  // namespace microframe::v1

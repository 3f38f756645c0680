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
  // How many answers are kept, and how many bytes of them; past either the oldest go. The latest
  // stays.
  static constexpr std::size_t kKeptMax = 100;
  static constexpr std::size_t kBytesMax = std::size_t{4} * 1024 * 1024;

  // frame: the answer's. before: the highest id that we had sent when it was given.
  void add(std::string frame, std::uint64_t before) {
    bytes_ += frame.size();
    answers_.push_back({std::move(frame), before});
    while (answers_.size() > kKeptMax || (bytes_ > kBytesMax && answers_.size() > 1)) drop_first();
  }
  // The server has answered our frame `id`: what was given before that one was sent has arrived.
  void arrived(std::uint64_t id) {
    while (!answers_.empty() && answers_.front().before < id) drop_first();
  }
  // Gives up the answers of so many bytes or more.
  void drop_from(std::size_t bytes) {
    std::deque<Answer> kept;
    for (Answer& answer : answers_) {
      if (answer.frame.size() < bytes) kept.push_back(std::move(answer));
    }
    clear();
    for (Answer& answer : kept) {
      bytes_ += answer.frame.size();
      answers_.push_back(std::move(answer));
    }
  }
  void clear() {
    answers_.clear();
    bytes_ = 0;
  }
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
  void drop_first() {
    bytes_ -= answers_.front().frame.size();
    answers_.pop_front();
  }

  std::deque<Answer> answers_;
  std::size_t bytes_ = 0;
};

}  // namespace microframe::v1

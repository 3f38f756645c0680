#include "ws/inquiries.hpp"

#include <boost/json/parse.hpp>
#include <cstddef>
#include <new>
#include <optional>
#include <utility>

#include "base/to_ms.hpp"
#include "ws/ask_devices.hpp"
#include "ws/letters.hpp"

namespace microframe::ws {
namespace {

using base::Lock;
using Answers = Gather<Ack>::Answers;

constexpr auto kStatusMax = static_cast<std::uint8_t>(AckStatus::not_supported);

// It was a Json of the application's there, which may nest deeper than a client's.
constexpr std::size_t kDepthMax = 1'000;
std::optional<Json> read_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::error_code error;
  Json json = boost::json::parse(text, error, {}, options);
  if (error) return std::nullopt;
  return json;
}

std::string write_answers(std::uint64_t number, const Answers& answers) {
  std::string bytes = write_head(Letter::answers, number);
  base::WireWriter writer(bytes);
  writer.number(answers.size());
  for (const auto& answer : answers) {
    writer.text(answer ? answer->device : std::string());
    writer.byte(static_cast<std::uint8_t>(answer ? answer->status : AckStatus::timed_out));
    writer.text(answer ? to_text(answer->data) : "null");
  }
  return bytes;
}

Answers read_answers(base::WireReader& letter) {
  Answers answers;
  for (std::uint64_t left = letter.number(); left > 0 && letter.ok(); --left) {
    std::string device(letter.text());
    const std::uint8_t status = letter.byte();
    auto data = read_json(letter.text());
    if (!letter.ok() || status > kStatusMax || !data) continue;
    answers.emplace_back(Ack(std::move(device), static_cast<AckStatus>(status), std::move(*data)));
  }
  return answers;
}

Answers no_answer() {
  Answers answers;
  answers.emplace_back(Ack(std::string(), AckStatus::timed_out));
  return answers;
}

}  // namespace

// --- who asks ---

void Inquiries::ask(const std::string& node, std::string_view user, std::string_view message,
                    std::chrono::milliseconds timeout, const Told& told) {
  const auto number = add(told);
  if (!number) return told(no_answer());
  std::string letter = write_head(Letter::ask, *number);
  base::WireWriter writer(letter);
  writer.text(user);
  writer.number(base::to_ms(timeout));
  writer.text(message);
  elsewhere_.letter(node, letter);
  elsewhere_.after(timeout + kGrace, [this, number] { settle(*number, no_answer()); });
}

std::optional<std::uint64_t> Inquiries::add(const Told& told) {
  const Lock lock(mutex_);
  if (waiting_.size() >= kMax) return std::nullopt;
  waiting_.emplace(++number_, told);
  return number_;
}

void Inquiries::settle(std::uint64_t number, Answers&& answers) {
  Told told;
  {
    const Lock lock(mutex_);
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return;
    told = std::move(found->second);
    waiting_.erase(found);
  }
  told(std::move(answers));
}

void Inquiries::end() {
  std::map<std::uint64_t, Told> waiting;
  {
    const Lock lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const auto& [number, told] : waiting) told(no_answer());
}

void Inquiries::answered(std::uint64_t number, base::WireReader& letter) {
  settle(number, read_answers(letter));
}

// --- who is asked ---

void Inquiries::asked(std::string_view node, std::uint64_t number, base::WireReader& letter) {
  const std::string_view user = letter.text();
  const std::chrono::milliseconds timeout(letter.number());
  const auto message = read_json(letter.text());
  if (!letter.ok() || !message) return;
  ask_devices(hub_.members_of(user), *message, timeout,
              [this, node = std::string(node), number](Answers& answers) {
                try {
                  elsewhere_.letter(node, write_answers(number, answers));
                } catch (const std::bad_alloc&) {  // who asked gives up in time
                }
              });
}

}  // namespace microframe::ws

#include "chaos/node_side.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <stdexcept>

namespace chaos {

using microframe::Json;

NodeSide::NodeSide(const std::string& script, const Json& setup) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
    throw std::runtime_error("there is no pipe to node");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::execlp("node", "node", script.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
  say(setup);
}

NodeSide::~NodeSide() {
  ::close(in_);
  ::close(out_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void NodeSide::say(const Json& what) {
  const std::string line = microframe::to_text(what) + "\n";
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t size = ::write(in_, line.data() + at, line.size() - at);
    if (size <= 0) throw std::runtime_error("node does not listen");
    at += static_cast<std::size_t>(size);
  }
}

Json NodeSide::hear(std::string_view member, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (said_.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{out_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0)
      throw std::runtime_error("node has not said in time: " + std::string(member));
    char bytes[64 * 1024];
    const ssize_t size = ::read(out_, bytes, sizeof bytes);
    if (size <= 0)
      throw std::runtime_error("node has ended before it said: " + std::string(member));
    said_.append(bytes, static_cast<std::size_t>(size));
  }
  const std::size_t end = said_.find('\n');
  Json line = boost::json::parse(said_.substr(0, end));
  said_.erase(0, end + 1);
  if (!line.as_object().contains(member))
    throw std::runtime_error("node said " + microframe::to_text(line) + ", not " +
                             std::string(member));
  return line;
}

namespace {

std::string word(const Json& value) {
  return std::string(value.as_string());
}

std::vector<std::string> words(const Json& values) {
  std::vector<std::string> result;
  for (const Json& value : values.as_array()) result.push_back(word(value));
  return result;
}

// [message, offset], or ["", offset, recovered, was in].
Event event_of(const Json& said) {
  const auto& fields = said.as_array();
  Event event;
  event.message = word(fields.at(0));
  event.offset = fields.at(1).to_number<std::uint64_t>();
  if (!event.message.empty()) return event;
  event.recovered = fields.at(2).as_bool();
  event.was_in = fields.at(3).as_bool();
  return event;
}

Record record_of(const Json& said) {
  Record record;
  record.member = word(said.at("member"));
  record.acknowledged = words(said.at("acknowledged"));
  record.unknown = words(said.at("unknown"));
  for (const Json& one : said.at("refused").as_array())
    record.refused.emplace_back(word(one.at(0)), word(one.at(1)));
  record.wrong_answers = said.at("wrongAnswers").to_number<std::size_t>();
  for (const Json& one : said.at("events").as_array()) record.events.push_back(event_of(one));
  if (!said.at("position").is_null())
    record.position = said.at("position").to_number<std::uint64_t>();
  record.presence = said.at("presence");
  record.resumed = said.at("resumed").to_number<unsigned>();
  record.anew = said.at("anew").to_number<unsigned>();
  return record;
}

}  // namespace

std::vector<Record> records_of(const Json& said) {
  std::vector<Record> records;
  for (const Json& one : said.at("records").as_array()) records.push_back(record_of(one));
  return records;
}

}  // namespace chaos

// V1Client: a client of microframe.v1 on a blocking socket, which counts what it receives. Every
// wait ends after ten seconds.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "microframe/json.hpp"
#include "support/raw_client.hpp"

namespace test {

class V1Client {
 public:
  using Json = microframe::Json;

  // Opens a connection over `stream`, which has been secured if it must be. former: whose session
  // it goes on with.
  V1Client(std::unique_ptr<RawClient> stream, const std::string& token,
           const V1Client* former = nullptr, const std::string& path = "/ws")
      : stream_(std::move(stream)) {
    std::string offered = "microframe.v1, token." + token;
    if (former) offered += former->offer();
    stream_->send(upgrade_request(path, "Sec-WebSocket-Protocol: " + offered + "\r\n"));
    if (stream_->read_status() != 101) throw std::runtime_error("the handshake was refused");
    welcome_ = boost::json::parse(stream_->read_text());
    received_ = resumed() ? former->received_ : 0;
  }

  // What a handshake says to go on with this session; the attempt's number is left out.
  std::string offer() const {
    return ", resume." + microframe::text(welcome_, "session") + "." +
           microframe::text(welcome_, "secret") + "." + std::to_string(received_);
  }
  const Json& welcome() const { return welcome_; }
  bool resumed() const { return welcome_.at("resumed").as_bool(); }
  RawClient& stream() { return *stream_; }

  void send(const Json& frame) { stream_->send_text(microframe::to_text(frame)); }
  // The next frame, counted where such are.
  Json read() {
    Json frame = boost::json::parse(stream_->read_text());
    const std::string type = microframe::text(frame, "t");
    if (type != "pong" && type != "bye") ++received_;
    return frame;
  }
  // Reads on until a frame of the type comes.
  Json read_until(std::string_view type) {
    while (true) {
      Json frame = read();
      if (microframe::text(frame, "t") == type) return frame;
    }
  }
  // Sends a message and reads on until its answer.
  // returns: the answer.
  Json ask(const Json& data) {
    send(boost::json::object{{"t", "message"}, {"id", ++sent_}, {"data", data}});
    return answer_to(sent_);
  }
  Json join(const std::string& room) {
    send(boost::json::object{{"t", "join"}, {"id", ++sent_}, {"room", room}});
    return answer_to(sent_);
  }
  Json answer_to(std::uint64_t id) {
    while (true) {
      Json frame = read();
      const Json* of = frame.as_object().if_contains("id");
      if (of && of->to_number<std::uint64_t>() == id && microframe::text(frame, "t") != "message")
        return frame;
    }
  }
  // The connection breaks, as the client sees it.
  void lose() { stream_->reset(); }
  std::uint64_t received() const { return received_; }
  // Of the last message that was sent; to go on counting after a resume.
  std::uint64_t sent() const { return sent_; }
  void set_sent(std::uint64_t id) { sent_ = id; }

 private:
  std::unique_ptr<RawClient> stream_;
  Json welcome_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace test

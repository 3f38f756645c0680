#include "modes.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "broken.hpp"
#include "crowd.hpp"
#include "messages.hpp"
#include "process.hpp"

namespace bench {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
// At a rate, a server that is so far behind cannot keep up.
constexpr std::uint32_t kBehindMaxSeconds = 10;

class Relay {
 public:
  explicit Relay(const Options& options)
      : options_(options),
        crowd_(options),
        messages_(options),
        sender_(options.from ? options.connections : 0),
        under_way_(options.rate ? options.rate * kBehindMaxSeconds : options.window),
        next_(options.connections + 1) {}

  Report run() {
    crowd_.open_all();
    if (options_.from) settle();
    began_ns_ = now_ns();
    Meter meter(options_, crowd_.received_bytes());
    if (options_.rate != 0) {
      while (!meter.finished()) turn_on_time(meter);
    } else {
      for (std::uint32_t i = 0; i < options_.window; ++i) send(now_ns());
      while (!meter.finished()) crowd_.turn([&](std::uint32_t index) { read(index, meter); });
    }
    return std::move(meter).report("relay");
  }

 private:
  struct UnderWay {
    std::uint32_t deliveries = 0;
    std::uint64_t since_ns = 0;
    Mark mark{};
  };

  // Message n has the place n % size. Because each member receives the messages in order, they
  // are finished in order, and a place is free again when it is needed.
  UnderWay& place(std::uint32_t number) { return under_way_[number % under_way_.size()]; }

  // A node may open a room to the others a moment after its first member has come in.
  void settle() {
    constexpr std::uint64_t kMomentNs = kSecondNs / 2;
    for (const std::uint64_t open_ns = now_ns(); now_ns() - open_ns < kMomentNs;) {
      crowd_.turn(std::chrono::milliseconds(50), [&](std::uint32_t index) {
        crowd_.read(index,
                    [](const Received&) { throw Broken("a message that nobody asked for"); });
      });
    }
  }

  // Sends what is due, and reads until the next message is.
  void turn_on_time(Meter& meter) {
    const auto due_ns = [this] { return began_ns_ + sent_ * kSecondNs / options_.rate; };
    std::uint64_t now = now_ns();
    for (; due_ns() <= now; now = now_ns()) {
      if (sent_ - finished_ == under_way_.size()) throw Broken("the server cannot keep up");
      send(now);
    }
    crowd_.turn(std::chrono::nanoseconds(due_ns() - now),
                [&](std::uint32_t index) { read(index, meter); });
  }

  void send(std::uint64_t now) {
    const Mark mark = make_mark(0, sent_);
    place(sent_++) = {0, now, mark};
    crowd_.send(sender_, messages_.frame(mark));
  }

  void read(std::uint32_t index, Meter& meter) {
    crowd_.read(index, [&](const Received& received) { on_message(index, received, meter); });
  }

  void on_message(std::uint32_t index, const Received& received, Meter& meter) {
    const std::uint32_t number = next_[index]++;
    if (number == sent_) throw Broken("a delivery more than was sent");
    const bool counts = index < options_.connections;
    UnderWay& message = place(number);
    // What comes back to a sender elsewhere may be behind the others, and no longer under way.
    if (!messages_.equal(received, counts ? message.mark : make_mark(0, number)))
      throw Broken("a delivery is not the next one sent");
    if (!counts || ++message.deliveries < options_.connections) return;
    const std::uint64_t now = now_ns();
    meter.add(options_.connections, message.since_ns, now);
    ++finished_;
    if (options_.rate == 0) send(now);
  }

  const Options& options_;
  Crowd crowd_;
  Messages messages_;
  const std::uint32_t sender_;  // index
  std::vector<UnderWay> under_way_;
  std::vector<std::uint32_t> next_;  // the number of the message each member waits for
  std::uint64_t began_ns_ = 0;
  std::uint32_t sent_ = 0;
  std::uint32_t finished_ = 0;
};

}  // namespace

Report run_relay(const Options& options) {
  return Relay(options).run();
}

}  // namespace bench

#include "modes.hpp"

#include <vector>

#include "broken.hpp"
#include "crowd.hpp"
#include "messages.hpp"
#include "process.hpp"

namespace bench {
namespace {

class Relay {
 public:
  explicit Relay(const Options& options)
      : options_(options),
        crowd_(options),
        messages_(options),
        under_way_(options.window),
        next_(options.connections) {}

  Report run() {
    crowd_.open_all();
    for (std::uint32_t i = 0; i < options_.window; ++i) send(now_ns());
    Meter meter(options_, crowd_.received_bytes());
    while (!meter.finished()) {
      crowd_.turn([&](std::uint32_t index) {
        crowd_.read(index, [&](const Received& received) { on_message(index, received, meter); });
      });
    }
    return std::move(meter).report("relay");
  }

 private:
  struct UnderWay {
    std::uint32_t deliveries = 0;
    std::uint64_t since_ns = 0;
    Mark mark{};
  };

  // Message n has the place n % window. Because each member receives the messages in order, they
  // are finished in order, and a place is free again when it is needed.
  UnderWay& place(std::uint32_t number) { return under_way_[number % options_.window]; }

  void send(std::uint64_t now) {
    const Mark mark = make_mark(0, sent_);
    place(sent_++) = {0, now, mark};
    crowd_.send(0, messages_.frame(mark));
  }

  void on_message(std::uint32_t index, const Received& received, Meter& meter) {
    const std::uint32_t number = next_[index]++;
    if (number == sent_) throw Broken("a delivery more than was sent");
    UnderWay& message = place(number);
    if (!messages_.equal(received, message.mark))
      throw Broken("a delivery is not the next one sent");
    if (++message.deliveries < crowd_.size()) return;
    const std::uint64_t now = now_ns();
    meter.add(crowd_.size(), message.since_ns, now);
    send(now);
  }

  const Options& options_;
  Crowd crowd_;
  Messages messages_;
  std::vector<UnderWay> under_way_;
  std::vector<std::uint32_t> next_;  // the number of the message each member waits for
  std::uint32_t sent_ = 0;
};

}  // namespace

Report run_relay(const Options& options) {
  return Relay(options).run();
}

}  // namespace bench

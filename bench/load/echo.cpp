#include "modes.hpp"

#include <vector>

#include "broken.hpp"
#include "crowd.hpp"
#include "messages.hpp"
#include "process.hpp"

namespace bench {

Report run_echo(const Options& options) {
  struct UnderWay {
    std::uint32_t number = 0;
    std::uint64_t since_ns = 0;
    Mark mark{};
  };
  Crowd crowd(options);
  crowd.open_all();
  Messages messages(options);
  std::vector<UnderWay> under_way(crowd.size());
  const auto send = [&](std::uint32_t index, std::uint64_t now) {
    UnderWay& mine = under_way[index];
    mine.mark = make_mark(index, mine.number++);
    mine.since_ns = now;
    crowd.send(index, messages.frame(mine.mark));
  };
  for (std::uint32_t i = 0; i < crowd.size(); ++i) send(i, now_ns());
  Meter meter(options, crowd.received_bytes());
  while (!meter.finished()) {
    crowd.turn([&](std::uint32_t index) {
      crowd.read(index, [&](const Received& received) {
        if (!messages.equal(received, under_way[index].mark))
          throw Broken("an echo is not what was sent");
        const std::uint64_t now = now_ns();
        meter.add(1, under_way[index].since_ns, now);
        send(index, now);
      });
    });
  }
  return std::move(meter).report("echo");
}

}  // namespace bench

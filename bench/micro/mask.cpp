// Unmasking a payload in place. RFC 6455 §5.3.

#include "proto/mask.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using namespace microframe;

// range(0): the payload's bytes; range(1): where in the frame's payload it begins.
void unmask(benchmark::State& state) {
  std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)));
  const auto offset = static_cast<std::size_t>(state.range(1));
  const proto::MaskKey key{std::byte{0x12}, std::byte{0x34}, std::byte{0x56}, std::byte{0x78}};
  for (auto _ : state) {
    proto::apply_mask(payload, key, offset);
    benchmark::DoNotOptimize(payload.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(unmask)
    ->ArgNames({"bytes", "offset"})
    ->ArgsProduct({{5, 64, 128, 1024, 16384, 262144}, {0, 3}});

}  // namespace

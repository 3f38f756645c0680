// Reading frames as a server does: headers, unmasking, the check of text, and the order of
// fragments.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "proto/connection.hpp"
#include "proto/frame_header.hpp"

namespace {

using namespace microframe;

// A client's frame whose key is zero: the connection unmasks in place, so the next round finds
// the frame unchanged.
void append_frame(std::vector<std::byte>& out, proto::Opcode opcode, bool fin, std::size_t bytes) {
  proto::FrameHeader header;
  header.fin = fin;
  header.opcode = opcode;
  header.mask = proto::MaskKey{};
  const std::string payload(bytes, 'x');
  const base::SharedBuffer frame = proto::encode_frame(header, base::as_bytes(payload));
  out.insert(out.end(), frame.bytes().begin(), frame.bytes().end());
}

// Reads `input`, in pieces of that size, again and again. Messages are counted.
void read_all(benchmark::State& state, std::vector<std::byte> input, std::size_t piece,
              std::int64_t messages) {
  proto::Connection connection(proto::Role::server, {});
  for (auto _ : state) {
    std::int64_t found = 0;
    for (std::size_t from = 0; from < input.size(); from += piece) {
      base::MutableBytes in =
          base::MutableBytes(input).subspan(from, std::min(piece, input.size() - from));
      while (true) {
        const proto::Event event = connection.next(in);
        if (event.kind == proto::Event::Kind::need_more) break;
        if (event.kind == proto::Event::Kind::message) ++found;
      }
    }
    if (found != messages) state.SkipWithError("messages went missing");
  }
  state.SetItemsProcessed(state.iterations() * messages);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

constexpr std::int64_t kMessages = 64;

// range(0): bytes of a message.
void messages(benchmark::State& state, proto::Opcode opcode) {
  std::vector<std::byte> input;
  for (std::int64_t i = 0; i < kMessages; ++i)
    append_frame(input, opcode, true, static_cast<std::size_t>(state.range(0)));
  read_all(state, std::move(input), std::size_t{1} << 30, kMessages);
}
BENCHMARK_CAPTURE(messages, text, proto::Opcode::text)->Arg(0)->Arg(64)->Arg(512)->Arg(16384);
BENCHMARK_CAPTURE(messages, binary, proto::Opcode::binary)->Arg(64)->Arg(16384);

// Messages of 512 bytes, whose frames lie across the pieces.
void cut_messages(benchmark::State& state) {
  std::vector<std::byte> input;
  for (std::int64_t i = 0; i < kMessages; ++i) append_frame(input, proto::Opcode::text, true, 512);
  read_all(state, std::move(input), static_cast<std::size_t>(state.range(0)), kMessages);
}
BENCHMARK(cut_messages)->Arg(100)->Arg(1460);

// Messages of eight fragments.
void fragments(benchmark::State& state) {
  std::vector<std::byte> input;
  for (std::int64_t i = 0; i < kMessages; ++i) {
    for (int part = 0; part < 8; ++part) {
      append_frame(input, part == 0 ? proto::Opcode::text : proto::Opcode::continuation, part == 7,
                   static_cast<std::size_t>(state.range(0)));
    }
  }
  read_all(state, std::move(input), std::size_t{1} << 30, kMessages);
}
BENCHMARK(fragments)->Arg(64);

// range(0): bytes of the payload. The cost of a broadcast, paid once.
void encode(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    const base::SharedBuffer frame = proto::encode_message(false, base::as_bytes(payload));
    benchmark::DoNotOptimize(frame.bytes().data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode)->Arg(64)->Arg(16384);

}  // namespace

// Checking that text is UTF-8 (RFC 3629): whole, as most messages come, and in pieces.

#include "proto/utf8.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace {

using namespace microframe;

constexpr std::string_view kAscii = R"({"type":"chat","room":"lobby","text":"Hello, world"})";
constexpr std::string_view kLatin = "Ça va très bien, voilà les élèves près de la forêt. ";
constexpr std::string_view kGreek = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία ";
constexpr std::string_view kChinese = "天地玄黃宇宙洪荒日月盈昃辰宿列張";
constexpr std::string_view kEmoji = "😀😁😂🤣😃😄😅😆";

// Repeats the text to about so many bytes, without cutting inside a character.
std::string text_of(std::string_view sample, std::size_t bytes) {
  std::string text;
  while (text.size() + sample.size() <= bytes) text += sample;
  return text.empty() ? std::string(sample) : text;
}

void whole(benchmark::State& state, std::string_view sample) {
  const std::string text = text_of(sample, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    bool valid = proto::is_utf8(base::as_bytes(text));
    benchmark::DoNotOptimize(valid);
    if (!valid) state.SkipWithError("text that is no text");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(whole, ascii, kAscii)->Arg(64)->Arg(512)->Arg(16384);
BENCHMARK_CAPTURE(whole, latin, kLatin)->Arg(64)->Arg(512)->Arg(16384);
BENCHMARK_CAPTURE(whole, greek, kGreek)->Arg(64)->Arg(512)->Arg(16384);
BENCHMARK_CAPTURE(whole, chinese, kChinese)->Arg(64)->Arg(512)->Arg(16384);
BENCHMARK_CAPTURE(whole, emoji, kEmoji)->Arg(64)->Arg(512)->Arg(16384);

// range(0): bytes per piece, of 16 KiB in all. Pieces end inside characters.
void pieces(benchmark::State& state, std::string_view sample) {
  const std::string text = text_of(sample, 16384);
  const auto piece = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    proto::Utf8Validator validator;
    bool valid = true;
    for (std::size_t i = 0; i < text.size(); i += piece)
      valid = valid && validator.feed(base::as_bytes(std::string_view(text).substr(i, piece)));
    valid = valid && validator.complete();
    benchmark::DoNotOptimize(valid);
    if (!valid) state.SkipWithError("text that is no text");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(pieces, ascii, kAscii)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(pieces, chinese, kChinese)->Arg(100)->Arg(1000);

}  // namespace

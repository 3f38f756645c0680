// LineReader: lines of standard input, read on a thread of its own, for a loop that must not block
// (a file or a terminal cannot always be polled).
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace microframe::cli {

class LineReader {
 public:
  // Both are called on the reader's thread: told(line) without its line end, ended() once at the
  // end of input.
  LineReader(std::function<void(std::string)> told, std::function<void()> ended);
  // Stops waiting for input.
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

 private:
  void read();

  std::function<void(std::string)> told_;
  std::function<void()> ended_;
  int wake_;
  std::thread thread_;
};

}  // namespace microframe::cli

// Signals: tells chosen signals of the process on a loop.
#pragma once

#include <functional>
#include <vector>

namespace microframe::net {

class Loop;

// While an object of this class exists, its signals do not end the process. Threading: the loop's.
class Signals {
 public:
  // told(number) is called on the loop, once per signal.
  Signals(Loop& loop, const std::vector<int>& numbers, std::function<void(int)> told);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Watch;
  Watch* watch(Loop& loop, int number);

  std::function<void(int)> told_;
  std::vector<Watch*> watches_;
};

}  // namespace microframe::net

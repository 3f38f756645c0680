// The heap of a test program, counted per thread. The program links tests/support/counted_heap.cpp,
// which replaces every form of operator new and delete, or, under clang's sanitizers, has their
// runtime tell of each block (malloc's own too).
#pragma once

#include <cstddef>

namespace test {

struct HeapCount {
  std::size_t blocks = 0;   // asked for
  std::size_t bytes = 0;    // asked for
  std::size_t largest = 0;  // bytes of the largest block since it was last set to 0
  std::ptrdiff_t live = 0;  // blocks not given back
};

HeapCount& heap_count();  // of the calling thread

// Where it is set: whether this allocation must fail. Set while no other thread runs; it allocates
// nothing.
extern bool (*heap_refuses)();
// Whether it is asked: not under clang's sanitizers.
extern const bool kHeapCanRefuse;

}  // namespace test

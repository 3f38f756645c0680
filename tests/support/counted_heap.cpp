#include "support/counted_heap.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MICROFRAME_TOLD_BY_SANITIZER 1
#endif
#endif

namespace test {

HeapCount& heap_count() {
  static thread_local HeapCount count;
  return count;
}

bool (*heap_refuses)() = nullptr;

namespace {

void count_in(std::size_t size) noexcept {
  HeapCount& count = heap_count();
  ++count.blocks;
  ++count.live;
  count.bytes += size;
  count.largest = std::max(count.largest, size);
}

void count_out(const void* block) noexcept {
  if (block) --heap_count().live;
}

}  // namespace
}  // namespace test

#ifdef MICROFRAME_TOLD_BY_SANITIZER

// clang links its sanitizers' own operators new and delete into the program, and not every runtime
// lets them be replaced; it tells of each block instead. (g++ links its own from a library, which a
// program's replace.)
#include <sanitizer/allocator_interface.h>

const bool test::kHeapCanRefuse = false;

namespace {
const int kInstalled = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { test::count_in(size); },
    [](const volatile void* block) { test::count_out(const_cast<const void*>(block)); });
}  // namespace

#else

namespace test {

const bool kHeapCanRefuse = true;

namespace {

void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
  if (heap_refuses && heap_refuses()) return nullptr;
  count_in(size);
  // aligned_alloc takes whole multiples of the alignment only.
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_or_throw(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
  if (void* block = allocate(size, alignment)) return block;
  throw std::bad_alloc();
}

void give_back(void* block) noexcept {
  count_out(block);
  std::free(block);
}

std::size_t bytes_of(std::align_val_t alignment) {
  return static_cast<std::size_t>(alignment);
}

}  // namespace
}  // namespace test

// All forms, so that no block is given back to another heap than it came from. Not inlined: g++ 12
// would take a pair of them for a mismatched pair.
#define MICROFRAME_HEAP [[gnu::noinline]]
using std::align_val_t;
using std::nothrow_t;
using std::size_t;
using test::allocate;
using test::allocate_or_throw;
using test::bytes_of;
using test::give_back;

MICROFRAME_HEAP void* operator new(size_t size) {
  return allocate_or_throw(size);
}
MICROFRAME_HEAP void* operator new[](size_t size) {
  return allocate_or_throw(size);
}
MICROFRAME_HEAP void* operator new(size_t size, const nothrow_t&) noexcept {
  return allocate(size);
}
MICROFRAME_HEAP void* operator new[](size_t size, const nothrow_t&) noexcept {
  return allocate(size);
}
MICROFRAME_HEAP void* operator new(size_t size, align_val_t a) {
  return allocate_or_throw(size, bytes_of(a));
}
MICROFRAME_HEAP void* operator new[](size_t size, align_val_t a) {
  return allocate_or_throw(size, bytes_of(a));
}
MICROFRAME_HEAP void* operator new(size_t size, align_val_t a, const nothrow_t&) noexcept {
  return allocate(size, bytes_of(a));
}
MICROFRAME_HEAP void* operator new[](size_t size, align_val_t a, const nothrow_t&) noexcept {
  return allocate(size, bytes_of(a));
}

MICROFRAME_HEAP void operator delete(void* block) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete[](void* block) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete(void* block, size_t) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete[](void* block, size_t) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete(void* block, const nothrow_t&) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete[](void* block, const nothrow_t&) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete(void* block, align_val_t) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete[](void* block, align_val_t) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete(void* block, size_t, align_val_t) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete[](void* block, size_t, align_val_t) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete(void* block, align_val_t, const nothrow_t&) noexcept {
  give_back(block);
}
MICROFRAME_HEAP void operator delete[](void* block, align_val_t, const nothrow_t&) noexcept {
  give_back(block);
}

#endif

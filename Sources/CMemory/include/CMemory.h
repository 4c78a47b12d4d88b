// What Swift can't say of memory: glibc's calls that give it back to the system, and that it will soon be needed.
#ifndef CMEMORY_H
#define CMEMORY_H

#include <stdint.h>

/// One heap for all threads; freed pieces above `piece` bytes go back to the system at once. Before any thread starts.
void memory_share(int piece);

/// Gives back what was freed.
void memory_trim(void);

/// Asks for the line of memory at an address, any at all, and doesn't wait for it.
__attribute__((always_inline)) static inline void memory_prefetch(intptr_t address) {
  __builtin_prefetch((const void *)address);
}

#endif

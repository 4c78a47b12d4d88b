#include "CMemory.h"

#include <malloc.h>

void memory_share(int piece) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, piece);
}

void memory_trim(void) { malloc_trim(0); }

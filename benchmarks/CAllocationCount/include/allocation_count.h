#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// Heap allocations that this thread has asked for since it began.
unsigned long allocation_count(void);

#endif

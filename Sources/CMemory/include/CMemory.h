// glibc's calls that give memory back to the system, which Swift's Glibc module doesn't show.
#ifndef CMEMORY_H
#define CMEMORY_H

/// One heap for all threads; freed pieces above `piece` bytes go back to the system at once. Before any thread starts.
void memory_share(int piece);

/// Gives back what was freed.
void memory_trim(void);

#endif

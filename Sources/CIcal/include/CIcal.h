// Debian's libical, by its public header, opened when it is asked for: it brings ICU along, and few estates have
// calendars in files.
#ifndef CICAL_H
#define CICAL_H

#include <libical/ical.h>

/// Opens libical, once; before any other call. - Returns: what is wrong; NULL: nothing.
const char *ical_library_open(void);

#endif

#include "CIcal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

typedef struct icaltimetype Time;
typedef struct icaldurationtype Duration;
typedef struct icalrecurrencetype Recurrence;
typedef void (*Occurrence)(icalcomponent *, struct icaltime_span *, void *);

// Each function that is used: what it returns, its name, its parameters, and those once more as they are handed on.
#define FUNCTIONS(each)                                                                                  \
  each(void, icalerror_set_errors_are_fatal, (int fatal), (fatal))                                       \
  each(icalcomponent *, icalparser_parse_string, (const char *text), (text))                             \
  each(void, icalcomponent_free, (icalcomponent * component), (component))                               \
  each(icalcomponent_kind, icalcomponent_isa, (const icalcomponent *component), (component))             \
  each(icalcomponent *, icalcomponent_get_first_component,                                               \
       (icalcomponent * component, icalcomponent_kind kind), (component, kind))                          \
  each(icalcomponent *, icalcomponent_get_next_component,                                                \
       (icalcomponent * component, icalcomponent_kind kind), (component, kind))                          \
  each(icalproperty *, icalcomponent_get_first_property,                                                 \
       (icalcomponent * component, icalproperty_kind kind), (component, kind))                           \
  each(icalproperty *, icalcomponent_get_next_property,                                                  \
       (icalcomponent * component, icalproperty_kind kind), (component, kind))                           \
  each(Time, icalcomponent_get_dtstart, (icalcomponent * component), (component))                        \
  each(Time, icalcomponent_get_dtend, (icalcomponent * component), (component))                          \
  each(Duration, icalcomponent_get_duration, (icalcomponent * component), (component))                   \
  each(void, icalcomponent_foreach_recurrence,                                                           \
       (icalcomponent * component, Time start, Time end, Occurrence found, void *data),                  \
       (component, start, end, found, data))                                                             \
  each(icalparameter *, icalproperty_get_first_parameter,                                                \
       (icalproperty * property, icalparameter_kind kind), (property, kind))                             \
  each(const char *, icalproperty_get_xlicerror, (const icalproperty *property), (property))             \
  each(Recurrence, icalproperty_get_rrule, (const icalproperty *property), (property))                   \
  each(const char *, icalparameter_get_tzid, (const icalparameter *parameter), (parameter))              \
  each(icaltimezone *, icaltimezone_get_utc_timezone, (void), ())                                        \
  each(Time, icaltime_from_timet_with_zone, (const time_t time, const int isDate, const icaltimezone *zone), \
       (time, isDate, zone))                                                                             \
  each(time_t, icaltime_as_timet, (const Time time), (time))                                             \
  each(int, icaltime_is_null_time, (const Time time), (time))                                            \
  each(int, icaltime_is_valid_time, (const Time time), (time))                                           \
  each(int, icaldurationtype_as_int, (Duration duration), (duration))

#define MEMBER(result, name, parameters, arguments) result(*name) parameters;
static struct { FUNCTIONS(MEMBER) } library;
#undef MEMBER

static const char *problem;

static void open_once(void) {
  void *handle = dlopen("libical.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    // The next error would take its place.
    problem = strdup(dlerror());
    return;
  }
#define FIND(result, name, parameters, arguments)                                                        \
  library.name = (result(*) parameters)dlsym(handle, #name);                                             \
  if (!library.name) problem = "libical.so.3 has no " #name;
  FUNCTIONS(FIND)
#undef FIND
}

const char *ical_library_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_once);
  return problem;
}

#define FORWARD(result, name, parameters, arguments)                                                     \
  result name parameters { return library.name arguments; }
FUNCTIONS(FORWARD)

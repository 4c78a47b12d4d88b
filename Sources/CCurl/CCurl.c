#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define FUNCTIONS(each)                                                        \
  each(curl_global_init) each(curl_easy_init) each(curl_easy_cleanup)          \
  each(curl_easy_perform) each(curl_easy_setopt) each(curl_easy_getinfo)       \
  each(curl_easy_strerror) each(curl_slist_append) each(curl_slist_free_all)

#define MEMBER(name) __typeof__(&name) name;
static struct { FUNCTIONS(MEMBER) } library;
#undef MEMBER

static const char *problem;

static void open_once(void) {
  void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    // The next error would take its place.
    problem = strdup(dlerror());
    return;
  }
#define FIND(name)                                                             \
  library.name = (__typeof__(&name))dlsym(handle, #name);                      \
  if (!library.name) problem = "libcurl.so.4 has no " #name;
  FUNCTIONS(FIND)
#undef FIND
}

const char *curl_library_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_once);
  return problem;
}

CURLcode curl_global_init(long flags) { return library.curl_global_init(flags); }
CURL *curl_easy_init(void) { return library.curl_easy_init(); }
void curl_easy_cleanup(CURL *handle) { library.curl_easy_cleanup(handle); }
CURLcode curl_easy_perform(CURL *handle) { return library.curl_easy_perform(handle); }
const char *curl_easy_strerror(CURLcode code) { return library.curl_easy_strerror(code); }
void curl_slist_free_all(struct curl_slist *list) { library.curl_slist_free_all(list); }
struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text) {
  return library.curl_slist_append(list, text);
}

CURLcode curl_set_long(CURL *handle, CURLoption option, long value) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_transfer(
    CURL *handle, CURLoption option, size_t (*value)(char *, size_t, size_t, void *)) {
  return library.curl_easy_setopt(handle, option, value);
}

CURLcode curl_set_progress(
    CURL *handle, int (*value)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)) {
  return library.curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}

CURLcode curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return library.curl_easy_getinfo(handle, info, value);
}

CURLcode curl_get_text(CURL *handle, CURLINFO info, char **value) {
  return library.curl_easy_getinfo(handle, info, value);
}

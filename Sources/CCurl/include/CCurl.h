// Debian's libcurl, by its public header, opened when it is asked for: with all that it needs in turn it is half of the
// libraries that a gateway would have in memory, and many gateways tell nobody by HTTP or mail.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>

/// Opens libcurl, once; before any other call. - Returns: what is wrong; NULL: nothing.
const char *curl_library_open(void);

// curl_easy_setopt and curl_easy_getinfo take anything, which Swift can't call: one here for each kind of argument.
CURLcode curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
// For CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_READFUNCTION.
CURLcode curl_set_transfer(
    CURL *handle, CURLoption option, size_t (*value)(char *, size_t, size_t, void *));
CURLcode curl_set_progress(
    CURL *handle, int (*value)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t));
CURLcode curl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode curl_get_text(CURL *handle, CURLINFO info, char **value);

#endif

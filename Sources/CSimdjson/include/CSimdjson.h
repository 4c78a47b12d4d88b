// A C face for simdjson's DOM parser: one reusable parser, values by path, no exceptions, no allocation for a
// message once the parser is made.
#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A parser with its own padded copy of the text. Not for two threads at once.
typedef struct json_parser json_parser;

typedef enum json_status {
  JSON_OK = 0,
  JSON_EMPTY,
  JSON_TOO_LARGE,
  JSON_TOO_DEEP,
  JSON_BAD_UTF8,
  JSON_BAD_SYNTAX,
  JSON_NO_MEMORY,
} json_status;

typedef enum json_kind {
  JSON_ABSENT = 0,
  JSON_NULL,
  JSON_BOOL,
  JSON_INTEGER,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT,
} json_kind;

/// A value. It and its text live until the parser's next parse.
typedef struct json_value {
  json_kind kind;
  /// Bytes of `text`.
  uint32_t count;
  /// JSON_INTEGER and JSON_NUMBER: the value; the latter may be NaN or infinite, where the text said so.
  /// JSON_BOOL: 0 or 1.
  double number;
  /// JSON_INTEGER: the exact value.
  int64_t integer;
  /// JSON_STRING: UTF-8, unescaped, not for reading beyond `count`.
  const char *text;
  /// JSON_ARRAY and JSON_OBJECT: where it stands in the parsed document.
  uint64_t node[2];
} json_value;

typedef struct json_field {
  const char *key;
  size_t key_count;
  json_value value;
} json_field;

/// A position that stands for every key or position; the first that leads on is taken.
#define JSON_ANY SIZE_MAX

/// One step of a path: a key, or (with `key` null) a position in an array or JSON_ANY.
typedef struct json_step {
  const char *key;
  size_t key_count;
  size_t index;
} json_step;

/// `capacity`: longest text in bytes. `depth`: deepest nesting. Null when memory is short.
json_parser *json_parser_create(size_t capacity, size_t depth);
void json_parser_destroy(json_parser *parser);

/// Parses a copy of the text. NaN, Infinity and numbers beyond a double, which JSON does not know, are accepted
/// as values: devices send them, and their neighbours in the message are good.
json_status json_parse(json_parser *parser, const void *bytes, size_t count, json_value *root);

/// Writes up to `capacity` fields of an object. Returns how many it has; 0 for anything but an object.
size_t json_fields(const json_value *object, json_field *fields, size_t capacity);

/// Looks up to 64 keys of an object up in one go. Writes the values of those that are there to their places in
/// `values`; returns which, as bits. The first of two equal keys counts.
uint64_t json_pick(const json_value *object, const json_step *keys, size_t count, json_value *values);

/// Writes up to `capacity` items of an array. Returns how many it has; 0 for anything but an array.
size_t json_items(const json_value *array, json_value *items, size_t capacity);

/// Follows a path; JSON_ABSENT where it leads nowhere.
json_value json_find(const json_value *from, const json_step *steps, size_t count);

/// Reads the decimal number at the start of a text. Returns the bytes read, 0 when there is none.
size_t json_leading_number(const char *text, size_t count, double *number);

#ifdef __cplusplus
}
#endif
#endif

// The shim: simdjson's elements as plain C values.
#include "CSimdjson.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace dom = simdjson::dom;

// A node is an element's bytes: a pointer to the document and a position on its tape.
static_assert(sizeof(dom::element) == sizeof(json_value::node), "node too small");
static_assert(std::is_trivially_copyable<dom::element>::value, "element must be copyable as bytes");

struct json_parser {
  dom::parser parser;
  std::vector<char> text;
  std::string mended;
  size_t capacity;
};

namespace {

// Marks a string that stands for a number which JSON can't write.
constexpr char kMark = '\x01';

bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' ||
         c == '.';
}

// The value of NaN, Infinity, inf (any case, with a sign) or of a number of any size.
bool odd_number(std::string_view token, double *value) {
  bool negative = false;
  std::string_view rest = token;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  auto is = [&](const char *word) {
    std::string_view w(word);
    if (w.size() != rest.size()) return false;
    for (size_t i = 0; i < w.size(); i++) {
      if ((rest[i] | 0x20) != w[i]) return false;
    }
    return true;
  };
  if (is("nan")) {
    *value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (is("infinity") || is("inf")) {
    *value = negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    return true;
  }
  if (rest.empty() || rest[0] < '0' || rest[0] > '9') return false;
  double number = 0;
  auto result = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (result.ptr != rest.data() + rest.size()) return false;
  if (result.ec == std::errc::result_out_of_range) {
    // Too small comes out as 0, too large as infinity: the exponent's sign, or else the length, tells.
    size_t e = rest.find_first_of("eE");
    bool small = e == std::string_view::npos ? rest[0] == '0' : e + 1 < rest.size() && rest[e + 1] == '-';
    number = small ? 0 : std::numeric_limits<double>::infinity();
  } else if (result.ec != std::errc()) {
    return false;
  }
  *value = negative ? -number : number;
  return true;
}

json_value make(dom::element element) noexcept {
  json_value value{};
  switch (element.type()) {
    case dom::element_type::NULL_VALUE:
      value.kind = JSON_NULL;
      break;
    case dom::element_type::BOOL: {
      bool flag = false;
      (void)element.get_bool().get(flag);
      value.kind = JSON_BOOL;
      value.number = flag ? 1 : 0;
      break;
    }
    case dom::element_type::INT64:
      (void)element.get_int64().get(value.integer);
      value.kind = JSON_INTEGER;
      value.number = static_cast<double>(value.integer);
      break;
    case dom::element_type::UINT64: {
      uint64_t number = 0;
      (void)element.get_uint64().get(number);
      value.kind = JSON_NUMBER;
      value.number = static_cast<double>(number);
      break;
    }
    case dom::element_type::DOUBLE:
      (void)element.get_double().get(value.number);
      value.kind = JSON_NUMBER;
      break;
    case dom::element_type::STRING: {
      std::string_view text;
      (void)element.get_string().get(text);
      if (!text.empty() && text[0] == kMark && odd_number(text.substr(1), &value.number)) {
        value.kind = JSON_NUMBER;
        break;
      }
      value.kind = JSON_STRING;
      value.text = text.data();
      value.count = static_cast<uint32_t>(text.size());
      break;
    }
    case dom::element_type::ARRAY:
      value.kind = JSON_ARRAY;
      std::memcpy(value.node, &element, sizeof(element));
      break;
    case dom::element_type::OBJECT:
      value.kind = JSON_OBJECT;
      std::memcpy(value.node, &element, sizeof(element));
      break;
  }
  return value;
}

dom::element element_of(const json_value &value) noexcept {
  dom::element element;
  std::memcpy(static_cast<void *>(&element), value.node, sizeof(element));
  return element;
}

// Writes tokens that JSON does not know as marked strings. False when there are none.
bool mend(const char *bytes, size_t count, std::string &out) {
  out.clear();
  bool changed = false;
  for (size_t i = 0; i < count;) {
    char c = bytes[i];
    if (c == '"') {
      size_t end = i + 1;
      while (end < count && bytes[end] != '"') end += bytes[end] == '\\' ? 2 : 1;
      end = end < count ? end + 1 : count;
      out.append(bytes + i, end - i);
      i = end;
    } else if (is_token(c)) {
      size_t end = i;
      while (end < count && is_token(bytes[end])) end++;
      std::string_view token(bytes + i, end - i);
      double value = 0;
      bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
      bool odd = odd_number(token, &value) && (letter || !std::isfinite(value) || token.size() > 18);
      if (odd) {
        out.append("\"\\u0001").append(token).append("\"");
        changed = true;
      } else {
        out.append(token);
      }
      i = end;
    } else {
      out.push_back(c);
      i++;
    }
  }
  return changed;
}

// Whether two texts of one length are the same. Keys are short: a call of memcmp costs more than the comparison.
inline bool same(const char *a, const char *b, size_t count) noexcept {
  auto word = [](const char *bytes) {
    uint64_t value;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  };
  if (count < 8) {
    for (size_t i = 0; i < count; i++) {
      if (a[i] != b[i]) return false;
    }
    return true;
  }
  for (size_t i = 0; i + 8 < count; i += 8) {
    if (word(a + i) != word(b + i)) return false;
  }
  return word(a + count - 8) == word(b + count - 8);
}

// The value of a key; false where the object doesn't have it. The first of two equal keys counts.
inline bool find_key(dom::object object, const char *key, size_t count, dom::element *found) noexcept {
  auto end = object.end();
  for (auto it = object.begin(); it != end; ++it) {
    std::string_view name = it.key();
    if (name.size() == count && same(name.data(), key, count)) {
      *found = it.value();
      return true;
    }
  }
  return false;
}

// Follows a path; false where it leads nowhere. A path has few steps, so the recursion is shallow.
bool follow(dom::element element, const json_step *steps, size_t count, dom::element *found) noexcept {
  for (size_t i = 0; i < count; i++) {
    dom::element next;
    dom::object object;
    dom::array array;
    if (steps[i].key != nullptr) {
      if (element.get_object().get(object) != simdjson::SUCCESS) return false;
      if (!find_key(object, steps[i].key, steps[i].key_count, &next)) return false;
    } else if (steps[i].index == JSON_ANY) {
      if (element.get_object().get(object) == simdjson::SUCCESS) {
        for (auto field : object) {
          if (follow(field.value, steps + i + 1, count - i - 1, found)) return true;
        }
      } else if (element.get_array().get(array) == simdjson::SUCCESS) {
        for (auto item : array) {
          if (follow(item, steps + i + 1, count - i - 1, found)) return true;
        }
      }
      return false;
    } else {
      if (element.get_array().get(array) != simdjson::SUCCESS) return false;
      if (array.at(steps[i].index).get(next) != simdjson::SUCCESS) return false;
    }
    element = next;
  }
  *found = element;
  return true;
}

json_status status_of(simdjson::error_code code) {
  switch (code) {
    case simdjson::SUCCESS: return JSON_OK;
    case simdjson::EMPTY: return JSON_EMPTY;
    case simdjson::CAPACITY: return JSON_TOO_LARGE;
    case simdjson::DEPTH_ERROR: return JSON_TOO_DEEP;
    case simdjson::UTF8_ERROR: return JSON_BAD_UTF8;
    case simdjson::MEMALLOC: return JSON_NO_MEMORY;
    default: return JSON_BAD_SYNTAX;
  }
}

json_status parse_copy(json_parser *parser, const char *bytes, size_t count, json_value *root) {
  std::memcpy(parser->text.data(), bytes, count);
  std::memset(parser->text.data() + count, ' ', simdjson::SIMDJSON_PADDING);
  dom::element element;
  auto code = parser->parser
                  .parse(reinterpret_cast<const uint8_t *>(parser->text.data()), count, false)
                  .get(element);
  if (code == simdjson::SUCCESS) *root = make(element);
  return status_of(code);
}

}  // namespace

json_parser *json_parser_create(size_t capacity, size_t depth) {
  try {
    auto *parser = new json_parser{dom::parser(capacity), {}, {}, capacity};
    parser->text.resize(capacity + simdjson::SIMDJSON_PADDING);
    if (parser->parser.allocate(capacity, depth) != simdjson::SUCCESS ||
        parser->parser.doc.allocate(capacity) != simdjson::SUCCESS) {
      delete parser;
      return nullptr;
    }
    return parser;
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}

void json_parser_destroy(json_parser *parser) { delete parser; }

json_status json_parse(json_parser *parser, const void *bytes, size_t count, json_value *root) {
  *root = json_value{};
  if (count > parser->capacity) return JSON_TOO_LARGE;
  if (count == 0) return JSON_EMPTY;
  auto text = static_cast<const char *>(bytes);
  json_status status = parse_copy(parser, text, count, root);
  if (status != JSON_BAD_SYNTAX) return status;
  try {
    // Rare: memory may grow here.
    if (!mend(text, count, parser->mended)) return JSON_BAD_SYNTAX;
  } catch (const std::bad_alloc &) {
    return JSON_NO_MEMORY;
  }
  if (parser->mended.size() > parser->capacity) return JSON_BAD_SYNTAX;
  return parse_copy(parser, parser->mended.data(), parser->mended.size(), root);
}

size_t json_fields(const json_value *value, json_field *fields, size_t capacity) {
  if (value->kind != JSON_OBJECT) return 0;
  dom::object object;
  if (element_of(*value).get_object().get(object) != simdjson::SUCCESS) return 0;
  size_t count = 0;
  for (auto field : object) {
    if (count < capacity) {
      fields[count] = json_field{field.key.data(), field.key.size(), make(field.value)};
    }
    count++;
  }
  return count;
}

uint64_t json_pick(const json_value *value, const json_step *keys, size_t count, json_value *values) {
  if (value->kind != JSON_OBJECT) return 0;
  dom::object object;
  if (element_of(*value).get_object().get(object) != simdjson::SUCCESS) return 0;
  uint64_t found = 0;
  auto end = object.end();
  for (auto it = object.begin(); it != end; ++it) {
    std::string_view key = it.key();
    for (size_t i = 0; i < count; i++) {
      // Length and first letter tell nearly all keys apart.
      if (keys[i].key_count != key.size() || key.empty() || keys[i].key[0] != key[0] ||
          !same(keys[i].key, key.data(), key.size())) {
        continue;
      }
      if ((found >> i & 1) == 0) {
        values[i] = make(it.value());
        found |= uint64_t{1} << i;
      }
      break;
    }
  }
  return found;
}

size_t json_items(const json_value *value, json_value *items, size_t capacity) {
  if (value->kind != JSON_ARRAY) return 0;
  dom::array array;
  if (element_of(*value).get_array().get(array) != simdjson::SUCCESS) return 0;
  size_t count = 0;
  for (auto item : array) {
    if (count < capacity) items[count] = make(item);
    count++;
  }
  return count;
}

json_value json_find(const json_value *from, const json_step *steps, size_t count) {
  if (count == 0) return *from;
  if (from->kind != JSON_OBJECT && from->kind != JSON_ARRAY) return json_value{};
  dom::element found;
  return follow(element_of(*from), steps, count, &found) ? make(found) : json_value{};
}

size_t json_leading_number(const char *text, size_t count, double *number) {
  const char *start = text;
  const char *end = text + count;
  if (start != end && *start == '+') start++;
  const char *digits = start != end && *start == '-' && start == text ? start + 1 : start;
  if (digits == end || !((*digits >= '0' && *digits <= '9') || *digits == '.')) return 0;
  auto result = std::from_chars(start, end, *number);
  if (result.ec == std::errc::invalid_argument) return 0;
  if (result.ec == std::errc::result_out_of_range) *number = std::numeric_limits<double>::infinity();
  return static_cast<size_t>(result.ptr - text);
}

#include "tests/differential/comparison.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/numbers.hpp"
#include "base/text.hpp"

namespace respawn::differential {

namespace {

using support::Reply;
using Mode = Comparison::Mode;

bool is_aggregate(const Reply& reply) {
  return std::string_view("*%~>|").find(reply.type) != std::string_view::npos && !reply.null;
}

void sort_elements(Reply& reply) {
  const std::size_t stride = reply.type == '%' ? 2 : 1;
  std::vector<std::string> keys;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i + stride <= reply.elements.size(); i += stride) {
    std::string key;
    for (std::size_t part = 0; part < stride; ++part) key += reply.elements[i + part].bytes();
    order.push_back(keys.size());
    keys.push_back(std::move(key));
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return keys[a] < keys[b]; });
  std::vector<Reply> sorted;
  for (const auto index : order)
    for (std::size_t part = 0; part < stride; ++part)
      sorted.push_back(std::move(reply.elements[index * stride + part]));
  reply.elements = std::move(sorted);
}

bool only_simple_strings(const Reply& reply) {
  return std::all_of(reply.elements.begin(), reply.elements.end(),
                     [](const Reply& element) { return element.type == '+'; });
}

void sort_deep(Reply& reply) {
  for (auto& element : reply.elements) sort_deep(element);
  if (reply.type == '~' || reply.type == '%' || (reply.type == '*' && only_simple_strings(reply)))
    sort_elements(reply);
}

std::string shape_of(const Reply& reply) {
  std::string shape(1, reply.type);
  if (reply.null) return shape + "null";
  if (!is_aggregate(reply)) return shape;
  shape += std::to_string(reply.elements.size()) + '(';
  for (const auto& element : reply.elements) shape += shape_of(element) + ' ';
  return shape + ')';
}

/// The value behind `name` and a '=' or ':', up to a blank or comma; "(none)" when the name is
/// missing.
std::string field_of(const std::string& text, const std::string& name) {
  for (const char separator : {'=', ':'}) {
    for (auto at = text.find(name + separator); at != text.npos;
         at = text.find(name + separator, at + 1)) {
      if (at > 0 && std::string_view(" \n\t:,").find(text[at - 1]) == std::string_view::npos)
        continue;
      const auto start = at + name.size() + 1;
      return text.substr(start, text.find_first_of(" ,\r\n", start) - start);
    }
  }
  return "(none)";
}

std::string fields_of(const Reply& reply, const std::vector<std::string>& names) {
  std::string all(1, reply.type);
  for (const auto& name : names) all += ' ' + name + '=' + field_of(reply.text, name);
  return all;
}

void drop(Reply& reply, int index) {
  for (auto& element : reply.elements)
    if (static_cast<std::size_t>(index) < element.elements.size())
      element.elements.erase(element.elements.begin() + index);
}

/// Numbers as text, however they were written, in one form.
void normalize_doubles(Reply& reply) {
  for (auto& element : reply.elements) normalize_doubles(element);
  if (reply.type != '$' && reply.type != ',') return;
  const auto number = parse_double(reply.text);
  if (!number) return;
  reply.text = format_double(*number);
  reply.header = reply.type + reply.text + "\r\n";
}

std::string canonical(Reply reply, const Comparison& how) {
  if (how.dropped >= 0) drop(reply, how.dropped);
  if (how.doubles) normalize_doubles(reply);
  switch (how.mode) {
    case Mode::exact:
      break;
    case Mode::unordered:
      sort_elements(reply);
      break;
    case Mode::inner:
      for (auto& element : reply.elements) sort_elements(element);
      break;
    case Mode::deep:
      sort_deep(reply);
      break;
    case Mode::shape:
      return shape_of(reply);
    case Mode::fields:
      return fields_of(reply, how.fields);
  }
  return reply.bytes();
}

bool near(const Reply& a, const Reply& b, std::int64_t tolerance) {
  if (a.type != b.type || a.null != b.null || a.elements.size() != b.elements.size()) return false;
  for (std::size_t i = 0; i < a.elements.size(); ++i)
    if (!near(a.elements[i], b.elements[i], tolerance)) return false;
  if (is_aggregate(a) || a.bytes() == b.bytes()) return true;
  const auto left = parse_int64(a.text);
  const auto right = parse_int64(b.text);
  return left && right && std::llabs(*left - *right) <= tolerance;
}

}  // namespace

std::optional<std::string> difference(const std::string& reference, const std::string& ours) {
  if (reference == ours) return std::nullopt;
  const auto at = static_cast<std::size_t>(
      std::mismatch(reference.begin(), reference.end(), ours.begin(), ours.end()).first -
      reference.begin());
  const auto from = at > 200 ? at - 100 : 0;
  std::string text = "  redis:   " + support::printable(std::string_view(reference).substr(from)) +
                     "\n  respawn: " + support::printable(std::string_view(ours).substr(from));
  if (from > 0)
    text += "\n  (from byte " + std::to_string(from) + " on, first difference at " +
            std::to_string(at) + ")";
  return text;
}

std::optional<std::string> difference(const std::vector<Reply>& reference,
                                      const std::vector<Reply>& ours, const Comparison& how) {
  for (std::size_t i = 0; i < std::max(reference.size(), ours.size()); ++i) {
    if (i >= ours.size()) return difference(reference[i].bytes(), "(no further reply)");
    if (i >= reference.size()) return difference("(no further reply)", ours[i].bytes());
    if (how.tolerance > 0 && near(reference[i], ours[i], how.tolerance)) continue;
    if (auto text = difference(canonical(reference[i], how), canonical(ours[i], how))) return text;
  }
  return std::nullopt;
}

}  // namespace respawn::differential

#include "common/text/unified_diff.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/text/control.hpp"
#include "common/text/text_lines.hpp"

namespace icom::text {

namespace {

constexpr std::size_t kAround = 3;
/// Of the table below. Where more than that differs, all of it is shown as replaced.
constexpr std::size_t kMostCells = 4'000'000;

/// With their endings.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = line_end(text, at);
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

struct Step {
  char mark;  ///< ' ', '-' or '+'
  std::string_view line;
};

using Lines = std::vector<std::string_view>;

/// Between what both have in front and what both have behind.
void compare_middle(const Lines& before, const Lines& after, std::size_t front, std::size_t behind,
                    std::vector<Step>& steps) {
  const std::size_t rows = before.size() - front - behind;
  const std::size_t columns = after.size() - front - behind;
  const bool too_much = rows * columns > kMostCells;
  // longest[r][c]: of the lines from r and from c on, how many both have in one order.
  std::vector<std::uint32_t> longest(too_much ? 0 : (rows + 1) * (columns + 1));
  const auto cell = [&](std::size_t row, std::size_t column) -> std::uint32_t& {
    return longest[row * (columns + 1) + column];
  };
  for (std::size_t row = too_much ? 0 : rows; row-- > 0;) {
    for (std::size_t column = columns; column-- > 0;) {
      cell(row, column) = before[front + row] == after[front + column]
                              ? cell(row + 1, column + 1) + 1
                              : std::max(cell(row + 1, column), cell(row, column + 1));
    }
  }
  std::size_t row = 0;
  std::size_t column = 0;
  while (row < rows || column < columns) {
    const bool both = row < rows && column < columns;
    if (both && !too_much && before[front + row] == after[front + column]) {
      steps.push_back({' ', before[front + row]});
      ++row;
      ++column;
    } else if (row < rows &&
               (column == columns || too_much || cell(row + 1, column) >= cell(row, column + 1))) {
      steps.push_back({'-', before[front + row++]});
    } else {
      steps.push_back({'+', after[front + column++]});
    }
  }
}

std::vector<Step> compare(const Lines& before, const Lines& after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t front = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  std::size_t behind = 0;
  while (behind < shorter - front &&
         before[before.size() - 1 - behind] == after[after.size() - 1 - behind]) {
    ++behind;
  }
  std::vector<Step> steps;
  for (std::size_t i = 0; i < front; ++i) steps.push_back({' ', before[i]});
  compare_middle(before, after, front, behind, steps);
  for (std::size_t i = behind; i > 0; --i) steps.push_back({' ', before[before.size() - i]});
  return steps;
}

std::string range(std::size_t first, std::size_t count) {
  return std::to_string(count == 0 ? first : first + 1) +
         (count == 1 ? "" : ',' + std::to_string(count));
}

void show(const Step& step, std::string& out) {
  out += step.mark;
  out += lines_without_controls(line_at(step.line, 0));
  out += '\n';
  if (!step.line.ends_with('\n')) out += "\\ No newline at end of file\n";
}

std::string header(const std::string& name_before, const std::string& name_after) {
  return "--- " + without_controls(name_before) + "\n+++ " + without_controls(name_after) + '\n';
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         const std::string& name_before, const std::string& name_after) {
  const std::vector<Step> steps = compare(lines_of(before), lines_of(after));
  const auto changed = [&steps](std::size_t i) { return steps[i].mark != ' '; };
  std::string out;
  std::size_t line_before = 0;
  std::size_t line_after = 0;
  std::size_t at = 0;  // the lines up to here are counted
  const auto count = [&](std::size_t to) {
    for (; at < to; ++at) {
      line_before += steps[at].mark != '+' ? 1 : 0;
      line_after += steps[at].mark != '-' ? 1 : 0;
    }
  };
  for (std::size_t i = 0; i < steps.size();) {
    if (!changed(i)) {
      ++i;
      continue;
    }
    const std::size_t begin = i - std::min(kAround, i - at);
    std::size_t last = i;
    for (std::size_t j = i; j < steps.size() && j <= last + 2 * kAround; ++j) {
      if (changed(j)) last = j;
    }
    const std::size_t end = std::min(steps.size(), last + 1 + kAround);
    count(begin);
    const std::size_t first_before = line_before;
    const std::size_t first_after = line_after;
    count(end);
    if (out.empty()) out = header(name_before, name_after);
    out += "@@ -" + range(first_before, line_before - first_before) + " +" +
           range(first_after, line_after - first_after) + " @@\n";
    for (std::size_t j = begin; j < end; ++j) show(steps[j], out);
    i = end;
  }
  return out;
}

}  // namespace icom::text

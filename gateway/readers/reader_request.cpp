#include "gateway/readers/reader_request.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace icom::readers {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<Question, const char*>, 7> kQuestions{
    {{Question::records, "records"},
     {Question::export_record, "export"},
     {Question::ledger, "ledger"},
     {Question::frames, "frames"},
     {Question::gaps, "gaps"},
     {Question::clocks, "clocks"},
     {Question::sites, "sites"}}};

const char* name_of(Question question) {
  return std::ranges::find(kQuestions, question, &std::pair<Question, const char*>::first)->second;
}

std::optional<Question> question_named(const std::string& name) {
  for (const auto& [question, known] : kQuestions) {
    if (name == known) return question;
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 10> kKeys{"question", "site", "linac", "patient", "since",
                                                 "until",    "all",  "json",  "record",  "format"};

/// Another version's may ask for something else by a key that is not known here.
bool has_only_known_keys(const Json& object) {
  return std::ranges::all_of(object.items(), [](const auto& item) {
    return std::ranges::find(kKeys, item.key()) != kKeys.end();
  });
}

template <typename Value>
std::optional<Value> given(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : std::optional(found->get<Value>());
}

/// Throws if it is no integer that there is: get() would take a fraction, or more than fits, for
/// some other number.
std::optional<std::int64_t> given_integer(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  const bool fits =
      found->is_number_integer() &&
      (!found->is_number_unsigned() || std::in_range<std::int64_t>(found->get<std::uint64_t>()));
  if (!fits) throw std::invalid_argument("no integer");
  return found->get<std::int64_t>();
}

template <typename Value>
void put(Json& object, const char* key, const std::optional<Value>& value) {
  if (value) object[key] = *value;
}

}  // namespace

std::string request_line(const ReaderRequest& request) {
  Json object{{"question", name_of(request.question)}};
  put(object, "site", request.site);
  put(object, "linac", request.linac);
  put(object, "patient", request.patient);
  put(object, "since", request.since);
  put(object, "until", request.until);
  if (request.with_undelivered) object["all"] = true;
  if (request.json) object["json"] = true;
  if (request.record != 0) object["record"] = request.record;
  if (!request.format.empty()) object["format"] = request.format;
  std::string line;
  try {
    line = object.dump() + '\n';
  } catch (const Json::exception&) {
    throw std::invalid_argument("what the gateway is asked for must be UTF-8");
  }
  if (line.size() > kMostRequestBytes) {
    throw std::invalid_argument("what the gateway is asked for is too long");
  }
  return line;
}

std::optional<ReaderRequest> parse_request(std::string_view line) {
  try {
    const Json object = Json::parse(line);
    const auto question = question_named(object.at("question").get<std::string>());
    if (!question || !has_only_known_keys(object)) return std::nullopt;
    return ReaderRequest{.question = *question,
                         .site = given<std::string>(object, "site"),
                         .linac = given<std::string>(object, "linac"),
                         .patient = given<std::string>(object, "patient"),
                         .since = given_integer(object, "since"),
                         .until = given_integer(object, "until"),
                         .with_undelivered = given<bool>(object, "all").value_or(false),
                         .json = given<bool>(object, "json").value_or(false),
                         .record = given_integer(object, "record").value_or(0),
                         .format = given<std::string>(object, "format").value_or("")};
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

std::string described(const ReaderRequest& request) {
  std::string text = name_of(request.question);
  if (request.record != 0) text += " of record " + std::to_string(request.record);
  return text;
}

}  // namespace icom::readers

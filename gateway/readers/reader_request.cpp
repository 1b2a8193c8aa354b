#include "gateway/readers/reader_request.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace icom::readers {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::pair<Question, const char*>, 5> kQuestions{
    {{Question::records, "records"},
     {Question::export_record, "export"},
     {Question::ledger, "ledger"},
     {Question::frames, "frames"},
     {Question::gaps, "gaps"}}};

const char* name_of(Question question) {
  return std::ranges::find(kQuestions, question, &std::pair<Question, const char*>::first)->second;
}

std::optional<Question> question_named(const std::string& name) {
  for (const auto& [question, known] : kQuestions) {
    if (name == known) return question;
  }
  return std::nullopt;
}

template <typename Value>
std::optional<Value> given(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : std::optional(found->get<Value>());
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
    if (!question) return std::nullopt;
    return ReaderRequest{.question = *question,
                         .site = given<std::string>(object, "site"),
                         .linac = given<std::string>(object, "linac"),
                         .patient = given<std::string>(object, "patient"),
                         .since = given<std::int64_t>(object, "since"),
                         .until = given<std::int64_t>(object, "until"),
                         .with_undelivered = given<bool>(object, "all").value_or(false),
                         .json = given<bool>(object, "json").value_or(false),
                         .record = given<std::int64_t>(object, "record").value_or(0),
                         .format = given<std::string>(object, "format").value_or("")};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string described(const ReaderRequest& request) {
  std::string text = name_of(request.question);
  if (request.record != 0) text += " of record " + std::to_string(request.record);
  return text;
}

}  // namespace icom::readers

#include "common/config/yaml_file.hpp"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <memory>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/config/closed_file.hpp"
#include "common/config/yaml_mistake.hpp"
#include "common/log/printable.hpp"
#include "common/os/file_system.hpp"
#include "common/os/path_text.hpp"

namespace icom::config {
namespace {

/// Far above any real file; keeps a wrong path (a disk image) from being read into memory.
constexpr std::uint64_t kMaxYamlBytes = 1U << 20U;

/// Of a key's path, or of what the YAML library says, in a message: both may quote the file.
constexpr std::size_t kMaxQuoted = 120;

class LookAtNothing final : public YAML::EventHandler {
  using Mark = YAML::Mark;
  using Anchor = YAML::anchor_t;
  using Style = YAML::EmitterStyle::value;
  using Text = std::string;

  void OnDocumentStart(const Mark& /*at*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const Mark& /*at*/, Anchor /*anchor*/) override {}
  void OnAlias(const Mark& /*at*/, Anchor /*anchor*/) override {}
  void OnScalar(const Mark& /*at*/, const Text& /*tag*/, Anchor /*anchor*/,
                const Text& /*value*/) override {}
  void OnSequenceStart(const Mark& /*at*/, const Text& /*tag*/, Anchor /*anchor*/,
                       Style /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark& /*at*/, const Text& /*tag*/, Anchor /*anchor*/,
                  Style /*style*/) override {}
  void OnMapEnd() override {}
};

/// YAML::LoadAll() would tell too, but finds documents without end in some broken files, such as
/// one that begins with a comma.
bool holds_more_than_one(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  LookAtNothing handler;
  return parser.HandleNextDocument(handler) && parser.HandleNextDocument(handler);
}

}  // namespace

std::optional<std::string> YamlFile::text() {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file_, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    problem("a regular file");  // opening a pipe would wait for whoever writes into it
    return std::nullopt;
  }
  std::uint64_t size = std::filesystem::file_size(file_, error);
  if (error) {
    problem(readable_file(file_, error));
    return std::nullopt;
  }
  // Looked at again once it is open: whoever may change the folder may have changed it meanwhile.
  std::unique_ptr<os::File> opened;
  error = os::real_file_system().open_read(file_, opened);
  const bool too_large = !error && !opened->size(size) && size > kMaxYamlBytes;
  if (error || too_large) {
    problem(error ? readable_file(file_, error) : "a settings file of at most 1 MiB");
    return std::nullopt;
  }
  std::string text(size + 1, '\0');  // and one more, which only a file that grows has
  std::size_t got = 0;
  error = opened->read_at(0, std::as_writable_bytes(std::span(text)), got);
  if (error) {  // a file server that went away meanwhile
    problem("a file that can be read to its end (" + error.message() + ")");
    return std::nullopt;
  }
  text.resize(std::min<std::size_t>(got, size));
  return text;
}

std::optional<YAML::Node> YamlFile::document() {
  const std::optional<std::string> content = text();
  return content ? document(*content) : std::nullopt;
}

std::optional<YAML::Node> YamlFile::document(const std::string& text) {
  try {
    YAML::Node document = YAML::Load(text);
    if (document.IsMap() && !holds_more_than_one(text)) return document;
    problem("one YAML map of settings, `key: value` line by line");
  } catch (const YAML::Exception& failure) {
    if (const auto mistake = find_mistake(text, failure.mark.line + 1)) {
      problems_.push_back({os::utf8(file_), mistake->line, 1, "", log::printable(mistake->read),
                           mistake->expected});
      return std::nullopt;
    }
    problem(failure.mark, "", "",
            "YAML without errors (" + log::printable(failure.msg, kMaxQuoted) + ")");
  }
  return std::nullopt;
}

std::filesystem::path YamlFile::resolved(const std::string& path) const {
  return (file_.parent_path() / os::path_of_utf8(path)).lexically_normal();
}

void YamlFile::problem(const YAML::Mark& mark, std::string_view key, std::string_view read,
                       std::string expected) {
  const bool placed = !mark.is_null();
  problems_.push_back({os::utf8(file_), placed ? mark.line + 1 : 0, placed ? mark.column + 1 : 0,
                       log::printable(key, kMaxQuoted), log::printable(read), std::move(expected)});
}

void YamlFile::problem(std::string expected) {
  problem(YAML::Mark::null_mark(), "", "", std::move(expected));
}

std::string described(const YAML::Node& node) {
  if (node.IsScalar()) return node.Scalar();
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a map";
  return "";
}

}  // namespace icom::config

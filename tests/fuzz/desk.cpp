// Any requests to the desk: nobody enrols, rotates or finishes without the site's own secret and a
// key that is his, and sshd is told of no other keys and of nothing that they do not need.
//
// Input: requests, each a byte (see Help) and a chunk, a serialized DeskRequest.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "common/config/enrolment_file.hpp"
#include "common/link/desk_signature.hpp"
#include "common/link/limits.hpp"
#include "common/link/read_message.hpp"
#include "common/ssh/key_pair.hpp"
#include "common/ssh/private_key.hpp"
#include "gateway/registration/add_site.hpp"
#include "gateway/registration/site_desk.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/settings_file.hpp"
#include "tests/unit/registration/asked_desk.hpp"

namespace icom::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kWeek = 7 * 86'400;
/// More in one input shows nothing new, and each that is let in writes files.
constexpr int kMostRequests = 8;

/// What a fuzzer cannot guess is put into a request for it, bit by bit of the byte in front.
enum Help : unsigned {
  right_secret = 1,   ///< it is proved to know the code, or the token in use
  right_key = 2,      ///< a key, and its signature
  other_key = 4,      ///< not the first one
  next_token = 8,     ///< the token of a rotation that is under way, where there is one
  late = 16,          ///< it is asked after the enrolment file has expired
  other_secret = 32,  ///< one that is the site's, and does not go with what is asked
};

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

ssh::PrivateKey new_key(const std::string& name) {
  const fs::path file = settings_folder() / name;
  write_settings(file, ssh::make_key_pair("fuzz").private_key);
  fs::permissions(file, fs::perms(0600));
  return ssh::PrivateKey::load(file);
}

config::GatewaySettings settings() {
  const fs::path folder = settings_folder();
  fs::create_directories(folder / "sites");
  fs::create_directories(folder / "tokens");
  write_settings(folder / "host.pub", ssh::make_key_pair("host").public_key.text() + "\n");
  write_settings(folder / "gateway.yaml",
                 "sites: sites\ntokens: tokens\ningest: 127.0.0.1:7600\nstore: store\n"
                 "registration: registration\ntunnel:\n  host: physics.example\n  user: icom\n"
                 "  host_keys: [host.pub]\n");
  return config::load_gateway(folder / "gateway.yaml");
}

/// A gateway with one site that has an enrolment file, the same at the beginning of each input.
class Hosting {
 public:
  Hosting() : settings_(settings()), places_(registration::places_of(settings_)) {
    spdlog::set_level(spdlog::level::off);
    const fs::path folder = settings_folder();
    const auto added = registration::add_site(
        settings_, {"nbcc", "Australia/Sydney", kWeek, folder / "nbcc.enrol", false}, kNow);
    enrolment_ = config::load_enrolment(added.enrolment_file);
    fs::create_directory(folder / "before");
    for (const char* const kept : {"tokens", "registration"}) {
      fs::copy(folder / kept, folder / "before" / kept, fs::copy_options::recursive);
    }
  }

  void begin() {
    if (!std::exchange(changed_, false)) return;
    const fs::path folder = settings_folder();
    for (const char* const kept : {"tokens", "registration"}) {
      fs::remove_all(folder / kept);
      fs::copy(folder / "before" / kept, folder / kept, fs::copy_options::recursive);
    }
  }

  void ask(link::DeskRequest request, unsigned help) {
    const std::int64_t now = kNow + ((help & late) != 0 ? kWeek : 0);
    const std::string token = token_of((help & next_token) != 0);
    link::DeskSecret secret =
        request.has_enrol() ? link::secret_of_code("guessed") : link::secret_of_token("guessed");
    if ((help & right_secret) != 0) {
      secret = request.has_enrol() ? link::secret_of_code(enrolment_.code)
                                   : link::secret_of_token(token);
    }
    if ((help & other_secret) != 0) {
      secret = request.has_enrol() ? link::secret_of_token(token)
                                   : link::secret_of_code(enrolment_.code);
    }
    help_with(request, help, secret.key);
    const bool knows_secret = (help & right_secret) != 0 && (help & other_secret) == 0;
    const auto nothing = [](const std::string&) {};
    registration::SiteDesk desk(
        places_, {.changed = nothing, .replaced = nothing, .now = [now] { return now; }});
    const link::DeskAnswer answer = registration::ask(desk, request, secret);
    changed_ = changed_ || !answer.has_refused();
    check(answer);
    require(answer.has_refused() || (request.site() == "nbcc" && knows_secret),
            "nothing is done for somebody without the site's secret");
    require(answer.has_refused() || signed_by_own_key(request), "a key is its sender's own");
    require(!answer.has_enrolled() || now < enrolment_.expires || was_used_,
            "an enrolment file expires");
    was_used_ = was_used_ || answer.has_enrolled();
    check_keys();
  }

  void forget() { was_used_ = false; }

 private:
  [[nodiscard]] std::string token_of(bool next) const {
    std::string text =
        content(next && fs::exists(places_.next_token("nbcc")) ? places_.next_token("nbcc")
                                                               : places_.token("nbcc"));
    std::erase(text, '\n');
    return text;
  }

  void help_with(link::DeskRequest& request, unsigned help, const std::string& secret) const {
    const ssh::PrivateKey& key = (help & other_key) != 0 ? other_ : first_;
    const std::string key_text = key.public_key().text();
    const auto sign = [&] {
      const auto signature = key.sign(link::signed_text(request.site(), secret, key_text));
      return std::string(signature.begin(), signature.end());
    };
    if (request.has_enrol()) {
      auto& enrol = *request.mutable_enrol();
      if ((help & right_key) != 0) {
        enrol.set_public_key(key_text);
        enrol.set_signature(sign());
      }
    } else if (request.has_rotate()) {
      auto& rotate = *request.mutable_rotate();
      if ((help & right_key) != 0) {
        rotate.set_public_key(key_text);
        rotate.set_signature(sign());
      }
    } else if (request.has_finish_rotation()) {
      auto& finish = *request.mutable_finish_rotation();
      if ((help & right_key) != 0) finish.set_public_key(key_text);
    }
  }

  [[nodiscard]] bool signed_by_own_key(const link::DeskRequest& request) const {
    const auto is_ours = [this](const std::string& text) {
      return text == first_.public_key().text() || text == other_.public_key().text();
    };
    if (request.has_enrol()) return is_ours(request.enrol().public_key());
    if (request.has_rotate()) return is_ours(request.rotate().public_key());
    return is_ours(request.finish_rotation().public_key());
  }

  static void check(const link::DeskAnswer& answer) {
    link::DeskAnswer read;
    require(read.ParseFromString(answer.SerializeAsString()), "an answer can be read");
    require(answer.answer_case() != link::DeskAnswer::ANSWER_NOT_SET, "each request is answered");
    const std::string& text = answer.refused().text();
    require(!answer.has_refused() || !text.empty(), "a refusal says why");
    require(text.size() < 1000 && is_plain_line(text), "a refusal is one line of plain text");
    require(answer.refused().code() != link::DeskRefused::FAILED,
            "no request makes the gateway's own work fail");
  }

  /// Of the file that sshd is told.
  void check_keys() const {
    std::ifstream stream(places_.authorized_keys());
    for (std::string line; std::getline(stream, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      require(line.starts_with("restrict,port-forwarding,command=\"/bin/false\""),
              "a key may forward and nothing else");
      require(is_plain_line(line), "a line is a line");
      const std::size_t key = line.find(" ssh-ed25519 ");
      require(key != std::string::npos && line.find(" ssh-ed25519 ", key + 1) == std::string::npos,
              "a line has one key");
      require(line.find(" icom-site=nbcc") != std::string::npos, "and the one site");
    }
  }

  config::GatewaySettings settings_;
  registration::Places places_;
  config::EnrolmentFile enrolment_;
  ssh::PrivateKey first_ = new_key("first");
  ssh::PrivateKey other_ = new_key("other");
  bool changed_ = false;
  bool was_used_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Hosting hosting;
  hosting.begin();
  hosting.forget();
  Input input(data, size);
  link::DeskRequest request;
  for (int asked = 0; asked < kMostRequests && !input.empty(); ++asked) {
    const unsigned help = input.number<std::uint8_t>();
    if (!link::read_message(as_text(input.chunk()), request, link::kMaxUnprovedParts)) break;
    hosting.ask(request, help);
  }
  return 0;
}

}  // namespace icom::fuzz

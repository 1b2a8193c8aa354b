// A site's machine and its gateway in one process, either of which dies where a test wants it to.
#pragma once

#include <set>

#include "agent/enrol/enrolment.hpp"
#include "agent/enrol/rotation.hpp"
#include "common/ssh/private_key.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/registration/site_desk.hpp"
#include "tests/unit/registration/asked_desk.hpp"
#include "tests/unit/registration/registration_folder.hpp"

namespace icom::enrol {

/// As a kill: nothing is tidied up, since nothing catches it.
struct Died {};

/// Counts what the site's machine does; at a number that was set, it dies instead.
class Steps {
 public:
  void die_at(int step) {
    done_ = 0;
    last_ = step;
  }
  void live() { die_at(-1); }
  void take() {
    if (++done_ == last_) throw Died();
  }

 private:
  int done_ = 0;
  int last_ = -1;
};

/// The real one, each change of a name being a step.
class DyingFileSystem final : public os::FileSystem {
 public:
  explicit DyingFileSystem(Steps& steps) : steps_(steps), files_(os::real_file_system()) {}
  using Path = std::filesystem::path;
  using Made = std::unique_ptr<os::File>;

  std::error_code create(const Path& path, Made& file) override {
    steps_.take();
    return files_.create(path, file);
  }
  std::error_code create_for(const Path& path, os::Access access, Made& file) override {
    steps_.take();
    return files_.create_for(path, access, file);
  }
  std::error_code rename(const Path& from, const Path& to) override {
    steps_.take();
    return files_.rename(from, to);
  }
  std::error_code remove(const Path& path) override {
    steps_.take();
    return files_.remove(path);
  }
  std::error_code sync_directory(const Path& path) override {
    steps_.take();
    return files_.sync_directory(path);
  }
  std::error_code open_read(const Path& path, Made& file) override {
    return files_.open_read(path, file);
  }
  std::error_code open_write(const Path& path, Made& file) override {
    return files_.open_write(path, file);
  }
  std::error_code overwrite(const Path& path, Bytes content) override {
    return files_.overwrite(path, content);
  }
  std::error_code copy_rights(const Path& from, os::File& to) override {
    return files_.copy_rights(from, to);
  }
  std::error_code create_directories(const Path& path) override {
    return files_.create_directories(path);
  }
  std::error_code create_folder_for(const Path& path, os::Access access) override {
    return files_.create_folder_for(path, access);
  }
  std::error_code file_size(const Path& path, std::uint64_t& bytes) override {
    return files_.file_size(path, bytes);
  }
  std::error_code list(const Path& path, std::vector<std::string>& names) override {
    return files_.list(path, names);
  }
  std::error_code lock(const Path& path, Made& held) override { return files_.lock(path, held); }
  bool lock_is_held(const Path& path) override { return files_.lock_is_held(path); }

 private:
  Steps& steps_;
  os::FileSystem& files_;
};

class DyingSite : public registration::RegistrationFolder {
 protected:
  DyingSite() {
    at_site_ = folder_ / "etc-icom";
    std::filesystem::create_directory(at_site_);
    file_ = add("nbcc");
  }

  /// sshd and the gateway, as far as the site sees them. The site may die before it has asked, and
  /// with the answer on its way.
  Surroundings around() {
    return {files_,
            [](const std::string& host, std::uint16_t) {
              return Reach{true, host};
            },
            [this](const config::TunnelSettings& tunnel, const link::DeskRequest& request,
                   const link::DeskSecret& secret) {
              steps_.take();
              require_let_in(tunnel.key);
              auto answer = registration::ask(desk_, request, secret);
              steps_.take();
              return answer;
            },
            [this](const config::TunnelSettings& tunnel, const forward::Caller& caller) {
              steps_.take();
              require_let_in(tunnel.key);
              if (!token_is_let_in(caller.token)) {
                throw forward::LinkFailure(forward::FailureKind::protocol, "wrong token");
              }
            },
            [this](const std::string& word, const std::string& text) {
              said_ += word + ' ' + text + '\n';
            },
            [this] { return now_; }};
  }
  [[nodiscard]] bool key_is_let_in(const std::filesystem::path& key) const {
    const auto lines = registration::lines_with(
        places().registration, ssh::PrivateKey::load(key).public_key().fingerprint());
    return !lines.empty();
  }
  [[nodiscard]] bool token_is_let_in(const std::string& token) const {
    const auto tokens = registration::read_access(places(), "nbcc").tokens;
    return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
  }
  [[nodiscard]] config::SiteSettings site() const {
    return config::load_site(at_site_ / kSiteFile);
  }
  /// What the site uses gets it in, whatever may wait beside it.
  [[nodiscard]] bool pair_in_use_works() const {
    const auto tunnel = site().tunnel;
    return key_is_let_in(tunnel.key) && token_is_let_in(config::read_secret(tunnel.token_file));
  }
  /// But for the locks, which stay.
  [[nodiscard]] std::set<std::string> files_at_site() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(at_site_)) {
      if (entry.path().extension() != ".lock") names.insert(entry.path().filename().string());
    }
    return names;
  }
  inline static const std::set<std::string> kWholeSite{"nbcc.token", "nbcc_ed25519",
                                                       "nbcc_known_hosts", "site.yaml"};

  std::filesystem::path at_site_;
  config::EnrolmentFile file_;
  std::int64_t now_ = kNow;
  Steps steps_;
  DyingFileSystem files_{steps_};
  std::string said_;
  registration::SiteDesk desk_{
      places(), {[](const std::string&) {}, [](const std::string&) {}, [this] { return now_; }}};

 private:
  void require_let_in(const std::filesystem::path& key) const {
    if (!key_is_let_in(key)) {
      throw forward::LinkFailure(forward::FailureKind::authentication, "sshd refuses the key");
    }
  }
};

}  // namespace icom::enrol

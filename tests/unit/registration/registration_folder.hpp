// A gateway's settings with a tunnel, and sites that are added to it.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "common/config/enrolment_file.hpp"
#include "common/ssh/key_pair.hpp"
#include "gateway/registration/add_site.hpp"
#include "gateway/registration/places.hpp"
#include "tests/unit/config/settings_folder.hpp"

namespace icom::registration {

class RegistrationFolder : public config::SettingsFolder {
 protected:
  static constexpr std::int64_t kNow = 1'700'000'000;
  static constexpr std::int64_t kWeek = 7 * 86'400;

  RegistrationFolder() {
    std::filesystem::create_directories(folder_ / "sites");
    std::filesystem::create_directories(folder_ / "tokens");
    write("host.pub", ssh::make_key_pair("host").public_key.text() + " root@physics\n");
    config_ = write("gateway.yaml", settings_text());
  }
  static std::string settings_text() {
    return "sites: sites\ntokens: tokens\ningest: 127.0.0.1:7600\nstore: store\n"
           "registration: registration\n"
           "tunnel:\n  host: physics.rccc.example\n  port: 38471\n  user: icom\n"
           "  host_keys: [host.pub]\n";
  }
  [[nodiscard]] config::GatewaySettings settings() const { return config::load_gateway(config_); }
  [[nodiscard]] Places places() const { return places_of(settings()); }
  [[nodiscard]] NewSite wanted(const std::string& site) const {
    return {site, "Australia/Sydney", kWeek, folder_ / (site + ".enrol"), false};
  }
  /// What is carried to the site.
  config::EnrolmentFile add(const std::string& site) const {
    return config::load_enrolment(add_site(settings(), wanted(site), kNow).enrolment_file);
  }
  [[nodiscard]] config::EnrolmentFile add_again(const std::string& site) const {
    NewSite again = wanted(site);
    again.again = true;
    return config::load_enrolment(add_site(settings(), again, kNow).enrolment_file);
  }
  [[nodiscard]] static std::string content(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::filesystem::path config_;
};

}  // namespace icom::registration

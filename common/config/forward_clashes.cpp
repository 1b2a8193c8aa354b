#include "common/config/forward_clashes.hpp"

#include <utility>

#include "common/config/site_file.hpp"
#include "common/os/path_text.hpp"

namespace icom::config {

namespace {

std::filesystem::path file_of(const GatewaySettings& settings, const SiteSettings& site) {
  return settings.sites_folder / (site.site + ".yaml");
}

/// Where a forward stands, and what it is.
struct Listener {
  const SiteSettings* site = nullptr;
  std::size_t index = 0;

  [[nodiscard]] const ForwardSettings& forward() const { return site->forwards[index]; }
};

/// Of those whose place is asked for the files are read again: settings that run have none.
Problem problem_of(const GatewaySettings& settings, const Listener& listener,
                   std::string expected) {
  const std::filesystem::path path = file_of(settings, *listener.site);
  Problem problem{os::utf8(path),
                  0,
                  0,
                  "forwards[" + std::to_string(listener.index) + "].listen",
                  listener.forward().listen.text(),
                  std::move(expected)};
  const SiteFile file = read_site_file(path, SiteFileName::of_the_site);
  if (file.settings.forwards == listener.site->forwards) {
    problem.line = file.listen_marks[listener.index].line + 1;
    problem.column = file.listen_marks[listener.index].column + 1;
  }
  return problem;
}

std::vector<Listener> listeners_of(const GatewaySettings& settings) {
  std::vector<Listener> listeners;
  for (const SiteSettings& site : settings.sites) {
    for (std::size_t i = 0; i < site.forwards.size(); ++i) {
      if (site.forwards[i].direction == ForwardDirection::remote) listeners.push_back({&site, i});
    }
  }
  return listeners;
}

/// What is wrong with where it listens, whatever others do; empty if nothing is.
std::string fault_alone(const GatewaySettings& settings, const ListenGround& ground,
                        const Address& listen) {
  if (!is_loopback(settings.ingest) && !is_unspecified(settings.ingest)) return {};
  if (exclude_each_other(listen, settings.ingest)) {
    return "a port of the hosting site that is free: the gateway itself listens at " +
           settings.ingest.text() + ", and this forward is refused";
  }
  for (const ListenGround::Taken& taken : ground.taken) {
    if (!exclude_each_other(listen, taken.at)) continue;
    return "a port of the hosting site that is free: " + taken.by + " listens at " +
           taken.at.text() + ", and this forward is refused";
  }
  if (listen.port < ground.first_free_port) {
    return "a port of " + std::to_string(ground.first_free_port) +
           " or more: the account of the tunnels may not listen below, and this forward is refused";
  }
  return {};
}

std::string fault_beside(const Listener& listener, const Listener& other) {
  const std::string whose = other.site == listener.site ? "" : " of site " + other.site->site;
  return "an address of its own: the forward " + other.forward().name + whose + " listens at " +
         other.forward().listen.text() + ", and whichever comes second is refused";
}

}  // namespace

std::vector<Problem> forward_clashes(const GatewaySettings& settings, const ListenGround& ground) {
  std::vector<Problem> problems;
  const std::vector<Listener> listeners = listeners_of(settings);
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const Address& listen = listeners[i].forward().listen;
    std::string fault = fault_alone(settings, ground, listen);
    for (std::size_t before = 0; fault.empty() && before < i; ++before) {
      if (exclude_each_other(listen, listeners[before].forward().listen)) {
        fault = fault_beside(listeners[i], listeners[before]);
      }
    }
    if (!fault.empty()) problems.push_back(problem_of(settings, listeners[i], std::move(fault)));
  }
  return problems;
}

}  // namespace icom::config

#include "common/ssh/way_text.hpp"

namespace icom::ssh {

std::string no_address_text(const std::string& host, const std::string& why,
                            const std::string& correct) {
  return "this machine finds no address for the name " + host + " (" + why +
         "): correct its DNS or its hosts file, or " + correct;
}

std::string no_answer_text(const std::string& where) {
  return "nothing answers at " + where +
         ": most often a firewall that drops the packets. Ask for outgoing TCP from this machine "
         "to " +
         where + " to be opened, at this site and at the hosting site";
}

std::string connection_refused_text(const std::string& where) {
  return where +
         " refuses the connection: no sshd listens there, or a firewall says so. Ask the hosting "
         "site whether its sshd listens on this port";
}

std::string unreachable_text(const std::string& where, const std::string& why) {
  return where + " cannot be reached (" + why + "): look at this machine's network and route";
}

std::string no_ssh_text(const std::string& where, bool ended) {
  return where +
         " takes the connection, but no SSH server speaks there: another service has this port, or "
         "a "
         "firewall takes connections and looks into them" +
         (ended
              ? " (or it is an sshd that has too many connections, or refuses this address, and so "
                "has ended this one)"
              : "") +
         ". Ask the hosting site, and for plain TCP to be let through";
}

}  // namespace icom::ssh

// What is said where no SSH server is reached, and what to do: the same words by whatever program
// tries. Each is a sentence without its end.
#pragma once

#include <string>

namespace icom::ssh {

/// The system finds no address for the name, and says `why`. `correct`: what else may be done than
/// to mend the name service, such as "correct tunnel.host in the site's file".
std::string no_address_text(const std::string& host, const std::string& why,
                            const std::string& correct);

/// `where`: the server, `HOST:PORT`. Nothing has come back in time.
std::string no_answer_text(const std::string& where);
std::string connection_refused_text(const std::string& where);
std::string unreachable_text(const std::string& where, const std::string& why);

/// It has taken the connection, and not said that it is an SSH server; `ended`: it has ended it.
std::string no_ssh_text(const std::string& where, bool ended);

}  // namespace icom::ssh

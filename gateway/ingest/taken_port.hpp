// An ingest port that somebody has already.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace icom::ingest {

/// What to do about it, for the operator. Takes time for each socket of the machine.
std::string how_to_free(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace icom::ingest

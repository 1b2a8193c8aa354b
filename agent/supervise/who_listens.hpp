// Whether this machine is connected to a Linac already: nobody is to become its second client.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/address.hpp"
#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// Why an address must not be connected to: "the listener of Linac 4299 is connected to …", or what
/// keeps that from being seen. nullopt: no listener of this spool directory is, or may be,
/// connected to it: none that runs, nor one that did a moment ago, whose connection may be kept for
/// the next one; whatever the site's file says meanwhile.
/// Addresses are compared resolved, and with what the listeners are really connected to, so another
/// spelling or name of the same Linac is seen. What cannot be resolved or read may be the same.
/// Runs `io`, which must have nothing else to do; takes kResolveWithin at most.
std::optional<std::string> why_not_to_connect(boost::asio::io_context& io,
                                              const config::Address& linac,
                                              const std::filesystem::path& spool_directory);

/// The same for any program of this machine, such as another listener than ours: one that is
/// connected to it.
std::optional<std::string> why_it_is_taken(boost::asio::io_context& io,
                                           const config::Address& linac);

/// The same for the Linacs of a site's file, whether they are listened to or not: why `linac` must
/// not be added to them. One of the same serial is left out.
std::optional<std::string> why_not_to_add(boost::asio::io_context& io,
                                          const config::LinacSettings& linac,
                                          const std::vector<config::LinacSettings>& present);

}  // namespace icom::supervise

// What records, export, ledger, gaps and sites print, whoever asks for it.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "gateway/cli/sources.hpp"
#include "gateway/readers/reader_request.hpp"

namespace icom::cli {

/// From the store. False if it is not whole, and why is in `problems`. Throws std::invalid_argument
/// for a format that is none, for a site and a Linac that neither the store nor a site's file
/// knows, and what list_records(), export_record(), list_ledger(), list_frames(), list_gaps(),
/// list_clocks() and list_sites() throw.
bool answer(const readers::ReaderRequest& request, const Sources& sources, std::ostream& out,
            std::ostream& problems);

/// From the store that these settings name or, where this account may not open it, from the gateway
/// that runs: readers::ask_gateway(). Throws std::runtime_error where the store is lost
/// (serve::lost_store()), ConfigError where the settings cannot be read; but the
/// usual ones, where this account may not read them, are not needed to ask.
bool answer_for(const std::filesystem::path& config, const readers::ReaderRequest& request,
                std::ostream& out, std::ostream& problems);

/// For a process that the gateway has started for one reader: answers what comes over the standard
/// input. Gives the exit code.
int answer_reader(const Sources& sources);

}  // namespace icom::cli

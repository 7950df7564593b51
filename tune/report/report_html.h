// report_html.h: runs as one HTML file that needs no network: pictures are SVG in the page, and nothing is fetched. Reads on a phone and in
// print.
#pragma once

#include <string>
#include <vector>

#include "tune/report/page.h"
#include "tune/report/run_report.h"

namespace lehr {

/// One run, or several side by side. `environment`: what the program is made of, as `lehr --version` says.
std::string report_html(std::vector<RunReport> runs, const std::string& environment);
/// report.html of a run that has just ended. The run is done whatever becomes of it: what went wrong is returned, for people.
std::string write_report(const RunFolder& folder, const FitJob& job, Model& model, const JobParts& parts);

}  // namespace lehr

// lehr: one command. Subcommands live in commands/, one file each; here they are listed and errors become exit codes.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "apps/console.h"
#include "apps/not_yet.h"
#include "apps/version.h"
#include "engine/json.h"
#include "kernels/error.h"

namespace {

std::string category_name(lehr::Category category) {
  switch (category) {
    case lehr::Category::usage:
      return "usage";
    case lehr::Category::data:
      return "data";
    case lehr::Category::device:
      return "device";
    case lehr::Category::interrupted:
      return "interrupted";
    default:
      return "failed";
  }
}

int report(const lehr::ErrorInfo& info, bool json) {
  if (json) {
    using lehr::JsonValue;
    std::cout << JsonValue::object({{"error", JsonValue::object({{"category", category_name(info.category)},
                                                                 {"where", info.where},
                                                                 {"what", info.what},
                                                                 {"expected", info.expected},
                                                                 {"got", info.got},
                                                                 {"hint", info.hint}})}})
                     .text(2)
              << '\n';
  } else {
    std::cerr << "lehr: " << lehr::Error::text(info) << '\n';
  }
  return static_cast<int>(info.category);
}

int run(int argc, char** argv) {
  lehr::Console console{.out = std::cout, .err = std::cerr};
  CLI::App app{"lehr: deep learning from scratch. Train, evaluate and compare image networks.", "lehr"};
  app.require_subcommand(0, 1);
  app.failure_message(CLI::FailureMessage::help);
  lehr::add_version_flag(app, console);
  for (const auto add : {lehr::add_demo,           lehr::add_experiment, lehr::add_fit,      lehr::add_tune,    lehr::add_worker,
                         lehr::add_cross_validate, lehr::add_auto,       lehr::add_evaluate, lehr::add_predict, lehr::add_summary,
                         lehr::add_find_lr,        lehr::add_schedule,   lehr::add_data,     lehr::add_weights, lehr::add_runs,
                         lehr::add_report,         lehr::add_replay,     lehr::add_bench,    lehr::add_devices, lehr::add_help})
    add(app, console);
  lehr::add_not_yet(app);
  const bool json = std::find_if(argv, argv + argc, [](const char* a) { return std::string_view(a) == "--json"; }) != argv + argc;
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty())
      std::cout << (!console.version ? app.help() : console.json ? lehr::version_json() + "\n" : lehr::version_text());
    return console.exit_code;
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);
    return report({.category = lehr::Category::usage,
                   .where = "command line",
                   .what = e.what(),
                   .hint = "lehr --help, or lehr SUBCOMMAND --help, lists what there is."},
                  json);
  } catch (const lehr::Error& e) {
    return report(e.info(), json);
  } catch (const std::bad_alloc&) {
    return report({.category = lehr::Category::device,
                   .where = "memory",
                   .what = "out of memory",
                   .hint = "Use a smaller --batch-size or --image-size."},
                  json);
  } catch (const std::exception& e) {
    return report({.category = lehr::Category::failed, .where = "lehr", .what = e.what()}, json);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // glibc raises this threshold as far as the largest buffer that was freed; then weights and activations of a search's trainings come from the
  // heap, between what is kept, and the heap grows by 10 kB with every training.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit is an error that is reported, no end without a word
  try {
    return run(argc, argv);
  } catch (...) {
    std::fputs("lehr: it failed, and so did saying why\n", stderr);
    return 1;
  }
}

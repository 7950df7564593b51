#include "tune/study/isolated_trial.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

namespace lehr {

namespace {

pid_t start(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const auto& a : arguments)
    words.push_back(const_cast<char*>(a.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast): execv's signature
  words.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, 0);
  dup2(nowhere, 1);
  execv(words[0], words.data());
  _exit(127);
}

}  // namespace

void run_isolated_trial(const std::string& program, const TuneJob& job, const StudyInfo& study, StudyStorage& storage, Claimed& claimed) {
  const Space space = space_of(job.settings);
  storage.requeue(claimed.lease);
  const pid_t pid = start({program, "worker", "--storage", job.storage, "--study", study.name, "--run", job.folder, "--own-trials", "1",
                           "--threads", "0", "--quiet"});
  if (pid < 0) throw Error({.what = "no process could be started for --isolate"});
  int status = 0;
  waitpid(pid, &status, 0);
  const bool crashed = WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGINT;
  // A trial that failed is 0 or 1; whatever else kept the process from working will keep the next one from it too.
  if (const int code = WEXITSTATUS(status); WIFEXITED(status) && code > 1 && code != static_cast<int>(Category::interrupted))
    throw Error({.category = code <= static_cast<int>(Category::device) ? static_cast<Category>(code) : Category::failed,
                 .where = "--isolate",
                 .what = "a trial's process could not work",
                 .expected = "exit code 0 or 1",
                 .got = std::to_string(code),
                 .hint = "lehr worker --storage " + job.storage + " --study " + study.name + " says why."});
  if (!crashed) return;
  // Whatever it was working on is still leased to it.
  const std::string owner = ":" + std::to_string(pid) + ":";
  for (const Trial& t : storage.trials(study, space)) {
    const JsonValue* lease = t.system_attr("lehr:lease");
    if (t.state != TrialState::running || lease == nullptr || lease->at("owner").string().find(owner) == std::string::npos) continue;
    storage.finish({.trial = t.id, .text = lease->text()}, TrialState::fail, {},
                   {{"reason", "its process was killed by signal " + std::to_string(WTERMSIG(status))}});
    claimed.trial.number = t.number;
  }
}

}  // namespace lehr

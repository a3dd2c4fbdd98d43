#include "arguments.h"

#include <getopt.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>

#include "status.h"

namespace oarlock {
namespace app {
namespace {

// Half a gigabyte as RGB, as in py/oarlock/images.py.
constexpr int64_t kMaxPixels = 178'956'970;
constexpr int64_t kMost = INT64_MAX;
constexpr int64_t kMostRuns = 1'000'000;
constexpr int64_t kMostThreads = 64;

// What the options say, before they are looked at together.
struct Written {
  Arguments arguments;
  std::string threads = "1";
  bool threads_given = false;
  bool json = false, csv = false;
  std::vector<std::pair<const char*, Task>> tasks;
};

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw UsageError(text(parts...));
}

int64_t whole_number(const char* option, const std::string& value, int64_t low, int64_t high) {
  errno = 0;
  char* end = nullptr;
  const bool digit = !value.empty() && value[0] >= '0' && value[0] <= '9';
  const int64_t number = digit ? std::strtoll(value.c_str(), &end, 10) : 0;
  if (!digit || *end != '\0' || errno != 0 || number < low || number > high) {
    if (high == kMost) refuse(option, " is '", value, "', expected a whole number, at least ", low);
    refuse(option, " is '", value, "', expected a whole number from ", low, " to ", high);
  }
  return number;
}

double positive_number(const char* option, const std::string& value) {
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(number > 0) || !(number < 1e300)) {
    refuse(option, " is '", value, "', expected a number above 0");
  }
  return number;
}

// The index of `value` among `choices`.
size_t choice(const char* option, const std::string& value, std::initializer_list<const char*> choices) {
  const auto found = std::find(choices.begin(), choices.end(), value);
  if (found != choices.end()) return static_cast<size_t>(found - choices.begin());
  std::string known;
  for (const char* each : choices) known += text(known.empty() ? "" : ", ", each);
  refuse(option, " is '", value, "', expected one of: ", known);
}

// "1,2,4", each number once.
std::vector<int32_t> thread_counts(const std::string& list) {
  std::vector<int32_t> counts;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::string word = list.substr(begin, end - begin);
    const auto count = static_cast<int32_t>(whole_number("--threads", word, 1, kMostThreads));
    if (std::find(counts.begin(), counts.end(), count) == counts.end()) counts.push_back(count);
    begin = end + 1;
  }
  return counts;
}

template <Task task>
void choose_task(Written& written, const char* name, const std::string&) {
  written.tasks.emplace_back(name, task);
}

using Set = void (*)(Written&, const char* name, const std::string& value);

struct Option {
  const char* name;
  const char* value;  // what stands for it in the help; nullptr for one without
  const char* help;   // lines
  Set set;
  const char* what_for = nullptr;  // of an option for some tasks alone
  std::initializer_list<Task> tasks = {};
};

// nullptr where the help begins a new part, whose heading is in `name`.
const std::initializer_list<Option> kOptions = {
    {"Pictures", nullptr, "", nullptr},
    {"--top",
     "K",
     "classes to name per picture [5]",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.top = static_cast<size_t>(whole_number(name, value, 1, INT32_MAX));
     },
     "pictures and frames",
     {Task::kPictures, Task::kFrames}},
    {"--variant", "ID", "variant to run, such as arm64-fp32; by default the most exact that fits",
     [](Written& to, const char*, const std::string& value) { to.arguments.variant = value; }},
    {"--threads", "N", "threads of the engine, 1 to 64 [1]; for --bench a list such as 1,2,4",
     [](Written& to, const char*, const std::string& value) {
       to.threads = value;
       to.threads_given = true;
     }},
    {"--power", "MODE",
     "cores of a big.LITTLE processor to bind threads to: high, low, full, none,\nrand-high, rand-low [none]",
     [](Written& to, const char* name, const std::string& value) {
       constexpr oar_power kPowers[] = {OAR_POWER_HIGH,    OAR_POWER_LOW,       OAR_POWER_FULL,
                                        OAR_POWER_NO_BIND, OAR_POWER_RAND_HIGH, OAR_POWER_RAND_LOW};
       to.arguments.power = kPowers[choice(name, value, {"high", "low", "full", "none", "rand-high", "rand-low"})];
     }},
    {"--engine", "FILE|DIR",
     "Paddle Lite's library, or a folder with it; by default $OARLOCK_ENGINE, then\nbeside this program, then what "
     "`oarlock lite install` has put into its store",
     [](Written& to, const char*, const std::string& value) { to.arguments.engine = value; }},
    {"--max-pixels",
     "N",
     "refuse pictures of more pixels before they are decoded [178956970]",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.max_pixels = whole_number(name, value, 1, kMost);
     },
     "pictures and frames",
     {Task::kPictures, Task::kFrames}},
    {"--json", nullptr, "print JSON for programs, one object a line",
     [](Written& to, const char*, const std::string&) { to.json = true; }},
    {"--csv",
     nullptr,
     "print CSV, a line per class",
     [](Written& to, const char*, const std::string&) { to.csv = true; },
     "pictures and frames",
     {Task::kPictures, Task::kFrames}},

    {"Frames", nullptr, "", nullptr},
    {"--raw", "FORMAT:WxH", "frames without a header: yuyv, nv21, nv12, i420, rgb or rgba, and their size",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.raw = value;
       to.tasks.emplace_back(name, Task::kFrames);
     }},
    {"--camera", "DEVICE", "frames of a V4L2 camera, always the newest; also DEVICE,yuyv|mjpeg[:WxH]",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.camera = value;
       to.tasks.emplace_back(name, Task::kFrames);
     }},
    {"--yuv-range",
     "RANGE",
     "how the camera maps light to numbers: full or limited",
     [](Written& to, const char* name, const std::string& value) {
       choice(name, value, {"full", "limited"});
       to.arguments.yuv_range = value;
     },
     "--raw and --camera",
     {Task::kFrames}},
    {"--rotate",
     "DEGREES",
     "clockwise, what makes frames upright: 0, 90, 180 or 270",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.rotation = static_cast<int32_t>(90 * choice(name, value, {"0", "90", "180", "270"}));
     },
     "--raw and --camera",
     {Task::kFrames}},
    {"--mirror",
     nullptr,
     "exchange left and right, after --rotate",
     [](Written& to, const char*, const std::string&) { to.arguments.mirror = true; },
     "--raw and --camera",
     {Task::kFrames}},

    {"Prove and measure", nullptr, "", nullptr},
    {"--selftest", nullptr, "replay the bundle's recorded answers on this machine", choose_task<Task::kSelftest>},
    {"--all",
     nullptr,
     "with --selftest: every variant that runs here",
     [](Written& to, const char*, const std::string&) { to.arguments.all_variants = true; },
     "--selftest",
     {Task::kSelftest}},
    {"--limit",
     "E",
     "with --selftest: largest error that passes, instead of the bundle's limits",
     [](Written& to, const char* name, const std::string& value) { to.arguments.limit = positive_number(name, value); },
     "--selftest",
     {Task::kSelftest}},
    {"--bench", nullptr, "measure speed and memory, for each number of threads", choose_task<Task::kBench>},
    {"--runs",
     "N",
     "with --bench: runs that are measured [50]",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.runs = whole_number(name, value, 1, kMostRuns);
     },
     "--bench",
     {Task::kBench}},
    {"--warmup",
     "N",
     "with --bench: runs before those, beside the very first [5]",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.warmup = whole_number(name, value, 0, kMostRuns);
     },
     "--bench",
     {Task::kBench}},
    {"--minutes",
     "M",
     "with --bench: then run for so long, and watch heat and clock",
     [](Written& to, const char* name, const std::string& value) {
       to.arguments.minutes = positive_number(name, value);
     },
     "--bench",
     {Task::kBench}},

    {"For programs", nullptr, "", nullptr},
    {"--facts", nullptr, "print what this machine is, as JSON", choose_task<Task::kFacts>},
    {"--serve", nullptr, "answer requests on standard input (docs/arm-linux.md)", choose_task<Task::kServe>},
    {"--version", nullptr, "print the version",
     [](Written&, const char*, const std::string&) {
       throw Information{text("oarlock-classify ", oar_version(), "\n")};
     }},
    {"--help", nullptr, "print this text",
     [](Written&, const char*, const std::string&) { throw Information{help()}; }},
};

Task task_of(const Written& written) {
  const auto& tasks = written.tasks;
  if (tasks.size() > 1 && std::string(tasks[0].first) != tasks[1].first) {
    refuse(tasks[0].first, " and ", tasks[1].first, " exclude each other");
  }
  return tasks.empty() ? Task::kPictures : tasks[0].second;
}

void check_together(const Arguments& arguments) {
  const size_t pictures = arguments.pictures.size();
  if (arguments.bundle.empty() && arguments.task != Task::kFacts) refuse("BUNDLE is missing");
  if (arguments.task == Task::kPictures && pictures == 0) {
    refuse("PICTURE is missing: name files or folders, or - for standard input");
  }
  const bool raw = arguments.task == Task::kFrames && !arguments.raw.empty();
  if (raw && pictures != 1) refuse("--raw takes its frames from one file, pipe or - after BUNDLE");
  if (arguments.task != Task::kPictures && !raw && pictures != 0) {
    refuse("'", arguments.pictures[0], "' is one argument too many: no pictures are classified here");
  }
}

Arguments look_together(Written& written, const std::vector<const Option*>& given) {
  Arguments& arguments = written.arguments;
  arguments.task = task_of(written);
  if (written.json && written.csv) refuse("--json and --csv exclude each other");
  if (arguments.all_variants && !arguments.variant.empty()) refuse("--variant and --all exclude each other");
  for (const Option* option : given) {
    const auto& tasks = option->tasks;
    if (tasks.size() != 0 && std::find(tasks.begin(), tasks.end(), arguments.task) == tasks.end()) {
      refuse(option->name, " is for ", option->what_for);
    }
  }
  arguments.format = written.json ? Format::kJson : written.csv ? Format::kCsv : Format::kText;
  if (arguments.task != Task::kBench) {
    arguments.threads = static_cast<int32_t>(whole_number("--threads", written.threads, 1, kMostThreads));
  } else if (written.threads_given) {
    arguments.thread_counts = thread_counts(written.threads);
  }
  check_together(arguments);
  return std::move(arguments);
}

}  // namespace

std::string help() {
  constexpr size_t kColumn = 26;
  std::string lines =
      "Usage: oarlock-classify [OPTIONS] BUNDLE [PICTURE...]\n"
      "\n"
      "Names what pictures or camera frames show, by BUNDLE, a folder NAME.oar, and Paddle Lite.\n"
      "\n"
      "PICTURE is a JPEG or PNG file; a folder, whose pictures are found by their suffixes, in its folders too but "
      "not\n"
      "in hidden ones, and taken in alphabetical order; or - for a picture on standard input. A picture that cannot "
      "be\n"
      "classified gets an error in its place; the others are done and the exit status is 1.\n";
  for (const Option& option : kOptions) {
    if (option.set == nullptr) {
      lines += text("\n", option.name, ":\n");
      continue;
    }
    std::string left =
        text("  ", option.name, option.value == nullptr ? "" : " ", option.value == nullptr ? "" : option.value);
    left.resize(std::max(left.size() + 2, kColumn), ' ');
    for (const char* c = option.help; *c != '\0'; ++c) {
      left += *c;
      if (*c == '\n') left.append(kColumn, ' ');
    }
    lines += left + "\n";
  }
  return lines;
}

Arguments parse_arguments(int argc, char** argv) {
  constexpr int kFirst = 256;  // beyond every character
  std::vector<const Option*> known;
  std::vector<option> table;
  for (const Option& each : kOptions) {
    if (each.set == nullptr) continue;
    table.push_back({each.name + 2, each.value == nullptr ? no_argument : required_argument, nullptr,
                     kFirst + static_cast<int>(known.size())});
    known.push_back(&each);
  }
  table.push_back({nullptr, 0, nullptr, 0});

  Written written;
  written.arguments.max_pixels = kMaxPixels;
  std::vector<const Option*> given;
  ::opterr = 0;
  ::optind = 0;  // from the beginning, whoever called before
  for (;;) {
    const int place = std::max(::optind, 1);
    const int found = ::getopt_long(argc, argv, ":h", table.data(), nullptr);
    if (found == -1) break;
    if (found == 'h') throw Information{help()};
    if (found == ':') refuse(argv[::optind - 1], " needs a value");
    if (found == '?') refuse("no option is called ", argv[std::max(::optind - 1, place)], "; --help lists them");
    const Option& option = *known[static_cast<size_t>(found - kFirst)];
    given.push_back(&option);
    option.set(written, option.name, ::optarg == nullptr ? "" : ::optarg);
  }
  if (::optind < argc) written.arguments.bundle = argv[::optind];
  for (int i = ::optind + 1; i < argc; ++i) written.arguments.pictures.emplace_back(argv[i]);
  return look_together(written, given);
}

}  // namespace app
}  // namespace oarlock

// Runs inputs through a fuzz target without libFuzzer, for a build by any compiler:
//
//   fuzz-TARGET FILE-OR-FOLDER…      each file, each file of a folder; says how many there were
//
// What is wrong ends the process, after the name of the input.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)());

namespace {

std::string input;

// A sanitizer's report and abort() leave no time for more than this.
void name_input() { std::fprintf(stderr, "==INPUT== %s\n", input.c_str()); }

void replay(const std::string &path) {
    input = path;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::fprintf(stderr, "%s can't be read\n", path.c_str());
        std::exit(2);
    }
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    // Exactly as long as the input, so that a look behind its end is seen.
    const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int count, char **arguments) {
    __sanitizer_set_death_callback(name_input);
    std::signal(SIGABRT, [](int) { name_input(); });
    std::vector<std::string> paths;
    for (int i = 1; i < count; i++) {
        if (!std::filesystem::is_directory(arguments[i])) {
            paths.emplace_back(arguments[i]);
            continue;
        }
        for (const auto &entry : std::filesystem::directory_iterator(arguments[i]))
            if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
    if (paths.empty()) {
        std::fprintf(stderr, "usage: %s FILE-OR-FOLDER…\n", arguments[0]);
        return 2;
    }
    std::sort(paths.begin(), paths.end());
    for (const std::string &path : paths) replay(path);
    std::printf("%zu inputs\n", paths.size());
    return 0;
}

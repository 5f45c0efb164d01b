// engine-test [PART OF A NAME]: runs the tests whose names contain it; the exit code is the number that failed.
#include <chrono>
#include <cstring>

#include "check.h"

int main(int argc, char **argv) {
    int failed = 0, run = 0;
    for (const auto &[name, body] : all_tests()) {
        if (argc > 1 && name.find(argv[1]) == std::string::npos) continue;
        run++;
        const auto begin = std::chrono::steady_clock::now();
        try {
            body();
            const auto spent = std::chrono::steady_clock::now() - begin;
            std::cout << "ok    " << name << " (" << std::chrono::duration_cast<std::chrono::milliseconds>(spent).count() << " ms)\n";
        } catch (const CheckFailed &e) {
            failed++;
            std::cout << "FAIL  " << name << ": " << e.text << "\n";
        }
    }
    std::cout << run - failed << " of " << run << " passed\n";
    return failed + (run == 0);
}

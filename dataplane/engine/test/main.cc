// engine-test [PART OF A NAME [N OF]]: runs the tests whose names contain it, or of these each OF-th from the N-th (from 0) on; the exit
// code is the number that failed. Those that use a box of the lab run with one worker, and then again with two to four that take turns.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "lab.h"

int main(int argc, char **argv) {
    int failed = 0, run = 0;
    const auto test = [&](const std::string &name, const std::function<void()> &body) {
        run++;
        const auto begin = std::chrono::steady_clock::now();
        try {
            body();
            const auto spent = std::chrono::steady_clock::now() - begin;
            std::cout << "ok    " << name << " (" << std::chrono::duration_cast<std::chrono::milliseconds>(spent).count() << " ms)\n";
        } catch (const CheckFailed &e) {
            failed++;
            std::cout << "FAIL  " << name << ": " << e.text << "\n";
        } catch (const std::exception &e) {
            failed++;
            std::cout << "FAIL  " << name << ": " << e.what() << "\n";
        }
    };
    const unsigned long first = argc > 3 ? std::strtoul(argv[2], nullptr, 10) : 0, of = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1;
    unsigned long named = 0;
    unsigned again = 0;
    for (const auto &[name, body] : all_tests()) {
        if (argc > 1 && name.find(argv[1]) == std::string::npos) continue;
        if (named++ % std::max(of, 1ul) != first) continue;
        const unsigned before = weft::Lab::boxes;
        weft::Lab::usual_workers = 1;
        test(name, body);
        if (weft::Lab::boxes == before) continue;
        weft::Lab::usual_workers = 2 + again++ % 3;
        test(name + " [" + std::to_string(weft::Lab::usual_workers) + " workers]", body);
    }
    std::cout << run - failed << " of " << run << " passed\n";
    return failed + (run == 0);
}

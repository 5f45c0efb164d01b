// A fuzz target: one function over an input of any octets. What it finds wrong ends the process with a text, and so does any
// sanitizer; the input is then the finding. Inputs share no state: each makes what it judges.
//
//   FUZZ_TARGET(in) { … CHECK(…); … }      `in` is a Reader of the input
#pragma once

#include <cstdio>
#include <cstdlib>

#include "../engine/test/check.h"
#include "reader.h"

#define FUZZ_TARGET(in)                                                            \
    static void judge_input(weft::fuzz::Reader in);                                \
    extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {      \
        try {                                                                      \
            judge_input({data, size});                                             \
        } catch (const CheckFailed &failed) {                                      \
            std::fprintf(stderr, "==WRONG== %s\n", failed.text.c_str());           \
            std::abort();                                                          \
        }                                                                          \
        return 0;                                                                  \
    }                                                                              \
    static void judge_input(weft::fuzz::Reader in)

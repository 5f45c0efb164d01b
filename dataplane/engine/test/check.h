// The whole test framework: TEST(name) { … CHECK(…); } in any file, run by main in order of their names.
#pragma once

#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

struct CheckFailed {
    std::string text;
};

inline std::map<std::string, std::function<void()>> &all_tests() {
    static std::map<std::string, std::function<void()>> tests;
    return tests;
}

struct RegisterTest {
    RegisterTest(const char *name, std::function<void()> body) { all_tests()[name] = std::move(body); }
};

#define TEST_JOIN2(a, b) a##b
#define TEST_JOIN(a, b) TEST_JOIN2(a, b)
// By a counter, not by lines: several files may be compiled as one.
#define TEST(name) TEST_NUMBERED(name, __COUNTER__)
#define TEST_NUMBERED(name, number)                                                                            \
    static void TEST_JOIN(test_, number)();                                                                    \
    static RegisterTest TEST_JOIN(register_, number)(name, TEST_JOIN(test_, number));                          \
    static void TEST_JOIN(test_, number)()

#define CHECK(condition)                                                                                \
    do {                                                                                                \
        if (!(condition)) {                                                                             \
            std::ostringstream o;                                                                       \
            o << __FILE__ << ":" << __LINE__ << ": " << #condition;                                     \
            throw CheckFailed{o.str()};                                                                 \
        }                                                                                               \
    } while (0)

#define CHECK_EQUAL(left, right)                                                                        \
    do {                                                                                                \
        const auto l_ = (left);                                                                         \
        const auto r_ = (right);                                                                        \
        if (!(l_ == r_)) {                                                                              \
            std::ostringstream o;                                                                       \
            o << __FILE__ << ":" << __LINE__ << ": " << #left << " is " << l_ << ", not " << r_;        \
            throw CheckFailed{o.str()};                                                                 \
        }                                                                                               \
    } while (0)

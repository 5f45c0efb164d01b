# What the native addons have in common: `node_addon(TARGET NAPI VERSION SOURCES FILE…)` makes a Node-API module `TARGET.node` of C++
# sources at the top of the build folder. -DNODE_INCLUDE_DIR=… says where node_api.h is when it did not come with Node.
execute_process(COMMAND node -p process.execPath OUTPUT_VARIABLE node_executable OUTPUT_STRIP_TRAILING_WHITESPACE)
get_filename_component(node_prefix "${node_executable}/../.." ABSOLUTE)
if(NOT NODE_INCLUDE_DIR)
    find_path(NODE_INCLUDE_DIR node_api.h PATHS ${node_prefix}/include/node /usr/include/node /usr/local/include/node
              NO_DEFAULT_PATH)
endif()
set(binding ${CMAKE_CURRENT_LIST_DIR}/../yang/libyang-js)  # whose package.json names node-addon-api
execute_process(COMMAND node -p "require('node-addon-api').include_dir" WORKING_DIRECTORY ${binding}
                OUTPUT_VARIABLE node_addon_api OUTPUT_STRIP_TRAILING_WHITESPACE)
get_filename_component(node_addon_api "${node_addon_api}" ABSOLUTE BASE_DIR ${binding})
if(NOT EXISTS "${NODE_INCLUDE_DIR}/node_api.h")
    message(FATAL_ERROR "node_api.h was not found; say where it is with -DNODE_INCLUDE_DIR=…")
endif()
if(NOT EXISTS "${node_addon_api}/napi.h")
    message(FATAL_ERROR "node-addon-api was not found; run `npm ci` first")
endif()

# An addon that is a project of its own; within another project that one's settings hold.
if(NOT CMAKE_CXX_STANDARD)
    if(NOT CMAKE_BUILD_TYPE)
        set(CMAKE_BUILD_TYPE Release)
    endif()
    set(CMAKE_CXX_STANDARD 20)
    set(CMAKE_CXX_STANDARD_REQUIRED ON)
    set(CMAKE_CXX_EXTENSIONS OFF)
    set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
endif()

# Several files compiled as one take half the time; a change of one file takes longer then.
option(WEFT_UNITY "Compile several files at a time" ON)

function(node_addon target)
    cmake_parse_arguments(PARSE_ARGV 1 addon "" NAPI SOURCES)
    add_library(${target} MODULE ${addon_SOURCES})
    target_include_directories(${target} SYSTEM PRIVATE ${NODE_INCLUDE_DIR} ${node_addon_api})
    string(REPLACE - _ module ${target})
    target_compile_definitions(${target} PRIVATE NAPI_VERSION=${addon_NAPI} NAPI_CPP_EXCEPTIONS
                               NODE_ADDON_API_DISABLE_DEPRECATED NODE_GYP_MODULE_NAME=${module})
    target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -fvisibility=hidden)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
        # GCC 12 sees overlaps and overruns in std::string and std::vector that are not there.
        target_compile_options(${target} PRIVATE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    endif()
    set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".node" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
                          UNITY_BUILD ${WEFT_UNITY})
    # Most of what a file takes to compile is to read these.
    target_precompile_headers(${target} PRIVATE <algorithm> <atomic> <cstring> <functional> <map> <memory> <mutex> <optional> <set>
                              <string> <string_view> <unordered_map> <unordered_set> <utility> <vector> <napi.h>)
endfunction()

// An engine with its own threads between two memory devices, e1 and e2 with MACs 02::1 and 02::2, whose worker runs until it goes.
#pragma once

#include "../engine.h"
#include "lab.h"

namespace weft {

struct Running {
    std::unique_ptr<MemoryFactory> factory = std::make_unique<MemoryFactory>();
    const std::shared_ptr<MemoryWire> e1 = factory->device("e1", mac(1)), e2 = factory->device("e2", mac(2));
    Engine engine{std::move(factory)};
    uint64_t transaction = 0;

    Running() { engine.start(1); }
    ~Running() { engine.stop(); }

    // Ends the test when it is refused.
    void commit(const Records &r) {
        transaction++;
        CHECK_EQUAL(engine.stage(transaction, r.bytes.data(), r.bytes.size()), std::string());
        CHECK_EQUAL(engine.prepare(transaction, false), std::string());
        engine.apply(transaction, transaction);
    }
};

}  // namespace weft

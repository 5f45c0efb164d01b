// The engine whole, with its own threads: routes, objects and interfaces change while packets go, and none is lost.
#include <chrono>
#include <random>
#include <thread>

#include "../engine.h"
#include "lab.h"

namespace weft {
namespace {

const MacAddress h1 = mac(0x11), h2 = mac(0x22);

struct Running {
    Running() {
        auto made = std::make_unique<MemoryFactory>();
        factory = made.get();
        e1 = factory->device("e1", mac(1));
        e2 = factory->device("e2", mac(2));
        engine = std::make_unique<Engine>(std::move(made));
        engine->start(1);
    }
    void commit(const Records &r, bool full = false) {
        number++;
        CHECK_EQUAL(engine->stage(number, r.bytes.data(), r.bytes.size()), std::string());
        CHECK_EQUAL(engine->prepare(number, full), std::string());
        engine->apply(number, number);
    }
    template <class Done>
    void until(Done done) {
        for (int n = 0; n < 5000 && !done(); n++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        CHECK(done());
    }
    MemoryFactory *factory;
    std::shared_ptr<MemoryWire> e1, e2;
    std::unique_ptr<Engine> engine;
    uint64_t number = 0;
};

TEST("churn: no packet is lost while routes, objects and interfaces change around it") {
    Running box;
    Records base;
    base.port("p1", "e1").port("p2", "e2").interface("if1", "p1", {"10.0.1.1/24"}).interface("if2", "p2", {"10.0.2.1/24"});
    base.glean(1, "if1").glean(2, "if2").route("10.0.1.0/24", 1).route("10.0.2.0/24", 2);
    for (unsigned n = 1; n <= 4; n++) {
        base.adjacency(10 + n, "if2", "10.0.2." + std::to_string(10 + n));
        base.neighbour("if2", "10.0.2." + std::to_string(10 + n), h2);
    }
    base.group(20, {{11, 1}, {12, 1}}).route("10.128.0.0/9", 11);
    box.commit(base, true);
    box.until([&] { return box.engine->neighbours("if2").size() == 4; });

    std::atomic<bool> stop{false};
    uint64_t given = 0;
    std::thread sender([&] {
        std::mt19937 random(3);
        while (!stop) {
            for (int n = 0; n < 32; n++, given++) {
                const std::string to = "10." + std::to_string(128 + random() % 128) + "." + std::to_string(random() % 256) + ".1";
                box.e1->give({frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = to, .source_port = static_cast<uint16_t>(n)})), {}, 0, 0});
            }
            std::this_thread::sleep_for(std::chrono::microseconds(300));
        }
    });
    std::thread reader([&] {
        while (!stop) {
            box.engine->interfaces();
            box.engine->neighbours();
            box.engine->drops();
            box.engine->statistics();
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    });
    std::mt19937 random(4);
    for (int round = 0; round < 150; round++) {
        Records r;
        // 10.128/9 always has a route; longer ones come and go.
        for (int n = 0; n < 50; n++) {
            const std::string prefix = "10." + std::to_string(128 + random() % 128) + "." + std::to_string(random() % 256) + ".0/24";
            if (random() % 3)
                r.route(prefix, random() % 2 ? 20 : 11 + random() % 4);
            else
                r.route_delete(prefix);
        }
        r.group(20, {{11 + random() % 4, 1 + random() % 5}});
        r.adjacency(12, "if2", random() % 2 ? "10.0.2.12" : "10.0.2.13");
        if (round % 10 == 0) r.interface("if9", "", {"10.9.9.1/24"}, 31, 1300 + static_cast<unsigned>(round));
        if (round % 10 == 5) r.interface("if2", "p2", {"10.0.2.1/24"}, 31, 1400 + static_cast<unsigned>(round));
        if (round % 50 == 49) {
            Records full = base;
            box.commit(full, true);
        }
        box.commit(r);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    stop = true;
    sender.join();
    reader.join();
    size_t came = 0;
    box.until([&] { return (came += box.e2->take().size()) >= given; });
    CHECK_EQUAL(came, static_cast<size_t>(given));
    uint64_t dropped = 0;
    for (const DropCounter &d : box.engine->drops()) dropped += d.packets;
    CHECK_EQUAL(dropped, uint64_t{0});
}

TEST("engine: resolves, mirrors and tells of links on its own threads, and starts again after a stop") {
    Running box;
    std::atomic<int> downs{0};
    box.engine->on_event([&](const Event &e) { downs += e.kind == Event::Kind::link && !e.up; });
    Records base;
    base.port("p1", "e1").port("p2", "e2").interface("if1", "p1", {"10.0.1.1/24"}).interface("if2", "p2", {"10.0.2.1/24"});
    base.glean(2, "if2").route("10.0.2.0/24", 2);
    box.commit(base, true);
    box.e1->give({frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})), {}, 0, 0});
    std::vector<Frame> frames;
    const auto collect = [&] {
        for (Frame &f : box.e2->take()) frames.push_back(std::move(f));
        return frames.size();
    };
    box.until([&] { return collect() == 1; });
    box.e2->give({arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)), {}, 0, 0});
    box.until([&] { return collect() == 2; });
    box.until([&] { return box.factory->mirrored().size() == 1; });
    LinkState link = box.e2->link();
    link.up = false;
    box.e2->set_link(link);
    box.until([&] { return downs == 1; });
    CHECK(!box.engine->interfaces("if2")[0].oper_up);
    link.up = true;
    box.e2->set_link(link);
    box.engine->stop();
    box.engine->start(2);
    box.until([&] { return box.engine->interfaces("if2")[0].oper_up; });
    box.e1->give({frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9"})), {}, 0, 0});
    box.until([&] { return collect() >= 3; });
    CHECK_EQUAL(box.engine->statistics().commit, uint64_t{1});
}

}  // namespace
}  // namespace weft

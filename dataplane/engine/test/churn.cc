// The engine whole, with its own threads: routes, objects and interfaces change while packets go, and none is lost.
#include <chrono>
#include <random>
#include <thread>

#include "../engine.h"
#include "lab.h"

namespace weft::churn_test {
namespace {

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
    box.until([&] {
        for (const Frame &f : box.e2->take()) came += load16(&f.bytes[12]) == type_ip4;  // not what the box announces
        return came >= given;
    });
    CHECK_EQUAL(came, static_cast<size_t>(given));
    uint64_t dropped = 0;
    for (const DropCounter &d : box.engine->drops()) dropped += d.packets;
    CHECK_EQUAL(dropped, uint64_t{0});
}

TEST("churn: readers never meet a route without its object, nor an object that no route had, while both are replaced together") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(Records().adjacency(3000, "if2", "10.0.2.10").route("172.16.0.0/12", 3000)), std::string());
    const Fib4 &fib = lab.core->vrfs.find(0)->fib4;
    const uint32_t interface = lab.core->registry.interfaces.at("if2")->index;
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> looked{0}, astray{0};
    const auto read = [&](unsigned id) {
        uint32_t address = 0xac100000 + id;
        while (!stop) {
            lab.core->epochs.enter(id);
            for (int n = 0; n < 64; n++) {
                address = 0xac100000 | ((address * 1664525 + 1013904223) & 0xfffff);
                const int64_t index = fib.lookup(address);
                const Object *object = index < 0 ? nullptr : lab.core->objects.at(static_cast<uint32_t>(index));
                const bool right = object && (object->type == ObjectType::group ||
                                              (object->type == ObjectType::adjacency && object->interface == interface));
                if (!right) astray++;
                looked++;
            }
            lab.core->epochs.leave(id);
        }
    };
    // Readers beside the workers of the box.
    std::thread first(read, max_workers - 1), second(read, max_workers - 2);
    for (uint64_t n = 1; n <= 1500; n++) {
        // New objects, the routes that point at them, and the end of those before: one transaction. Now and then the object of
        // a route changes its kind instead, and a longer prefix comes or goes.
        const uint64_t key = 3000 + n;
        const std::string next_hop = "10.0.2." + std::to_string(10 + n % 200), longer = "172.16." + std::to_string(n % 7) + ".0/24";
        Records r;
        r.adjacency(key, "if2", next_hop);
        if (n % 3 == 0) {
            r.adjacency(5000 + n, "if2", "10.0.2.9").group(key, {{5000 + n, 1}});
        }
        r.route("172.16.0.0/12", key).route(longer, key);
        for (unsigned old = 0; old < 7; old++)
            if (old != n % 7) r.route_delete("172.16." + std::to_string(old) + ".0/24");
        if (n % 3 == 1 && n > 1) r.object_delete(5000 + n - 1);
        r.object_delete(key - 1);
        CHECK_EQUAL(lab.commit(r), std::string());
    }
    // On a busy machine the readers may not have had a core yet.
    for (int n = 0; n < 5000 && looked < 1000; n++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stop = true;
    first.join();
    second.join();
    CHECK(looked >= 1000);
    CHECK_EQUAL(astray.load(), uint64_t{0});
    CHECK_EQUAL(lab.core->statistics().routes4, uint64_t{6});
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
        for (Frame &f : box.e2->take()) {
            const uint16_t type = load16(&f.bytes[12]);
            const bool announces = type == type_ip6 || (type == type_arp && load32(&f.bytes[28]) == load32(&f.bytes[38]));
            if (!announces) frames.push_back(std::move(f));
        }
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
}  // namespace weft::churn_test

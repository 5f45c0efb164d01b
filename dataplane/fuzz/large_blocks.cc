// Large blocks of memory are kept for the next input: a box has some of several MiB each (packets, held packets, neighbours), and
// to have the system map and clear them, and the sanitizer their shadows, would cost each input more than all the rest.
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

constexpr size_t large = 256u << 10, most = 64;

struct Block {
    void *memory = nullptr;
    size_t size = 0;
    bool used = false;
};
Block blocks[most];  // of the one thread that runs inputs

void *take(size_t size, size_t alignment) {
    Block *fresh = nullptr;
    for (Block &block : blocks) {
        if (block.memory && !block.used && block.size == size) {
            block.used = true;
            return block.memory;
        }
        if (!block.memory && !fresh) fresh = &block;
    }
    void *memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory && fresh) *fresh = {memory, size, true};
    return memory;
}

bool give_back(void *memory) {
    for (Block &block : blocks) {
        if (block.memory != memory) continue;
        block.used = false;
        return true;
    }
    return false;
}

}  // namespace

void *operator new(size_t size) {
    void *memory = size >= large ? take(size, 64) : std::malloc(size);
    if (!memory) throw std::bad_alloc();
    return memory;
}
void *operator new(size_t size, std::align_val_t alignment) {
    const auto octets = static_cast<size_t>(alignment);
    void *memory = size >= large && octets <= 64 ? take(size, 64) : std::aligned_alloc(octets, (size + octets - 1) / octets * octets);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void *operator new[](size_t size) { return operator new(size); }

void operator delete(void *memory) noexcept {
    if (memory && !give_back(memory)) std::free(memory);
}
void operator delete(void *memory, size_t size) noexcept {
    if (!memory) return;
    if (size < large || !give_back(memory)) std::free(memory);
}
void operator delete(void *memory, std::align_val_t) noexcept { operator delete(memory); }
void operator delete(void *memory, size_t size, std::align_val_t) noexcept { operator delete(memory, size); }
void operator delete[](void *memory) noexcept { operator delete(memory); }
void operator delete[](void *memory, size_t size) noexcept { operator delete(memory, size); }

// Zeroed memory from the kernel, backed when it is touched, by huge pages where the machine gives them on request: tables
// that every packet or every update reaches at random would miss the TLB otherwise.
#pragma once

#include <cstddef>
#include <utility>

namespace weft {

class Pages {
  public:
    Pages() = default;
    // Throws bad_alloc. `sparse`: most of it will never be touched, so it does not count as memory yet.
    explicit Pages(size_t bytes, bool sparse = false);
    ~Pages();
    Pages(Pages &&other) noexcept : address_(std::exchange(other.address_, nullptr)), bytes_(other.bytes_) {}
    Pages &operator=(Pages &&other) noexcept {
        std::swap(address_, other.address_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }

    explicit operator bool() const { return address_; }

    template <class T>
    T *as() const {
        return static_cast<T *>(address_);
    }

  private:
    void *address_ = nullptr;
    size_t bytes_ = 0;
};

}  // namespace weft

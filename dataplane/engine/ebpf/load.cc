#include "load.h"

#include <elf.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include <cstring>
#include <span>
#include <vector>

// The object file (CMakeLists.txt).
extern "C" __attribute__((visibility("hidden"))) const uint8_t weft_fast_path_begin[], weft_fast_path_end[];

namespace weft::ebpf {
namespace {

// Sections of the object file, which is ours: built beside this.
class Object {
  public:
    Object() : bytes_(weft_fast_path_begin, weft_fast_path_end), header_(at<Elf64_Ehdr>(0)) {
        for (size_t n = 0; n < header_.e_shnum; n++) sections_.push_back(at<Elf64_Shdr>(header_.e_shoff + n * sizeof(Elf64_Shdr)));
    }
    size_t size() const { return sections_.size(); }
    const Elf64_Shdr &operator[](size_t n) const { return sections_[n]; }
    std::string name(const Elf64_Shdr &section) const { return text(sections_[header_.e_shstrndx], section.sh_name); }
    std::string symbol(const Elf64_Shdr &relocations, uint32_t number) const {
        const Elf64_Shdr &symbols = sections_[relocations.sh_link];
        return text(sections_[symbols.sh_link], at<Elf64_Sym>(symbols.sh_offset + number * sizeof(Elf64_Sym)).st_name);
    }
    template <class T>
    std::vector<T> all(const Elf64_Shdr &section) const {
        std::vector<T> items(section.sh_size / sizeof(T));
        std::memcpy(items.data(), bytes_.data() + section.sh_offset, items.size() * sizeof(T));
        return items;
    }

  private:
    template <class T>
    T at(size_t offset) const {
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }
    std::string text(const Elf64_Shdr &strings, size_t offset) const {
        return reinterpret_cast<const char *>(bytes_.data()) + strings.sh_offset + offset;
    }

    const std::span<const uint8_t> bytes_;
    const Elf64_Ehdr header_;
    std::vector<Elf64_Shdr> sections_;
};

std::string last_lines(const std::string &log) {
    size_t from = log.size();
    for (unsigned lines = 0; from > 0 && lines < 6; from--) lines += log[from - 1] == '\n';
    return log.substr(from);
}

}  // namespace

Array::~Array() {
    if (memory_) munmap(memory_, bytes_);
}

std::string failed(const std::string &what, int code) {
    const int error = code < 0 ? -code : code;
    const char *needed = " (it takes CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, which no user namespace gives; weftd of root does with --no-user-namespace)";
    return what + ": " + std::strerror(error) + (error == EPERM ? needed : "");
}

std::string make_map(Descriptor &map, bpf_map_type type, const char *name, uint32_t key, uint32_t value, uint32_t count,
                     const bpf_map_create_opts *options) {
    const int made = bpf_map_create(type, name, key, value, count, options);
    if (made < 0) return failed(std::string("the kernel refused the BPF map ") + name, made);
    map = Descriptor(made);
    return {};
}

std::string Array::make(const char *name, uint32_t element, uint32_t count) {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    if (std::string error = make_map(map_, BPF_MAP_TYPE_ARRAY, name, 4, element, count, &options); !error.empty()) return error;
    const size_t page = 4096;
    bytes_ = (size_t{element} * count + page - 1) / page * page;
    void *memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, map_.get(), 0);
    if (memory == MAP_FAILED) return failed(std::string("the BPF map ") + name + " can't be mapped", errno);
    memory_ = memory;
    return {};
}

std::string load(Descriptor &program, bpf_prog_type type, const std::string &section, const std::map<std::string, int> &maps) {
    const Object object;
    std::vector<bpf_insn> code;
    for (size_t n = 0; n < object.size(); n++)
        if (object.name(object[n]) == section) code = object.all<bpf_insn>(object[n]);
    for (size_t n = 0; n < object.size(); n++) {
        if (object[n].sh_type != SHT_REL || object.name(object[n]) != ".rel" + section) continue;
        for (const Elf64_Rel &relocation : object.all<Elf64_Rel>(object[n])) {
            const std::string name = object.symbol(object[n], static_cast<uint32_t>(ELF64_R_SYM(relocation.r_info)));
            const auto map = maps.find(name);
            const size_t at = relocation.r_offset / sizeof(bpf_insn);
            if (map == maps.end() || at >= code.size()) return "the program " + section + " needs " + name + ", which there is not";
            code[at].src_reg = BPF_PSEUDO_MAP_FD;
            code[at].imm = map->second;
        }
    }
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    const std::string name = "weft_" + section;
    int made = bpf_prog_load(type, name.c_str(), "GPL", code.data(), code.size(), &options);
    if (made < 0 && made != -EPERM) {
        std::string log(1 << 20, '\0');
        options.log_buf = log.data();
        options.log_size = static_cast<uint32_t>(log.size());
        options.log_level = 1;
        made = bpf_prog_load(type, name.c_str(), "GPL", code.data(), code.size(), &options);
        if (made < 0) return failed("the kernel refused the program " + section, made) + ": " + last_lines(log.c_str());
    }
    if (made < 0) return failed("the kernel refused the program " + section, made);
    program = Descriptor(made);
    return {};
}

}  // namespace weft::ebpf

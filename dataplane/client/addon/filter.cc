// pcap-filter expressions to classic BPF, by libpcap, for dataplane/client/filter.ts. On a thread of libuv's pool: a host that is named
// in an expression is looked up where this machine looks up its hosts.
#include <napi.h>
#include <pcap/pcap.h>

#include <string>

namespace {

class Compilation : public Napi::AsyncWorker {
  public:
    Compilation(Napi::Env env, std::string expression, int link)
        : Napi::AsyncWorker(env), promise_(env), expression_(std::move(expression)), link_(link) {}
    Napi::Promise promise() const { return promise_.Promise(); }

  protected:
    void Execute() override {
        constexpr int longest_packet = 262144;
        pcap_t *handle = pcap_open_dead(link_, longest_packet);
        if (!handle) return SetError("out of memory");
        bpf_program program{};
        // What its optimiser takes grows with the square of the length and more: a second for so many characters.
        // Without it a long one is refused for its size, and soon.
        constexpr size_t longest_optimised = 2000;
        const int optimise = expression_.size() <= longest_optimised;
        if (pcap_compile(handle, &program, expression_.c_str(), optimise, PCAP_NETMASK_UNKNOWN) == 0) {
            code_.assign(reinterpret_cast<const char *>(program.bf_insns), program.bf_len * sizeof(bpf_insn));
            pcap_freecode(&program);
        } else {
            SetError(pcap_geterr(handle));
        }
        pcap_close(handle);
    }
    void OnOK() override { promise_.Resolve(Napi::Buffer<char>::Copy(Env(), code_.data(), code_.size())); }
    void OnError(const Napi::Error &error) override { promise_.Reject(error.Value()); }

  private:
    Napi::Promise::Deferred promise_;
    const std::string expression_;
    const int link_;
    std::string code_;
};

// compile(expression, link): a promise of the program, in the words of struct bpf_insn.
Napi::Value compile(const Napi::CallbackInfo &info) {
    if (!info[0].IsString() || !info[1].IsNumber()) throw Napi::TypeError::New(info.Env(), "an expression is a string, a link type a number");
    auto *work = new Compilation(info.Env(), info[0].As<Napi::String>(), info[1].As<Napi::Number>().Int32Value());
    const Napi::Promise promise = work->promise();
    work->Queue();
    return promise;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    exports["compile"] = Napi::Function::New(env, compile, "compile");
    return exports;
}

NODE_API_MODULE(weft_filter, initialise)

}  // namespace

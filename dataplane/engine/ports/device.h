// The Linux device under a port, in the port namespace: its link state, its MTU and administrative state, and what ethtool(8) says of
// it. By index, so that another device which takes the name later is not mistaken for it. Programming thread, link() any; a call
// costs some system calls, link() none within some milliseconds of the last.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "netlink.h"
#include "port.h"

namespace weft {

class Device {
  public:
    // `netlink` is of the namespace in which the device is.
    Device(std::string name, std::shared_ptr<Netlink> netlink) : name_(std::move(name)), netlink_(std::move(netlink)) {}

    // Looks for it by name; an error for a person or empty.
    std::string find();
    const std::string &name() const { return name_; }
    int index() const { return index_; }

    LinkState link() const;
    // As Port::configure().
    std::string configure(bool enabled, uint32_t mtu);

    // Keeps what it receives from the stack of its namespace: Netlink::drop_ingress().
    void drop_ingress() { netlink_->drop_ingress(index_); }
    // A BPF program (descriptor) of tc that sees what the device receives, in place of one that an engine had there; -1: none.
    std::string hook(int program);

    // Has the device take in frames for whatever address from now on; a packet socket asks for that itself.
    void make_promiscuous() {
        LinkChange change;
        change.promiscuous = true;
        netlink_->change(index_, change);
    }
    // Has the device leave VLAN tags in the frames that it receives, where XDP sees them, or as it did before; a veth pair has none of
    // that to itself.
    void keep_tags(bool in_frames);

    // The kernel's module that serves it, such as veth; empty when it does not say.
    std::string module() const;
    // One of a veth pair, whose other end is in another namespace.
    bool has_peer() const;
    // True: a PCI card, and no virtual machine's that is meant for super-packets.
    bool is_card() const;
    // How many receive queues are in use; 1 when it does not say.
    size_t queues() const;

  private:
    uint64_t speed() const;
    bool ask(void *command) const;

    const std::string name_;
    const std::shared_ptr<Netlink> netlink_;
    int index_ = 0;
    bool took_tags_ = false;  // out of frames, before it was to leave them there

    // What link() found, kept for some milliseconds.
    mutable std::mutex mutex_;
    mutable LinkState link_;
    mutable int64_t link_read_ = 0;
};

}  // namespace weft

"""Frames with VLAN tags, made and read by scapy. Arguments: the MAC address of the box, then for each case its IPv4 address, that of
the sender, and tags as type:vlan, with commas between. Asks by ARP and by an echo request with these tags, and prints what comes
back: the tags of each answer."""

import sys

from scapy.all import ARP, ICMP, IP, Dot1AD, Dot1Q, Ether, conf, get_if_hwaddr, srp1

conf.verb = 0
mac, *cases = sys.argv[1:]
own = get_if_hwaddr("eth0")


def tagged(tags, destination, payload):
    frame = Ether(dst=destination, src=own)
    for tag in tags:
        kind, vlan = tag.split(":")
        frame /= (Dot1AD if kind == "s-vlan" else Dot1Q)(vlan=int(vlan))
    return frame / payload


def stack(frame):
    found, layer = [], frame
    while layer.payload and not isinstance(layer, (ARP, IP)):
        layer = layer.payload
        if isinstance(layer, (Dot1Q, Dot1AD)):
            found.append(f"{'s-vlan' if isinstance(layer, Dot1AD) else 'c-vlan'}:{layer.vlan}")
    return " ".join(found)


for case in cases:
    to, sender, *tags = case.split(",")
    request = ARP(op=1, hwsrc=own, psrc=sender, pdst=to)
    arp = srp1(tagged(tags, "ff:ff:ff:ff:ff:ff", request), iface="eth0", timeout=5)
    print("arp", arp[ARP].hwsrc if arp else None, stack(arp) if arp else None)
    request = IP(src=sender, dst=to) / ICMP(id=7, seq=1) / b"x"
    echo = srp1(tagged(tags, mac, request), iface="eth0", timeout=5)
    print("echo", echo[IP].src if echo else None, stack(echo) if echo else None)

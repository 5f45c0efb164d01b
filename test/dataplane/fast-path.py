"""Sends frames from h1, or collects those that h2 receives: fast-path.test.ts.

fast-path.py send MAC   each frame three times, and then two that say that these were all
fast-path.py collect    hexadecimal lines: what was received with the mark until both of those came, which go by the engine as the last
                        of their family, and nothing more, or half a minute is over
"""
import socket
import struct
import sys
import time

MARK = b'fast-path-or-not'
END = b'that-were-all-of'


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(size, addresses, summed=True, port=1000, mark=MARK):
    payload = (mark * (size // len(mark) + 1))[:size]
    head = struct.pack('!4H', port, 2000, 8 + size, 0)
    whole = addresses + struct.pack('!2H', 17, 8 + size) + head + payload + b'\0' * (size % 2)
    return head[:6] + struct.pack('!H', (checksum(whole) or 0xFFFF) if summed else 0) + payload


def ip4(size=32, source='192.0.2.2', to='198.51.100.2', ttl=64, flags=0, options=b'', wrong=0, total=None, version=4, summed=True, port=1000, protocol=17, mark=MARK):
    length = 20 + len(options) + 8 + size
    head = struct.pack(
        '!BBHHHBBH4s4s',
        *(version << 4 | (5 + len(options) // 4), 0, total or length, 7, flags, ttl, protocol, 0),
        *(socket.inet_aton(source), socket.inet_aton(to)),
    )
    head += options
    return head[:10] + struct.pack('!H', checksum(head) ^ wrong) + head[12:] + udp(size, head[12:20], summed, port, mark)


def ip6(size=32, source='2001:db8:1::2', to='2001:db8:2::2', hops=64, extension=b'', following=17, length=None, port=1000, label=0, mark=MARK):
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, to)
    payload = extension + udp(size, addresses, port=port, mark=mark)
    return struct.pack('!IHBB', 6 << 28 | label, length or len(payload), following, hops) + addresses + payload


def frames(router):
    mine = bytes.fromhex('020000000002')

    def frame(packet, to=router, kind=None, source=mine, padding=0):
        kind = kind or (0x86DD if packet[0] >> 4 == 6 else 0x0800)
        return to + source + struct.pack('!H', kind) + packet + b'\0' * padding

    yield from (frame(ip4(size)) for size in (16, 18, 100, 1472))
    yield from (frame(ip6(size)) for size in (16, 100, 1452))
    yield frame(ip4(summed=False))
    yield frame(ip4(16), padding=20)
    yield frame(ip6(16), padding=20)
    yield from (frame(ip4(ttl=ttl)) for ttl in (0, 1, 2, 255))
    yield from (frame(ip6(hops=hops)) for hops in (0, 1, 2, 255))
    yield frame(ip4(wrong=1))
    yield frame(ip4(total=600))
    yield frame(ip4(total=24), padding=8)
    yield frame(ip4(version=5), kind=0x0800)
    yield frame(ip6(length=600))
    yield frame(ip4(options=b'\1\1\1\0'))
    yield frame(ip6(extension=bytes([17, 0, 5, 2, 0, 0, 1, 0]), following=0))
    yield frame(ip6(extension=bytes([17, 0, 1, 4, 0, 0, 0, 0]), following=60))
    yield from (frame(ip4(flags=flags)) for flags in (0x2000, 0x4000, 0x2001, 0x0010))
    for address in ('0.0.0.0', '127.0.0.1', '169.254.3.4', '192.0.0.170', '224.0.0.9', '255.255.255.255', '240.0.0.1'):
        yield frame(ip4(source=address))
        yield frame(ip4(to=address))
    for address in ('::', '::1', '::ffff:192.0.2.2', 'fe80::2', 'ff02::1', 'ff0e::1'):
        yield frame(ip6(source=address))
        yield frame(ip6(to=address))
    # Its own addresses, those of nobody, no route, by a next hop, blackholed, unreachable.
    for address in ('192.0.2.1', '198.51.100.1', '198.51.100.0', '198.51.100.255', '203.0.113.7'):
        yield frame(ip4(to=address))
    for address in ('10.1.2.3', '10.9.0.1', '10.1.2.130', '10.250.0.1', '10.251.0.1', '172.16.200.9'):
        yield frame(ip4(to=address))
    for address in ('2001:db8:1::1', '2001:db8:2::1', '2001:db8:f::1', '2001:db8:100::1', '2001:db8:100:2::5', '2001:db8:101::9'):
        yield frame(ip6(to=address))
    # Members of groups, by what flows differ in.
    for net in (20, 21):
        to4, to6 = f'10.{net}.0.1', f'2001:db8:2{net - 20:02}::1'
        yield from (frame(ip4(to=to4, port=port)) for port in range(1000, 1012))
        yield from (frame(ip4(to=to4, source=f'192.0.2.{host}', size=4 * host)) for host in range(4, 10))
        yield from (frame(ip4(to=to4, protocol=protocol, port=5)) for protocol in (6, 47, 50, 132))
        yield from (frame(ip4(to=to4, flags=flags, port=port)) for flags in (0x2000, 0x2001, 0x0010) for port in (1000, 1001, 1002))
        yield from (frame(ip6(to=to6, port=port)) for port in range(1000, 1012))
        yield from (frame(ip6(to=to6, label=label)) for label in (1, 0x4321, 0xFFFFF))
        yield from (frame(ip6(to=to6, following=protocol)) for protocol in (6, 58, 132))
        for offset, port in ((1, 1000), (1, 1001), (8, 1002), (9, 1003)):
            yield frame(ip6(to=to6, port=port, extension=struct.pack('!BBHI', 17, 0, offset, 7), following=44))
        yield frame(ip6(to=to6, extension=struct.pack('!BBHIBBHI', 60, 0, 1, 7, 17, 0, 0x0104, 0), following=44))
        yield frame(ip6(to=to6, extension=bytes([17, 0, 1, 4, 0, 0, 0, 0]), following=60))
        # Without room for ports.
        yield frame(ip4(to=to4, total=22) + b'fast-path-or-not')
    yield frame(ip4(), to=b'\xff' * 6)
    yield frame(ip4(), to=bytes.fromhex('020000000099'))
    yield frame(ip4(), source=bytes.fromhex('030000000001'))
    yield frame(b'\0\5\x08\0' + ip4(), kind=0x8100)
    yield frame(ip4(), kind=0x1234)
    yield frame(ip4()[:16], kind=0x0800)
    yield frame(ip6()[:36], kind=0x86DD)


def main():
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.bind(('eth0', 3))
    if sys.argv[1] == 'send':
        router = bytes.fromhex(sys.argv[2])
        for one in frames(router):
            for _ in range(3):
                link.send(one)
        # Options are the engine's.
        options = bytes([17, 0, 1, 4, 0, 0, 0, 0])
        link.send(router + bytes.fromhex('0200000000020800') + ip4(mark=END, options=b'\1\1\1\0'))
        link.send(router + bytes.fromhex('02000000000286dd') + ip6(mark=END, extension=options, following=0))
        return
    # Room for all, however late it is.
    link.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    # So that the host has nothing to say about them.
    sinks = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
    sinks[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    for sink in sinks:
        sink.bind(('', 2000))
    print('listening', flush=True)
    end, seen, families = time.monotonic() + 30, [], set()
    while time.monotonic() < end:
        # XDP hands over what it redirects when it has seen all that came, of which the engine may be quicker to forward the last.
        link.settimeout(0.2 if len(families) == 2 else 0.5)
        try:
            data, (_, _, kind, *_) = link.recvfrom(4096)
        except socket.timeout:
            if len(families) == 2:
                break
            continue
        if kind == socket.PACKET_OUTGOING:
            continue
        if END in data:
            families.add(data[12:14])
        if MARK in data and data[12:14] in (b'\x08\x00', b'\x86\xdd'):
            seen.append(data.hex())
    print('\n'.join(seen))


main()

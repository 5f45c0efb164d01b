"""Traffic between hosts of a lab, by their kernels' own stacks:

  tcp-receive ADDRESS PORT             prints `ready`; then how many octets came by one connection, and their SHA-256
  tcp-send ADDRESS PORT MEBIBYTES      prints octets, SHA-256, and how many segments were sent again
  udp-collect ADDRESS PORT             prints `ready`; answers each datagram by its number; after an empty one, or when none has
                                       come for 10 s: how many came, how many different ones, and how many of these were not as sent
  udp-segments ADDRESS PORT SIZE COUNT TIMES
                                       TIMES super-datagrams of COUNT numbered datagrams of SIZE octets (UDP_SEGMENT), each when the
                                       last datagram of the one before has been answered or a second has passed; prints how many
  frames DEVICE TIMES HEX...           frames as they are, TIMES each
  tap DEVICE                           makes a tap and never reads from it; prints `ready` and lives until it is killed
"""

import fcntl
import hashlib
import random
import signal
import socket
import struct
import sys

UDP_SEGMENT = 103
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000


def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def ready():
    print('ready', flush=True)


def tcp_receive(address, port):
    listener = socket.socket(family(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    listener.listen()
    ready()
    connection, _ = listener.accept()
    digest, octets = hashlib.sha256(), 0
    while data := connection.recv(1 << 20):
        digest.update(data)
        octets += len(data)
    print(octets, digest.hexdigest())


def tcp_send(address, port, mebibytes):
    connection = socket.create_connection((address, int(port)), timeout=20)
    digest, octets = hashlib.sha256(), 0
    source = random.Random(octets)
    for _ in range(int(mebibytes)):
        data = source.randbytes(1 << 20)
        connection.sendall(data)
        digest.update(data)
        octets += len(data)
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)
    again = struct.unpack_from('I', connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0]
    print(octets, digest.hexdigest(), again)


def datagram(number, size):
    return (struct.pack('!II', number, size) * (size // 8 + 1))[:size]


def udp_collect(address, port):
    collector = socket.socket(family(address), socket.SOCK_DGRAM)
    collector.bind((address, int(port)))
    collector.settimeout(10)
    ready()
    count, seen, wrong = 0, set(), 0
    try:
        while True:
            data, sender = collector.recvfrom(65536)
            if not data:
                break
            number, size = struct.unpack_from('!II', data)
            count += 1
            seen.add(number)
            wrong += data != datagram(number, size)
            collector.sendto(data[:4], sender)
    except TimeoutError:
        pass
    print(count, len(seen), wrong)


def udp_segments(address, port, size, count, times):
    sender = socket.socket(family(address), socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, int(size))
    sender.connect((address, int(port)))
    sender.settimeout(1)
    number = 0
    for _ in range(int(times)):
        parts = range(number, number + int(count))
        sender.send(b''.join(datagram(part, int(size)) for part in parts))
        number = parts.stop
        # A socket of an ordinary user holds few.
        try:
            while sender.recv(4) != struct.pack('!I', number - 1):
                pass
        except TimeoutError:
            pass
    sender.send(b'')
    print(number)


def frames(device, times, *hexadecimal):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    for _ in range(int(times)):
        for frame in hexadecimal:
            wire.send(bytes.fromhex(frame))


def tap(device):
    descriptor = open('/dev/net/tun', 'r+b', buffering=0)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack('16sH22x', device.encode(), IFF_TAP | IFF_NO_PI))
    ready()
    signal.pause()


globals()[sys.argv[1].replace('-', '_')](*sys.argv[2:])

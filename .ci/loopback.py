# ruff: noqa: INP001 - a script, run by its path
"""Bring the loopback interface up in a fresh network namespace, where there is no `ip` command to do it."""

import fcntl
import socket
import struct

SIOCSIFFLAGS = 0x8914  # linux/sockios.h
IFF_UP = 0x1  # linux/if.h

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
    fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))

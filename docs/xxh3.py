# SPDX-License-Identifier: BSD-2-Clause
"""XXH3-128 with seed 0 and the default secret, for images' checksums.

After xxHash's specification: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
"""
import struct

M64 = (1 << 64) - 1
P32 = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
P64 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def r32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def r64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def fold(a, b):
    return (a * b & M64) ^ (a * b >> 64)


def mixed(h):
    h = (h ^ h >> 37) * 0x165667919E3779F9 & M64
    return h ^ h >> 32


def mixed_short(h):
    h = (h ^ h >> 33) * P64[1] & M64
    h = (h ^ h >> 29) * P64[2] & M64
    return h ^ h >> 32


def short_hash(d):
    n = len(d)
    if n > 8:
        high = r64(d, n - 8)
        m = (r64(d, 0) ^ high ^ r64(SECRET, 32) ^ r64(SECRET, 40)) * P64[0]
        lo, hi = m + (n - 1 << 54) & M64, m >> 64
        high ^= r64(SECRET, 48) ^ r64(SECRET, 56)
        hi = hi + high + (high & 0xffffffff) * (P32[1] - 1) & M64
        lo ^= int.from_bytes(hi.to_bytes(8, "little"), "big")
        m = lo * P64[1]
        return mixed((m >> 64) + hi * P64[1] & M64), mixed(m & M64)
    if n >= 4:
        m = ((r32(d, 0) | r32(d, n - 4) << 32) ^ r64(SECRET, 16) ^ r64(SECRET, 24)) * (P64[0] + 4 * n)
        hi = (m >> 64) + 2 * (m & M64) & M64
        lo = (m & M64) ^ hi >> 3
        lo = (lo ^ lo >> 35) * 0x9FB21C651E98DF25 & M64
        return mixed(hi), lo ^ lo >> 28
    if n:
        lo = d[0] << 16 | d[n >> 1] << 24 | d[n - 1] | n << 8
        hi = int.from_bytes(lo.to_bytes(4, "little"), "big")
        hi = (hi << 13 | hi >> 19) & 0xffffffff
        return mixed_short(hi ^ r32(SECRET, 8) ^ r32(SECRET, 12)), mixed_short(lo ^ r32(SECRET, 0) ^ r32(SECRET, 4))
    return mixed_short(r64(SECRET, 80) ^ r64(SECRET, 88)), mixed_short(r64(SECRET, 64) ^ r64(SECRET, 72))


def middle_hash(d):
    n, acc = len(d), [len(d) * P64[0] & M64, 0]

    def mix(a, b, s):
        for i, (x, y) in enumerate(((a, b), (b, a))):
            acc[i] += fold(r64(d, x) ^ r64(SECRET, s + 16 * i), r64(d, x + 8) ^ r64(SECRET, s + 16 * i + 8))
            acc[i] = (acc[i] & M64) ^ (r64(d, y) + r64(d, y + 8) & M64)

    if n <= 128:
        for i in range((n - 1) // 32, -1, -1):
            mix(16 * i, n - 16 * i - 16, 32 * i)
    else:
        for i in range(n // 32):
            if i == 4:
                acc = [mixed(x) for x in acc]
            mix(32 * i, 32 * i + 16, 32 * i if i < 4 else 32 * i - 125)
        if n < 160:
            acc = [mixed(x) for x in acc]
        mix(n - 16, n - 32, 103)
    return -mixed(acc[0] * P64[0] + acc[1] * P64[3] + n * P64[1] & M64) & M64, mixed(acc[0] + acc[1] & M64)


def long_hash(d):
    n = len(d)
    acc = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]
    keys = [struct.unpack_from("<8Q", SECRET, 8 * i) for i in range(17)]

    def stripe(at, key):
        values = struct.unpack_from("<8Q", d, at)
        for i in range(8):
            k = values[i] ^ key[i]
            acc[i] += values[i ^ 1] + (k & 0xffffffff) * (k >> 32)

    blocks = (n - 1) // 1024
    for at in range(0, (n - 1) // 64 * 64, 64):
        stripe(at, keys[at // 64 % 16])
        if at % 1024 == 960 and at // 1024 < blocks:
            for i in range(8):
                a = acc[i] & M64
                acc[i] = (a ^ a >> 47 ^ keys[16][i]) * P32[0] & M64
    stripe(n - 64, struct.unpack_from("<8Q", SECRET, 121))

    def merged(start, s):
        return mixed(start + sum(fold(acc[i] & M64 ^ r64(SECRET, s + 8 * i), acc[i + 1] & M64 ^ r64(SECRET, s + 8 * i + 8))
                                 for i in range(0, 8, 2)) & M64)

    return merged(~(n * P64[1]) & M64, 117), merged(n * P64[0] & M64, 11)


def xxh3_128(d):
    """In canonical form, as `xxhsum -H2` prints it."""
    high, low = short_hash(d) if len(d) <= 16 else middle_hash(d) if len(d) <= 240 else long_hash(d)
    return (high << 64 | low).to_bytes(16, "big")

# SPDX-License-Identifier: BSD-2-Clause
"""Images at random, as docs/image-format.md says that they look: sound, but of policies that nobody wrote.

Tables and lists of one image do not say the same here, so each way to a verdict is tried by itself. All that the format has room
for comes up, whether or not the compiler writes it today: programs, authentication, ties, passes, later ids, paths that end early.
"""
import struct

from xxh3 import xxh3_128

ALL = 0xffffffff
STAGE, RULE, UNMATCHED, DEFAULT, END = 1, 2, 3, 4, 5


class Section:
    """Tables, each at a multiple of 64, which get their offsets as they come."""

    def __init__(self, offset):
        self.offset, self.data = offset, bytearray()

    def add(self, data):
        at = self.offset + len(self.data)
        self.data += data + bytes(-len(data) % 64)
        return at

    def end(self):
        return self.offset + len(self.data)


def words(values, size=4):
    return b"".join(v.to_bytes(size, "little") for v in values)


def some(rng, n, below):
    return [rng.randrange(below) for _ in range(n)]


class Builder:
    def __init__(self, rng):
        self.rng = rng
        self.n_ids = rng.randint(2, 40)
        self.index_size, self.leaf_size = rng.choice([2, 4]), rng.choice([1, 2])
        self.n_points = rng.choice([1, 7, 64, 65, 150])
        self.point_columns = -(-self.n_points // 64)
        self.relations, self.states, self.sources = rng.randint(1, 4), rng.randint(1, 3), rng.choice([1, 1, 3])
        self.n_columns = self.relations * self.states * self.sources * self.point_columns
        self.n_leaves = rng.randint(1, 256 if self.leaf_size == 1 else 400)
        self.n_checkpoints = rng.choice([1, 2, 2, 3, 8])
        self.n_sets = rng.randint(1, 12)
        self.n_lists = rng.randint(1, 10)

    # TABLES

    def port_table(self, blocks, below):
        first = len(blocks) // 256
        n = self.rng.randint(1, 3)
        for _ in range(n):
            edges = sorted(some(self.rng, 4, 256))
            points = some(self.rng, 5, below)
            blocks += [points[sum(e <= i for e in edges)] for i in range(256)]
        return struct.pack("<HH", self.rng.randrange(below), 0) + words([first + x for x in some(self.rng, 256, n)], 2)

    def icmp_table(self):
        rng, types, codes = self.rng, self.rng.randint(1, 5), self.rng.randint(1, 4)
        return struct.pack("<HH", types, codes) + bytes(some(rng, 256, types)) + bytes(some(rng, 256, codes)) \
            + words(some(rng, types * codes, self.n_points), 2)

    def leaf(self):
        rng = self.rng
        can = 1 << rng.choice([1, 1, 2, 3, 4, 6]) | (1 << rng.choice([1, 2, 3, 4, 6]) if rng.random() < 0.2 else 0)
        return struct.pack("<BBHII", can, rng.randrange(8), 0, rng.choice([0, 0, 1, 2]), rng.choice([0, 0, 0, 5, 6]))

    def checkpoint(self, tables):
        rng, size = self.rng, self.index_size
        n_classes = rng.choice([1, 16, 17, 255, 257, 600])
        entries, n_rows = -(-n_classes // 256), rng.randint(1, 8)
        n_roots, n_chunks, n_pages = rng.randint(1, 5), rng.randint(1, 5), rng.randint(1, 5)
        n_lines = n_rows + rng.randint(0, 9)
        direction = rng.randrange(2)
        roots = [rng.choice([0, 0, 0, 1, 2]) << 30 for _ in range(self.n_ids)]
        roots = [r or rng.randrange(n_roots) for r in roots]
        peers = [rng.choice([rng.randrange(n_classes)] * 9 + [ALL]) for _ in range(self.n_ids)]
        return struct.pack(
            "<4B15I", direction, rng.choice([direction, direction, 1 - direction]), rng.choice([0, 0, 1]), 63,
            tables.add(words(roots)), tables.add(words(some(rng, self.n_ids, self.n_lists))), tables.add(words(peers)),
            n_roots, entries, n_classes,
            tables.add(words(some(rng, n_roots * entries, n_chunks), size)),
            tables.add(words(some(rng, n_chunks * 16, n_pages), size)), n_chunks,
            tables.add(words(some(rng, n_pages * 16, n_rows), size)), n_pages,
            tables.add(words(some(rng, n_lines * 64, self.n_leaves), self.leaf_size)), n_rows, n_lines,
            tables.add(words(some(rng, n_rows * (self.n_columns - 1), n_lines), size)))

    def tables(self, tables):
        rng, blocks = self.rng, []
        protocols = [(0, rng.randrange(self.n_points), 0) for _ in range(256)]
        for protocol in (6, 17, 132, 200):
            protocols[protocol] = (1, rng.randrange(self.n_points), tables.add(self.port_table(blocks, self.n_points)))
        for protocol in (1, 58):
            protocols[protocol] = (2, rng.randrange(self.n_points), tables.add(self.icmp_table()))
        source = tables.add(self.port_table(blocks, self.sources)) if self.sources > 1 else 0
        return [tables.add(b"".join(self.leaf() for _ in range(self.n_leaves))), self.n_leaves,
                tables.add(b"".join(struct.pack("<HHI", *p) for p in protocols)), source, tables.add(words(blocks, 2)), len(blocks) // 256]

    # RULES

    def cell(self, kind, **more):
        rng = self.rng

        def span(below):
            return sorted(some(rng, 2, below)) if rng.random() < 0.7 else [0, below - 1]

        def few(values):
            return sorted(rng.choices(values, k=2))

        mask = rng.choice([0, 0, 0, 1, 4, 8, 24])
        it = dict(combine=rng.choice([0, 0, 1, 2]), ties=rng.randrange(2), governed=rng.randrange(3), stage=0,
                  action=rng.choice([0, 0, 0, 1, 1, 2, 3, 4, 5]), target=0, flags=rng.choice([0, 0, 0, 1, 2, 4, 7]),
                  set=rng.choice([ALL, rng.randrange(self.n_sets)]), policy=0, tie=0, auth=rng.choice([0, 0, 0, 1, 3]),
                  program=rng.choice([0, 0, 0, 0, 9, 11]), key=rng.randrange(4))
        it.update(more)
        box = bytes([rng.choice([0, 0, 1, 3, 3, 131, 5, 7, 67, 8, 24, 56, 64]),
                     *rng.choice([(0, 255), (0, 255), (6, 6), (6, 17), (1, 1), (58, 58)]),
                     mask, mask & rng.randrange(32), *rng.choice([(0, 2), (0, 2), (0, 0), (1, 2)]), *span(10), *span(4), 0])
        if rng.random() < 0.3:
            box = bytes([0, 0, 255, 0, 0, 0, 2, 0, 0, 0, 0, 0])
        ports = [*few([0, 1, 80, 443, 1024, 65535]), *rng.choice([few([0, 1, 53, 80, 443, 65535]), [0, 65535], [1, 65535], [0, 0]])]
        head = struct.pack("<8B8I", kind, it["combine"], it["ties"], it["governed"], it["stage"], it["action"], it["target"], it["flags"],
                           it["set"], it["policy"], it["tie"], ALL, it["auth"], it["program"], it["key"], 0)
        return head + box + struct.pack("<4HI", *ports, 0)

    def list_cells(self):
        rng, cells = self.rng, []
        numbers = sorted(rng.sample(range(8), rng.randint(0, 5)))
        for stage in numbers:
            is_contest = rng.random() < 0.2
            cells.append(self.cell(STAGE, stage=stage, action=0, **({"combine": 0, "ties": 1} if is_contest else {})))
            policy = tie = key = 0
            for _ in range(rng.choice([0, 1, 3, 8])):
                policy, tie, key = policy + rng.randrange(2), tie + (not is_contest and rng.random() < 0.3), key + rng.randrange(2)
                plain = {"action": rng.randrange(2), "program": 0, "set": ALL} if is_contest else {}
                cells.append(self.cell(RULE, policy=policy, tie=tie, key=key, target=rng.randint(stage + 1, 9), **plain))
            cells.append(self.cell(UNMATCHED, action=0))
            cells += [self.cell(DEFAULT, target=rng.randint(stage + 1, 9)) for _ in range(rng.choice([0, 1, 3]))]
        return cells + [self.cell(END, action=rng.choice([0, 1, 4, 4, 5]))]

    def members(self, below, n):
        return [k * 4 + self.rng.randrange(3) for k in sorted(self.rng.sample(range(below), min(n, below)))]

    def rules(self, rules):
        rng, cells, items, lists, sets, stretch = self.rng, [], [], [], [], []
        for _ in range(self.n_lists):
            mine = self.list_cells()
            lists.append(struct.pack("<II", len(items), len(mine)))
            items += [len(cells) + i | (1 << 31 if rng.random() < 0.1 else 0) for i in range(len(mine))]
            cells += mine
        first_member = rng.choice([self.n_ids, rng.randrange(self.n_ids)])
        for _ in range(self.n_sets):
            mine = [rng.randrange(3)] + [w for w in self.members(self.n_ids, 6) if w > 3]
            sets.append(struct.pack("<4I", len(stretch), len(mine), rng.randint(first_member, self.n_ids), 0))
            stretch += mine
        later = []
        for peer in range(first_member, self.n_ids):
            if peer and rng.random() < 0.4:
                later.append(struct.pack("<II", rng.randrange(peer), ALL))  # like a smaller one
                continue
            mine = self.members(self.n_sets, 4)
            later.append(struct.pack("<II", len(stretch), len(mine)))
            stretch += mine
        return [rules.add(b"".join(lists)), len(lists), rules.add(words(items)), len(items), rules.add(b"".join(cells)), len(cells),
                rules.add(b"".join(sets)), len(sets), rules.add(b"".join(later)) if later else 0, first_member,
                rules.add(words(stretch)), len(stretch)]

    def build(self, checksums=True):
        rng, n_sections = self.rng, 3
        tables = Section(-(-(64 + 40 * n_sections) // 64) * 64)
        view = tables.add(bytes(704))
        of_tables = self.tables(tables)
        checkpoints = b"".join(self.checkpoint(tables) for _ in range(self.n_checkpoints)) + bytes(64 * (8 - self.n_checkpoints))
        rules = Section(tables.end())
        of_rules = self.rules(rules)
        head = struct.pack("<I4B4I18I60x", self.n_ids, self.index_size // 2, self.leaf_size - 1, self.n_checkpoints, self.states,
                           self.n_columns, self.n_points, self.point_columns, self.sources, *of_tables, *of_rules)
        classes = bytes(some(rng, 3, self.states) + [0] + some(rng, 32, self.relations))
        tables.data[:704] = head + classes + checkpoints
        unknown = Section(rules.end())
        unknown.add(b"a section that no reader of this version knows")
        return assemble([(1, 0, 1, tables), (2, 1, 1, rules), (77, 2, 0, unknown)], view, checksums)


def assemble(sections, view, checksums=True):
    """sections: (kind, temperature, flags, Section)."""
    table = b"".join(struct.pack("<IHHQQ16s", kind, warmth, flags, it.offset, len(it.data), xxh3_128(bytes(it.data)) if checksums else b"")
                     for kind, warmth, flags, it in sections)
    size, hot = sections[-1][3].end(), max(it.end() for _, warmth, _, it in sections if warmth == 0)
    evaluated = next(it.end() for kind, _, _, it in sections if kind == 2)

    def header(checksum):
        return struct.pack("<8sHHIQIIII16sII", b"cnipol\x1a\n", 1, 0, 64 + len(table), size, len(sections), view, hot, evaluated, checksum,
                           int(checksums), 0)

    out = bytearray(size)
    for _, _, _, it in sections:
        out[it.offset:it.end()] = it.data
    out[:64 + len(table)] = header(xxh3_128(header(b"") + table)) + table
    return bytes(out)


def keys(rng, n, n_ids, ports=(0, 1, 53, 80, 443, 65535), relations=range(32)):
    """n questions of 24 bytes; now and then one that cannot be asked."""
    out = []
    for _ in range(n):
        strange = rng.random() < 0.03
        protocol = rng.choice([6, 6, 6, 17, 132, 1, 58, 47, 200, rng.randint(1, 255), 0 if strange else 6])
        port = rng.choice([rng.choice(ports), rng.randrange(65536)])
        out.append(struct.pack("<IIBBBBHHBBB5x", rng.randrange(n_ids + strange), rng.randrange(n_ids + strange), protocol,
                               rng.choice([0, 0, 0, 1, 2, 4, 4, 6, rng.randrange(8), 8 if strange else 0]),
                               rng.randrange(12), rng.randrange(5), rng.choice([0, 0, rng.choice(ports), rng.randrange(65536)]), port,
                               32 if strange and rng.random() < 0.2 else rng.choice([0, rng.choice(relations)]),
                               3 if strange and rng.random() < 0.2 else rng.choice([0, 0, 0, 1, 2]), rng.choice([0, 3, 1, 2])))
    return b"".join(out)

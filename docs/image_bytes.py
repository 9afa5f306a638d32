# SPDX-License-Identifier: BSD-2-Clause
"""The bytes of an image and what they answer, as docs/image-format.md says: sections 1 to 9."""
import struct
from collections import namedtuple

from xxh3 import xxh3_128

NO, PERHAPS, YES = 0, 1, 2
ALLOW, REDIRECT, UNDEFINED, DENY = 1, 2, 3, 4
NEXT, END = 1 << 5, 1 << 6  # bits of `can`, beside 1 << decision
LOG, REJECT, EGRESS_ASKED = 1, 4, 8
FRAGMENT, PORT_UNKNOWN, ICMP_KNOWN = 1, 2, 4
NONE = 0xffffffff
KINDS = {1: "STAGE", 2: "RULE", 3: "UNMATCHED", 4: "DEFAULT", 5: "END"}


class Refused(Exception):
    """These bytes are no image that can be read here."""


# The file: sections 2 to 4

Row = namedtuple("Row", "layout fields")


def row(layout, fields):
    return Row(struct.Struct("<" + layout), namedtuple("Fields", fields))


HEADER = row("8sHHIQIIII16sII", "magic major minor header_bytes total_bytes n_sections view hot_bytes eval_bytes checksum features "
             "reserved")
SECTION = row("IHHQQ16s", "kind temperature flags offset bytes checksum")
VIEW = row("I4B22I60x4s32s", "n_ids index_shift leaf_shift n_checkpoints n_state_classes n_columns n_points point_columns n_source_classes "
           "leaves n_leaves protocols source_ports port_blocks n_port_blocks lists n_lists items n_items cells n_cells sets n_sets members "
           "first_member words n_words state_class relation_class")
CHECKPOINT = row("4B15I", "direction subject after_allow n_stages roots lists peers n_roots l1_entries n_classes l1 chunks n_chunks "
                 "pages n_pages lines n_rows n_lines columns")
LEAF = row("BBHII", "can flags reserved auth program")
PROTOCOL = row("HHI", "kind point table")
LIST = row("II", "first n")
CELL = row("8B8I11BxHHHHI", "kind combine ties governed stage action target flags set policy tie rule auth program key reserved box_flags "
           "protocol_lo protocol_hi relation_mask relation_bits state_lo state_hi icmp_type_lo icmp_type_hi icmp_code_lo icmp_code_hi "
           "source_lo source_hi destination_lo destination_hi reserved3")
SET = row("4I", "first n space reserved")
QUESTION = row("IIBBBBHHBBB5x", "source destination protocol flags icmp_type icmp_code source_port destination_port relations state "
               "directions")
Answer = namedtuple("Answer", "decision egress ingress flags egress_program ingress_program auth")
NO_ANSWER = Answer(UNDEFINED, UNDEFINED, UNDEFINED, 0, 0, 0, 0)


class Image:
    """The bytes of an image, checked as far as structure and checksums go; an offset that leads out of them is Refused."""

    def __init__(self, data):
        self.data, self.steps = data, None  # steps: a list that is told what is read on the way to a verdict
        if len(data) < 64:
            raise Refused("shorter than a header")
        self.header = h = self.row(HEADER, 0)
        if h.magic != b"cnipol\x1a\n" or h.major != 1:
            raise Refused("not an image, or of another major version")
        if h.total_bytes != len(data) or h.header_bytes != 64 + 40 * h.n_sections or h.header_bytes > len(data):
            raise Refused("not all of its bytes are there, or more than those")
        if xxh3_128(data[:40] + bytes(16) + data[56:h.header_bytes]) != h.checksum:
            raise Refused("the header was altered")
        self.sections = {}
        end = h.header_bytes
        for i in range(h.n_sections):
            end = self.check_section(self.row(SECTION, 64 + 40 * i), end)
        if any(data[end:]) or 1 not in self.sections or 2 not in self.sections:
            raise Refused("the tables or the rules are missing")
        self.view = v = self.row(VIEW, h.view)
        self.checkpoints = [self.row(CHECKPOINT, h.view + 192 + 64 * i) for i in range(min(v.n_checkpoints, 8))]
        if v.index_shift not in (1, 2) or v.leaf_shift > 1 or v.n_checkpoints > 8 or any(cp.direction > 1 for cp in self.checkpoints):
            raise Refused("a view with numbers that there are not")

    def check_section(self, s, end):
        """`end` is that of the section before; returns this one's."""
        if s.offset % 64 or s.offset < end or s.offset + s.bytes > len(self.data) or any(self.data[end:s.offset]):
            raise Refused(f"section {s.kind} does not lie where it must")
        if s.flags & 1 and s.kind not in (1, 2, 3, 4):
            raise Refused(f"section {s.kind} is required, and not known here")
        if self.header.features & 1 and xxh3_128(self.section_bytes(s)) != s.checksum:
            raise Refused(f"section {s.kind} was altered")
        self.sections[s.kind] = s
        return s.offset + s.bytes

    def section_bytes(self, s):
        return self.data[s.offset:s.offset + s.bytes]

    def bytes_at(self, at, size, what):
        if at + size > len(self.data):
            raise Refused(f"offset {at} leads out of the image")
        if what and self.steps is not None:
            self.steps.append(f"  {what:<10} {at:6}  {self.data[at:at + size].hex(' ')}")
        return self.data[at:at + size]

    def row(self, kind, at, what=None):
        return kind.fields(*kind.layout.unpack(self.bytes_at(at, kind.layout.size, what)))

    def number(self, size, table, i, what=None):
        return int.from_bytes(self.bytes_at(table + size * i, size, what), "little")

    def u16(self, table, i=0, what=None):
        return self.number(2, table, i, what)

    def u32(self, table, i=0, what=None):
        return self.number(4, table, i, what)

    def index(self, table, i, what):
        return self.number(1 << self.view.index_shift, table, i, what)

    # Sections 5 and 6: the decision tables

    def port_entry(self, table, port):
        return self.u16(self.view.port_blocks, self.u16(table + 4, port >> 8, "high") << 8 | port & 255, "block")

    def point(self, q):
        how = self.row(PROTOCOL, self.view.protocols + 8 * q.protocol, "protocol")
        if how.kind == 1 and not q.flags & FRAGMENT:
            return self.u16(how.table, 0, "unknown") if q.flags & PORT_UNKNOWN else self.port_entry(how.table, q.destination_port)
        if how.kind == 2 and q.flags & ICMP_KNOWN:
            kind, code = self.number(1, how.table + 4, q.icmp_type), self.number(1, how.table + 260, q.icmp_code)
            return self.u16(how.table + 516, kind * self.u16(how.table, 1) + code, "points")
        return how.point

    def place(self, q):
        """Column and point in it."""
        v, point = self.view, self.point(q)
        variant = (v.relation_class[q.relations] * v.n_state_classes + v.state_class[q.state]) * v.n_source_classes
        if v.n_source_classes > 1:
            variant += self.port_entry(v.source_ports, q.source_port)
        return variant * v.point_columns + (point >> 6), point & 63

    def leaf(self, cp, root, peer, q):
        column, point = self.place(q)
        chunk = self.index(cp.l1, root * cp.l1_entries + (peer >> 8), "l1")
        page = self.index(cp.chunks, chunk << 4 | peer >> 4 & 15, "chunks")
        line = self.index(cp.pages, page << 4 | peer & 15, "pages")
        if column:
            line = self.index(cp.columns, line * (self.view.n_columns - 1) + column - 1, "columns")
        number = self.number(1 << self.view.leaf_shift, cp.lines, line << 6 | point, "lines")
        return self.row(LEAF, self.view.leaves + 12 * number, "leaves")

    # Section 9: a verdict

    def is_sound(self, q):
        n = self.view.n_ids
        return q.source < n and q.destination < n and q.protocol and q.state < 3 and q.relations < 32 and q.directions < 4 and q.flags < 8

    def ask(self, q, by_lists=False):
        if not self.is_sound(q):
            return NO_ANSWER
        parts, programs, flags, auth, may_have_ended = [ALLOW, ALLOW], [0, 0], 0, 0, False
        for cp in self.checkpoints:
            subject, peer = (q.destination, q.source) if cp.subject else (q.source, q.destination)
            if not (q.directions or 3) >> cp.direction & 1:
                continue
            if self.steps is not None:
                self.steps.append(f"{('egress', 'ingress')[cp.direction]} of id {subject}, the peer is id {peer}")
            root, peer_class = self.u32(cp.roots, subject, "roots"), self.u32(cp.peers, peer, "peers")
            if root >> 30 == 2:
                continue
            if by_lists or root >> 30 or peer_class == NONE:
                got = Walk(self, q, peer).run(self.u32(cp.lists, subject, "lists"))
            else:
                got = self.leaf(cp, root, peer_class, q)
            can = got.can & ~END | 1 << ALLOW if got.can & END else got.can
            decision = next((d for d in (ALLOW, REDIRECT, DENY) if can == 1 << d), UNDEFINED)
            flags, auth = flags | got.flags | EGRESS_ASKED << cp.direction, max(auth, got.auth)
            programs[cp.direction] = got.program or programs[cp.direction]
            if may_have_ended and decision != ALLOW:
                decision = UNDEFINED
            parts[cp.direction] = max(parts[cp.direction], decision)
            if cp.after_allow and not got.can & ~(1 << ALLOW | 1 << REDIRECT):
                break
            may_have_ended = may_have_ended or bool(cp.after_allow and got.can & (1 << ALLOW | 1 << REDIRECT | 1 << UNDEFINED))
        return Answer(max(parts), *parts, flags, *programs, auth)


class Walk:
    """A rule list, item by item: sections 7 and 8."""

    def __init__(self, image, q, peer):
        self.image, self.q, self.peer = image, q, peer
        self.can = self.flags = self.auth = self.program = 0
        self.reach, self.stage, self.combine, self.ties = {0}, 0, 0, 0
        self.open = self.in_defaults = False
        self.tie_end, self.tie_policy, self.tie_other = 0, None, None
        self.surely = self.maybe = 0
        self.key, self.key_program, self.is_sure, self.is_plain = 0, 0, False, False

    def run(self, number):
        image = self.image
        stretch = image.row(LIST, image.view.lists + 8 * number)
        self.items = [image.u32(image.view.items, stretch.first + i) for i in range(min(stretch.n, 65536))]
        for i in range(len(self.items)):
            cell = self.cell(i)
            if cell.kind == 1:
                self.on_stage(cell)
            elif cell.kind == 5:
                self.on_end(cell)
            elif self.open and cell.kind == 2:
                self.on_rule(i, cell)
            elif self.open and cell.kind == 3:
                self.on_unmatched(cell)
            elif self.open and cell.kind == 4 and self.in_defaults:
                self.on_default(i, cell)
            if image.steps is not None:
                image.steps.append(f"  {KINDS.get(cell.kind, '?'):<9} {self.items[i] & 0x7fffffff:7}  "
                                   f"{'open' if self.open else 'closed':<6}  can {self.can}  surely {self.surely}  maybe {self.maybe}  "
                                   f"reach {sorted(self.reach)}")
        return self

    def cell(self, i):
        return self.image.row(CELL, self.image.view.cells + 64 * (self.items[i] & 0x7fffffff))

    # Does it match?

    def last_word(self, first, n, key):
        """The last of n ascending words that is at most `key`, or None."""
        low, high = 0, n
        while low < high:
            middle = (low + high) // 2
            if self.image.u32(self.image.view.words, first + middle) <= key:
                low = middle + 1
            else:
                high = middle
        return self.image.u32(self.image.view.words, first + low - 1) if low else None

    def in_set(self, number):
        view, peer = self.image.view, self.peer
        if number == NONE:
            return YES
        it = self.image.row(SET, view.sets + 16 * number)
        for _ in range(8):
            if peer < it.space or peer < view.first_member:
                break
            mine = self.image.row(LIST, view.members + 8 * (peer - view.first_member))
            if mine.n != NONE:
                break
            peer = mine.first
        if peer < it.space:
            word = self.last_word(it.first, it.n, peer * 4 + 3)
        elif peer < view.first_member:
            return NO
        else:
            if mine.n == NONE:
                return NO
            word = self.last_word(mine.first, mine.n, number * 4 + 3)
            word = word if word is not None and word >> 2 == number else None
        return NO if word is None else word & 3

    def in_box(self, c):
        q = self.q
        has_ports = q.protocol in (6, 17, 132) and not q.flags & FRAGMENT
        if not c.protocol_lo <= q.protocol <= c.protocol_hi or q.relations & c.relation_mask != c.relation_bits:
            return NO
        if not c.state_lo <= q.state <= c.state_hi or c.box_flags & 1 and not has_ports or c.box_flags & 8 and q.protocol not in (1, 58):
            return NO
        if c.box_flags & 128 and q.flags & PORT_UNKNOWN:
            return NO
        truth = [PERHAPS if c.box_flags & 64 else YES]

        def within(flag, is_known, value, low, high):
            if c.box_flags & flag:
                truth.append(PERHAPS if not is_known else YES if low <= value <= high else NO)

        if c.box_flags & 2 and q.flags & PORT_UNKNOWN:
            truth.append(NO if c.destination_hi == 0 else YES if c.destination_lo <= 1 and c.destination_hi == 65535 else PERHAPS)
        else:
            within(2, True, q.destination_port, c.destination_lo, c.destination_hi)
        within(4, q.source_port, q.source_port, c.source_lo, c.source_hi)
        within(16, q.flags & ICMP_KNOWN, q.icmp_type, c.icmp_type_lo, c.icmp_type_hi)
        within(32, q.flags & ICMP_KNOWN, q.icmp_code, c.icmp_code_lo, c.icmp_code_hi)
        return min(truth)

    def match(self, i, c):
        truth = min(self.in_box(c), PERHAPS if self.items[i] >> 31 else YES)
        return truth and min(truth, self.in_set(c.set))

    # What follows?

    def note(self, c, flags):
        self.flags |= flags
        self.auth = max(self.auth, c.auth)

    def to_stage(self, number):
        self.reach.add(max(number, self.stage + 1))

    def outcome(self, c):
        if c.program:
            self.note(c, c.flags & ~REJECT)
            self.program = c.program
            return 1 << REDIRECT
        self.note(c, c.flags | (LOG if c.action == 3 else 0))
        if c.action == 2:
            self.to_stage(c.target)
            return 0
        return {0: 1 << ALLOW, 1: 1 << DENY, 3: NEXT, 4: NEXT}.get(c.action, 1 << UNDEFINED)

    def close(self):
        if self.open and self.in_defaults:
            self.can |= 1 << DENY
        self.open = self.in_defaults = False

    def on_stage(self, c):
        self.close()
        self.stage, self.combine, self.ties, self.surely, self.maybe = c.stage, c.combine, c.ties, 0, 0
        self.is_sure = self.is_plain = False
        self.open = any(s <= c.stage for s in self.reach)
        self.reach = {s for s in self.reach if s > c.stage}

    def tie_disagrees(self, i, c):
        if i < self.tie_end:
            return c.policy == self.tie_policy and self.tie_other is not None and says(self.tie_other) != says(c)
        settled, self.tie_policy, self.tie_other = c.policy, c.policy, None
        for k in range(i + 1, len(self.items)):
            other = self.cell(k)
            if other.kind != 2 or other.tie != c.tie:
                break
            self.tie_end = k + 1
            if other.policy in (c.policy, settled) or not is_decisive(other):
                continue
            match = self.match(k, other)
            if match:
                self.tie_other = other
            if match and says(other) != says(c):
                return True
            if match == YES:
                settled = other.policy
        return False

    def on_rule(self, i, c):
        match = self.match(i, c)
        if match == NO or self.combine == 1 and self.surely & 1 << ALLOW:
            return
        if self.combine == 1:
            self.add_to_union(match, c)
        elif self.combine == 2:
            self.add_to_map(match, c)
        elif self.ties and is_decisive(c) and self.tie_disagrees(i, c):
            self.can, self.open = self.can | 1 << UNDEFINED, False
        else:
            can = self.outcome(c)
            self.can |= can & ~NEXT
            self.open = match != YES or bool(can & NEXT)

    def add_to_union(self, match, c):
        if c.action == 2 and not c.program:
            self.note(c, c.flags)
            return
        can = self.outcome(c)
        if match == YES and can in (1 << ALLOW, 1 << REDIRECT):
            self.surely |= can
        else:
            self.maybe |= can & ~(1 << DENY | NEXT)

    def add_to_map(self, match, c):
        if c.key != self.key:
            self.settle()
        self.key = c.key
        if not self.open:
            return
        program = self.program
        can = self.outcome(c)
        if c.program:
            self.key_program = c.program
        self.program = program
        if match == YES:
            self.surely |= can
            self.is_sure, self.is_plain = True, self.is_plain or not c.program
        else:
            self.maybe |= can

    def settle(self):
        can = (self.surely | self.maybe) & ~NEXT
        if self.is_plain:
            can &= ~(1 << REDIRECT)
        if can & 1 << REDIRECT:
            self.program = self.key_program
        self.can |= can
        self.open = self.open and not self.is_sure
        self.surely, self.maybe, self.is_sure, self.is_plain = 0, 0, False, False

    def on_unmatched(self, c):
        if self.combine == 1 and self.surely:
            self.can |= 1 << ALLOW if self.surely & 1 << ALLOW else self.surely | self.maybe
            self.open = False
            return
        if self.combine == 2:
            self.settle()
            if not self.open:
                return
        self.can |= self.maybe
        if c.governed != YES:
            self.to_stage(self.stage + 1)
        self.open = self.in_defaults = c.governed != NO

    def on_default(self, i, c):
        match = self.match(i, c)
        if match == NO:
            return
        can = self.outcome(c)
        if can & NEXT:
            self.to_stage(self.stage + 1)
        self.can |= can & ~NEXT
        self.open = match != YES

    def on_end(self, c):
        self.close()
        if self.reach:
            can = self.outcome(c)
            self.can |= END if can & NEXT else can


def is_decisive(c):
    return c.program or c.action not in (3, 4)


def says(c):
    return c.action, c.program, c.target if c.action == 2 else 0

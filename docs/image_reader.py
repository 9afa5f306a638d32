#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A reader of images, as docs/image-format.md describes them. It needs nothing but Python's standard library.

    image_reader.py IMAGE FROM TO [PROTOCOL [PORT]] [--lists] [--steps]   may FROM (shop/web, node/a, 10.0.0.7) reach TO?
    image_reader.py IMAGE --keys FILE [--lists]                           questions of 24 bytes; an answer in numbers a line

--lists: by the rule lists; by default by the decision tables, where the image has them. --steps: with what is read on the way, table,
offset and bytes, or what became of each cell. This file knows names (section 12), image_bytes.py the rest.
"""
import ipaddress
import sys
from collections import namedtuple

from image_bytes import ALLOW, DENY, LIST, NONE, NO_ANSWER, PORT_UNKNOWN, QUESTION, REDIRECT, UNDEFINED, Image, Refused, row

WORDS = {ALLOW: "allow", REDIRECT: "redirect", UNDEFINED: "undefined", DENY: "deny"}
SELF, HAIRPIN, SAME_NODE, FROM_OWN_NODE, TO_OWN_NODE = 1, 2, 4, 8, 16
PROTOCOLS = {"ICMP": 1, "TCP": 6, "UDP": 17, "ICMPV6": 58, "SCTP": 132}

HEAD = row("4I", "magic bytes parts reserved")
POD = row("12I", "ns name node service_account workload first_address n_addresses peer first_port n_ports flags reserved")
NODE = row("4I", "name first_address n_addresses peer")
ADDRESS = row("16sB3xI", "bytes family peer")
SERVICE = row("8I", "ns name first_address n_addresses first_external n_externals first_port n_ports")
SERVICE_PORT = row("IHHB3x3I", "name port node_port protocol first_backend n_v4 n_v6")
BACKEND = row("16sHBx", "bytes port family")
NUMBER, ATOM6 = row("I", "value"), row("16sI", "first n")
# `number` is that of the pod, node or Service; addresses are {family: (bytes, peer id)}, `peer` is the id without one.
End = namedtuple("End", "kind number addresses peer")


class Directory:
    def __init__(self, image):
        if 4 not in image.sections:
            raise Refused("this image has no directory: it cannot be asked by name")
        self.image, self.at = image, image.sections[4].offset
        texts = image.row(LIST, self.at + 24)
        self.strings = [image.data[at:at + n].decode() for first, n in self.rows(0, LIST) for at in [self.at + texts.first + first]]
        self.flags = self.rows(2, LIST)[0].n
        self.namespaces = [self.strings[ns.value] for ns in self.rows(3, NUMBER)]
        self.pods, self.nodes, self.services = self.rows(4, POD), self.rows(5, NODE), self.rows(8, SERVICE)
        self.addresses, self.ports, self.backends = self.rows(6, ADDRESS), self.rows(9, SERVICE_PORT), self.rows(10, BACKEND)
        self.atoms = {4: self.rows(11, LIST), 6: self.rows(12, ATOM6)}
        self.node_numbers = {node.name: i for i, node in enumerate(self.nodes)}

    def rows(self, part, kind):
        if part >= self.image.row(HEAD, self.at).parts:
            return []
        where = self.image.row(LIST, self.at + 16 + 8 * part)
        return [self.image.row(kind, self.at + where.first + kind.layout.size * i) for i in range(where.n)]

    def end(self, kind, number, it, only=None):
        """All its addresses, or only one (family, bytes)."""
        found = {}
        for a in self.addresses[it.first_address:it.first_address + it.n_addresses]:
            if only in (None, (a.family, a.bytes)):
                found.setdefault(a.family, (a.bytes, a.peer))
        return End(kind, number, found, NONE if kind == "service" else it.peer)

    def named(self, text):
        """Who is shop/web, node/a, service/shop/db, or has an address? None: nobody knows."""
        if "/" not in text:
            address = ipaddress.ip_address(text)
            return self.owner(address.version, address.packed.ljust(16, b"\0"))
        for kind, items, name in (("pod", self.pods, lambda it: f"{self.namespaces[it.ns]}/{self.strings[it.name]}"),
                                  ("node", self.nodes, lambda it: f"node/{self.strings[it.name]}"),
                                  ("service", self.services, lambda it: f"service/{self.strings[it.ns]}/{self.strings[it.name]}")):
            for i, it in enumerate(items):
                if name(it) == text:
                    return self.end(kind, i, it)
        return None

    def has(self, first, n, family, address):
        return any((a.family, a.bytes) == (family, address) for a in self.addresses[first:first + n])

    def owner(self, family, address):
        def holders(kind, items, flags=None):
            return [(kind, i, it) for i, it in enumerate(items)
                    if (flags is None or it.flags & 3 == flags) and self.has(it.first_address, it.n_addresses, family, address)]

        live = holders("pod", self.pods, 0)
        if len(live) > 1:
            return None
        found = live + holders("pod", self.pods, 2)
        if self.flags & 1:
            found += holders("pod", self.pods, 1) + holders("pod", self.pods, 3)
        found += holders("service", self.services) + holders("node", self.nodes)
        if found:
            return self.end(*found[0], (family, address))
        for i, it in enumerate(self.services):
            if self.has(it.first_external, it.n_externals, family, address):
                return End("service", i, {family: (address, NONE)}, NONE)
        return End("address", 0, {family: (address, self.atom(family, address))}, NONE)

    def atom(self, family, address):
        key = int.from_bytes(address[:4], "big") if family == 4 else address
        return max((atom for atom in self.atoms[family] if atom.first <= key), default=(0, NONE))[1]

    # From two ends to questions in numbers

    def true_end(self, end):
        """Whom policies see: a host-network pod is its node."""
        if end.kind != "pod" or not self.pods[end.number].flags & 1 or self.flags & 1:
            return (end.kind, end.number) if end.kind in ("pod", "node") else None
        node = self.node_numbers.get(self.pods[end.number].node)
        return None if node is None else ("node", node)

    def node_of(self, true_end):
        if not true_end:
            return None
        return true_end[1] if true_end[0] == "node" else self.node_numbers.get(self.pods[true_end[1]].node)

    def is_own_node(self, pod, other, address):
        node = self.node_of(pod) if pod and pod[0] == "pod" else None
        if node is None:
            return False
        it = self.nodes[node]
        return other == ("node", node) or self.has(it.first_address, it.n_addresses, *address)

    def relations(self, source, destination, family):
        a, b = self.true_end(source), self.true_end(destination)
        where = [(family, end.addresses[family][0] if end.addresses else None) for end in (source, destination)]
        return (SELF if a and a == b and a[0] == "pod" else 0) \
            | (SAME_NODE if self.node_of(a) is not None and self.node_of(a) == self.node_of(b) else 0) \
            | (FROM_OWN_NODE if self.is_own_node(b, a, where[0]) else 0) \
            | (TO_OWN_NODE if self.is_own_node(a, b, where[1]) else 0)

    def question(self, source, destination, family, protocol, port):
        if any(end.addresses and family not in end.addresses for end in (source, destination)):
            return None
        ids = []
        for end in (source, destination):
            address, peer = end.addresses.get(family, (None, end.peer))
            ids.append(self.atom(family, address) if end.kind in ("address", "service") and address else peer)
        has_port = port is None and protocol in (6, 17, 132)
        return QUESTION.fields(*ids, protocol, PORT_UNKNOWN if has_port else 0, 0, 0, 0, port or 0,
                               self.relations(source, destination, family), 0, 0)

    def service_ports(self, end, family, protocol, port):
        """The Service ports that a destination stands for; None: it stands for itself."""
        at_node = end.kind == "node" or end.kind == "pod" and self.pods[end.number].flags & 1
        if self.flags & 2 or end.kind != "service" and not at_node:
            return None

        def of(services):
            return [p for s in services for p in self.ports[s.first_port:s.first_port + s.n_ports]
                    if (p.protocol, p.port) == (protocol, port)]

        address = end.addresses.get(family, (None, NONE))[0]
        outside = [s for s in self.services if self.has(s.first_external, s.n_externals, family, address)]
        if of(outside):
            return of(outside)
        if end.kind == "service":
            return of([self.services[end.number]])
        if port is None and protocol in (6, 17, 132):
            return [] if outside or any(p.node_port for p in self.ports) else None
        return [p for p in self.ports if port and (p.protocol, p.node_port) == (protocol, port)] or None

    def questions(self, source, destination, protocol, port):
        """What to ask instead; None stands for a question without an answer."""
        if not source or not destination or source.kind == "service" and not self.flags & 2:
            return [None]
        shared = [f for f in source.addresses if f in destination.addresses]
        family = (shared + list(source.addresses) + [4 if 4 in destination.addresses else 6])[0]
        ports = self.service_ports(destination, family, protocol, port)
        if ports is None:
            return [self.question(source, destination, family, protocol, port)]
        if len(ports) != 1:
            return [None]
        first = ports[0].first_backend + (ports[0].n_v4 if family == 6 else 0)
        asked = []
        for backend in self.backends[first:first + (ports[0].n_v6 if family == 6 else ports[0].n_v4)]:
            end = self.owner(backend.family, backend.bytes)
            q = end and self.question(source, end, family, protocol, backend.port)
            if q and q.relations & SELF:
                q = q._replace(relations=q.relations ^ SELF | HAIRPIN)
            asked.append(q)
        return asked or [None]

    def ask(self, source, destination, protocol, port, by_lists=False):
        """Decision, egress, ingress, in words; ends and protocol as text."""
        number = PROTOCOLS.get(protocol.upper()) or int(protocol)
        questions = self.questions(self.named(source), self.named(destination), number, port)
        answers = [self.image.ask(q, by_lists) if q else NO_ANSWER for q in questions]
        return [WORDS[values[0] if len(set(values)) == 1 else UNDEFINED] for values in list(zip(*answers))[:3]]


def main(arguments):
    by_lists = "--lists" in arguments
    path, source, destination, *rest = [a for a in arguments if a not in ("--lists", "--steps")]
    with open(path, "rb") as f:
        image = Image(f.read())
    image.steps = [] if "--steps" in arguments else None
    if source == "--keys":
        with open(destination, "rb") as f:
            for values in QUESTION.layout.iter_unpack(f.read()):
                print(*image.ask(QUESTION.fields(*values), by_lists))
        return
    protocol, port = (rest + ["TCP", ""][len(rest):])[:2]
    decision, egress, ingress = Directory(image).ask(source, destination, protocol, int(port) if port else None, by_lists)
    print(*image.steps or [], sep="\n", end="\n" if image.steps else "")
    print(f"{decision} (egress {egress}, ingress {ingress})")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, OSError) as error:
        sys.exit(f"{sys.argv[0]}: {error}")
    except ValueError:
        sys.exit(__doc__)

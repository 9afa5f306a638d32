# SPDX-License-Identifier: BSD-2-Clause
"""What mutate.py breaks in the rooms of the compiled image: (room, what, the test, file, the place, what stands there instead).

The test is the one of `meson test` that must notice.
"""

VERIFY, TABLES, RULES = "src/image/verify.c", "src/image/verify_tables.c", "src/image/verify_rules.c"
CORE, LISTS, ASK = "include/cnipol/eval_core.h", "include/cnipol/eval_rules.h", "src/image/ask.c"
STAGE, POINTS, SPACE = "src/compile/stage_row.c", "src/compile/points.c", "src/compile/space.c"
FIND, CHANGE = "include/cnipol/addrmap_core.h", "src/image/addrmap_change.c"
PACKET, PATCH, RELIST, SPLIT = "include/cnipol/packet.h", "src/compile/live_patch.c", "src/compile/live_relist.c", "src/compile/live_split.c"

ROOMS = [
    ("verify", "an index may be the one behind the last", "image verify", TABLES, "if (entry_at(table, i, size) >= bound)",
     "if (entry_at(table, i, size) > bound)"),
    ("verify", "a section's checksum is not compared", "image file", VERIFY, "if (memcmp(sum, section->checksum, sizeof sum) != 0)", "if (false)"),
    ("verify", "bytes between sections may be anything", "image verify", VERIFY, "        if (check->bytes[at])\n", "        if (false)\n"),
    ("verify", "a table may lie anywhere", "image verify", VERIFY, "offset < of->offset || offset - of->offset > of->bytes || n >", "n >"),
    ("verify", "a root may be any number", "image verify", TABLES, "CNIPOL_ROOT_INDEX(roots[i]) >= cp->n_roots", "false"),
    ("verify", "a pass may lead backwards", "image verify", RULES, "    return cell->target >= walk->stage;\n", "    return true;\n"),
    ("verify", "a rule list needs no end", "image verify", RULES, "    if (walk.before != CNIPOL_CELL_END)\n", "    if (false)\n"),
    ("verify", "an id may be like a later one", "image verify", RULES,
     "members[i].n == CNIPOL_MEMBERS_LIKE && members[i].first < i + r->view->first_member", "members[i].n == CNIPOL_MEMBERS_LIKE"),
    ("compile", "a possible match closes a stage", "prove machines", STAGE,
     "        if (match == NP_YES && !(can & CNIPOL_CAN_NEXT))\n            return true;\n    }\n    return false;",
     "        if (!(can & CNIPOL_CAN_NEXT))\n            return true;\n    }\n    return false;"),
    ("compile", "who is governed and meets no default is allowed", "prove machines", STAGE,
     "    slot->out.can |= 1u << CNIPOL_DENY;\n", "    slot->out.can |= 1u << CNIPOL_ALLOW;\n"),
    ("compile", "a pass leads to the next stage", "prove machines", STAGE, "        reach(slot, effect->target);\n",
     "        reach(slot, slot->kind->number + 1);\n"),
    ("compile", "a range of ports ends one port late", "prove files", POINTS,
     "        return within(raw->port, box->destination_lo, box->destination_hi);\n",
     "        return within(raw->port, box->destination_lo, box->destination_hi + 1u);\n"),
    ("compile", "relations do not matter", "prove machines", POINTS, "        used |= box_at(points, i)->relation_mask;\n", ""),
    ("compile", "pods differ by their sets alone, not by their addresses", "prove files", SPACE,
     "{memberships, like->lists, like->ports,", "{memberships, like->is_policed ? 0 : like->lists, like->ports,"),
    ("compile", "pods do not differ by their named ports", "prove files", SPACE, "like->lists, like->ports, like->is_policed,",
     "like->lists, 0, like->is_policed,"),
    ("compile", "peer classes of a row are one page off", "compile radix", "src/compile/radix.c", "chunk[i] = page_at(table, reader, peer + i * 16);",
     "chunk[i] = page_at(table, reader, peer + (i & 14) * 16);"),
    ("eval", "a later fragment has its port", "image ask", CORE, "kind == CNIPOL_L4_PORTS && !(key->flags & CNIPOL_KEY_FRAGMENT)", "kind == CNIPOL_L4_PORTS"),
    ("eval", "an allow does not end the path", "prove machines", CORE, "    if (!(part->can & ~lets_through))\n        return 0;\n", ""),
    ("eval", "ids that are not there are asked about", "image ask", CORE, "return key->source < n_ids && key->destination < n_ids && ", "return "),
    ("eval", "a single question knows no columns", "image ask", ASK, "    if (column)\n        at = index_read(", "    if (false)\n        at = index_read("),
    ("eval", "a batch asks the tables about unclassed peers", "image ask", ASK,
     "(CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_DAG) & (peer != CNIPOL_PEER_UNCLASSED)", "CNIPOL_ROOT_KIND(root) == CNIPOL_ROOT_DAG"),
    ("eval", "an unknown port is in every range", "prove machines", LISTS, "return lo <= 1 && hi == 65535 ? CNIPOL_YES : CNIPOL_PERHAPS;",
     "return CNIPOL_YES;"),
    ("eval", "later ids are in the sets beside their own", "image ask", LISTS, "    if (is_later && word >> 2 != set)\n        return CNIPOL_NO;\n", ""),
    ("addrmap", "who is outside a node's range is looked up in it", "image addrmap", FIND,
     "cnipol_addrmap_outside4(base, cnipol_addrmap_node_at(word), address), 0)", "0, 0)"),
    ("addrmap", "a reader does not look whether the node was taken away", "image addrmap race", FIND,
     "                next = CNIPOL_ADDRMAP_LOAD64(base, slot);\n            }\n"
     "            if (__builtin_expect(CNIPOL_ADDRMAP_LOAD64(base, at) != word, 0))\n                break;\n"
     "            at = slot;\n            word = next;\n        }\n    }\n"
     "    return cnipol_addrmap_entry_of(((uint64_t)CNIPOL_ADDRMAP_NOBODY << 32) | CNIPOL_ADDRMAP_NO_PEER);\n}\n\n"
     "/** The entry of an IPv6",
     "                next = CNIPOL_ADDRMAP_LOAD64(base, slot);\n            }\n            at = slot;\n            word = next;\n        }\n    }\n"
     "    return cnipol_addrmap_entry_of(((uint64_t)CNIPOL_ADDRMAP_NOBODY << 32) | CNIPOL_ADDRMAP_NO_PEER);\n}\n\n"
     "/** The entry of an IPv6"),
    ("addrmap", "a new prefix does not adopt the longer ones", "image addrmap_random", CHANGE,
     "            np_am_set_parent(map, items[k].rec, items[i].rec);\n", "            continue;\n"),
    ("addrmap", "another node's address is the own node's", "image addrmap", FIND,
     "((end_owner & CNIPOL_ADDRMAP_OWN) || (end_word & CNIPOL_ADDRMAP_UNPOLICED))", "(end_owner != end_word)"),
    ("packet", "later TCP fragments may overwrite the header", "image packet", PACKET, " || (offset == 8 && at->protocol == CNIPOL_PACKET_P_TCP)", ""),
    ("packet", "strict source routes pass", "image packet", PACKET, "cnipol_packet_has_byte(word, 131) | cnipol_packet_has_byte(word, 137)",
     "cnipol_packet_has_byte(word, 131)"),
    ("packet", "a packet may end beyond its frame", "image packet", PACKET,
     "    if (at->end > available)\n        return CNIPOL_PACKET_BEYOND_FRAME;\n    out->hop_limit = h[8];", "    out->hop_limit = h[8];"),
    ("packet", "an authentication header is as long as others", "image packet", PACKET, "+ 1 + is_ah) << (3 - is_ah)", "+ 1) << 3"),
    ("live", "names of ports that nobody knew are patched in", "live compact", PATCH,
     "        all = all && at < known->n && known->items[at] == names.items[i];\n", ""),
    ("live", "a policy is put before those of a smaller number", "live", RELIST, "order = (a->priority > b->priority) - (a->priority < b->priority);",
     "order = (a->priority < b->priority) - (a->priority > b->priority);"),
    ("live", "an end that a set takes apart keeps its number", "live compact", SPLIT, "            entry->id = to;\n", ""),
    ("live", "a policy that goes governs on", "live compact", PATCH, "    if (p->old < n)\n        return np_live_govern_policy(base, p->old, -1);\n",
     "    if (p->old < n)\n        return CNIPOL_OK;\n"),
    ("live", "a place is free before its last reader left", "live race", "src/compile/slot.c",
     "    return at->acquired != UINT64_MAX && __atomic_load_n(&at->released, __ATOMIC_ACQUIRE) == at->acquired;\n", "    return true;\n"),
]

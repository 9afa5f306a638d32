# SPDX-License-Identifier: BSD-2-Clause
"""Comparing output by lines, where an expected line `...` stands for any lines, also none."""


def matches(expected, got):
    """Whether got is what expected describes. Cost: lines of one times lines of the other."""
    reach = {0}
    for line in expected:
        if line == "...":
            reach = set(range(min(reach), len(got) + 1)) if reach else reach
        else:
            reach = {i + 1 for i in reach if i < len(got) and got[i].rstrip() == line.rstrip()}
    return len(got) in reach

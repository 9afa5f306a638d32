# SPDX-License-Identifier: BSD-2-Clause
# Completion for bash. Options and their words come from `cnipol VERB --help`, so that there is one table of them.

# Names below a heading of observe's list.
_cnipol_names()
{
    "${COMP_WORDS[0]}" observe --format-list 2>/dev/null | sed -n "/^$1 /,/^\$/s/^  \([^ ]*\) .*/\1/p"
}

_cnipol()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words help --help --version" -- "$cur")
        return
    fi
    case $verb$prev in
    observe--format) words=$(_cnipol_names Formats) ;;
    observe--fields | observe--count-by) words=$(_cnipol_names Fields) ;;
    observe--verdict) words=$("${COMP_WORDS[0]}" observe --help 2>/dev/null | sed -n '/^ .* --verdict /{n;s/^ *//p}') ;;
    esac
    if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
    fi
    case $prev in
    --*)
        words=$("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | sed -n "s/^ .* $prev \\([^ ]*|[^ ]*\\)\$/\\1/p")
        if [[ $words =~ [a-z0-9] ]]; then # not: IP|CIDR
            mapfile -t COMPREPLY < <(compgen -W "${words//|/ }" -- "$cur")
            return
        fi
        ;;
    esac
    if [ "$COMP_CWORD" -eq 2 ] && [[ $cur != -* ]]; then
        words=$("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | sed -n "s/^\\(usage: \\|       \\)cnipol $verb \\([a-z|]*\\) .*/\\2/p")
        if [ -n "$words" ]; then
            mapfile -t COMPREPLY < <(compgen -W "${words//|/ }" -- "$cur")
            return
        fi
    fi
    case $cur in
    -*)
        words=$("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | sed -n 's/^  .* *\(--[a-z0-9-]*\).*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}
complete -o filenames -F _cnipol cnipol

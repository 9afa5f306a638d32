# SPDX-License-Identifier: BSD-2-Clause
# Completion for bash. Options and their words come from `cnipol VERB --help`, so that there is one table of them.

_cnipol()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} words
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words help --help --version" -- "$cur")
        return
    fi
    case $prev in
    --*)
        words=$("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | sed -n "s/^ .* $prev \\([^ ]*|[^ ]*\\)\$/\\1/p")
        if [ -n "$words" ]; then
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
        words=$("${COMP_WORDS[0]}" "$verb" --help 2>/dev/null | sed -n 's/^  .* *\(--[a-z-]*\).*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}
complete -o filenames -F _cnipol cnipol

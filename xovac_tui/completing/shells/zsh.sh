#compdef xovac-tui
# Completion of xovac-tui for zsh. Installed by: eval "$(xovac-tui completion zsh)"
_xovac_tui() {
    local -a lines values options
    local head line word program=${~words[1]}
    lines=("${(@f)$("$program" completion --answer zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" \
        2>/dev/null </dev/null)}")
    head=" $lines[1] "
    shift lines
    [[ $PREFIX == --*=* ]] && compset -P 1 '--*='
    for line in $lines; do
        word=${line%%$'\t'*}
        [[ -n $word ]] && values+=("${word//:/\\:}:${line#*$'\t'}")
    done
    [[ $head == *' nospace '* ]] && options+=(-S '')
    [[ $head == *' anyhow '* ]] && options+=(-U)
    (( $#values )) && _describe -V -t values value values $options
    [[ $head == *' files '* ]] && _files
    [[ $head == *' folders '* ]] && _files -/
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _xovac_tui "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef _xovac_tui xovac-tui
fi

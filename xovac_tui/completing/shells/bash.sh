# Completion of xovac-tui for bash. Installed by: eval "$(xovac-tui completion bash)"
_xovac_tui() {
    local program=$1 current=$2 head='' line word
    [[ $program == '~/'* ]] && program=$HOME/${program:2}
    COMPREPLY=()
    # $2 is cut at an open quote; COMP_WORDS has the word as it stands.
    current=${COMP_WORDS[COMP_CWORD]}
    {
        IFS= read -r head
        while IFS= read -r line; do
            COMPREPLY+=("${line%%$'\t'*}")
        done
    } < <("$program" completion --answer bash -- "${COMP_LINE:0:COMP_POINT}" "$current" 2>/dev/null </dev/null)
    case " $head " in *' nospace '*) compopt -o nospace 2>/dev/null ;; esac
    case " $head " in
        *' folders '*)
            compopt -o dirnames 2>/dev/null ;;
        *' files '*)
            if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
                compopt -o bashdefault -o default 2>/dev/null
            else
                while IFS= read -r line; do
                    [[ -d $line ]] && word=$(printf '%q/' "$line") || word=$(printf '%q' "$line")
                    COMPREPLY+=("$word")
                done < <(compgen -f -- "$current")
            fi ;;
    esac
    return 0
}
if type compopt >/dev/null 2>&1; then
    complete -F _xovac_tui xovac-tui
else
    complete -o default -F _xovac_tui xovac-tui
fi

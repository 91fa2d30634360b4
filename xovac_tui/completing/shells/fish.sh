# Completion of xovac-tui for fish. Installed by: xovac-tui completion fish | source
function __xovac_tui_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] completion --answer fish -- $words[2..-1] "$current" 2>/dev/null </dev/null)
    set -l head " $lines[1] "
    for line in $lines[2..-1]
        echo -- "$line"
    end
    set -l option (string match -r -- '^--[^=]*=' $current)
    set -l value (string replace -r -- '^--[^=]*=' '' $current)
    if string match -q -- '* files *' $head
        for path in (__fish_complete_path $value)
            echo -- "$option$path"
        end
    else if string match -q -- '* folders *' $head
        for path in (__fish_complete_directories $value)
            echo -- "$option$path"
        end
    end
end
complete -c xovac-tui -f -a '(__xovac_tui_complete)'

/**
 * The completion scripts. Each asks `carillon` at every press of Tab, and completes files by itself. No word of the user
 * is evaluated by the shell.
 */

const BASH = `# Completion of carillon for bash.
_carillon() {
  local line
  COMPREPLY=()
  # Bash 3.2, which macOS has, has no compopt.
  compopt +o default +o bashdefault 2> /dev/null
  while IFS= read -r line; do
    case $line in
      :file)
        # Readline completes files where this function has no candidates.
        compopt -o default 2> /dev/null
        return ;;
      :folder)
        compopt -o filenames 2> /dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2")
        return ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(carillon __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -o default -o bashdefault -F _carillon carillon
`;

const ZSH = `#compdef carillon
# Completion of carillon for zsh.
_carillon() {
  local line value description
  local -a items
  while IFS= read -r line; do
    case $line in
      :file)
        compset -P '-*='
        _files
        return ;;
      :folder)
        compset -P '-*='
        _files -/
        return ;;
      *)
        value=\${line%%$'\\t'*}
        description=\${line#*$'\\t'}
        items+=("\${value//:/\\\\:}:$description") ;;
    esac
  done < <(carillon __complete zsh "\${(@)words[2,CURRENT]}" 2> /dev/null)
  _describe carillon items
}
if [[ $funcstack[1] == _carillon ]]; then
  _carillon "$@"
else
  compdef _carillon carillon
fi
`;

const FISH = `# Completion of carillon for fish.
function __carillon_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l flag (string match -r -- '^-[^=]*=' "$current")
    for line in (carillon __complete fish $words[2..-1] "$current" 2> /dev/null)
        switch $line
            case ':file'
                __fish_complete_path (string replace -r -- '^-[^=]*=' '' "$current") | string replace -r -- '^' "$flag"
            case ':folder'
                __fish_complete_directories (string replace -r -- '^-[^=]*=' '' "$current") | string replace -r -- '^' "$flag"
            case '*'
                echo $line
        end
    end
end
complete -c carillon -f -a '(__carillon_complete)'
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;

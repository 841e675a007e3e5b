#!/usr/bin/env bash
# Shows a running rms-console every few seconds. Exit codes: those of the last look (0 healthy, 1 not healthy,
# 3 no engine), 2 wrong use, 130 interrupted.

set -u

@ASKING@
INTERVAL_S=30
COUNT=0

usage() {
    say "monitor-continuous.sh [--url URL] [--interval SECONDS] [--count N] [--token-file FILE] [--lang es|en]
Shows the engine at URL ($DEFAULT_URL) every 30 seconds, or every --interval, until Ctrl-C or --count looks.
Exit codes: 0 healthy at the last look, 1 not healthy, 2 wrong use, 3 no engine answers, 130 interrupted." \
        "monitor-continuous.sh [--url URL] [--interval SEGUNDOS] [--count N] [--token-file ARCHIVO] [--lang es|en]
Muestra el motor en URL ($DEFAULT_URL) cada 30 segundos, o cada --interval, hasta Ctrl-C o --count miradas.
Códigos de salida: 0 sano en la última mirada, 1 no sano, 2 mal uso, 3 ningún motor responde, 130 interrumpido."
}

while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help)
            usage
            exit 0
            ;;
        --url | --interval | --count | --token-file | --lang)
            [ $# -ge 2 ] || wrong_use "$1 wants a value" "$1 quiere un valor"
            case "$1" in
                --url) address "$2" ;;
                --interval) whole_number "$1" "$2" && INTERVAL_S=$2 ;;
                --count) whole_number "$1" "$2" && COUNT=$2 ;;
                --token-file) TOKEN_FILE=$2 ;;
                --lang) language "$2" ;;
            esac
            shift
            ;;
        *) wrong_use "unknown: $1 (--help tells what there is)" "desconocido: $1 (--help dice lo que hay)" ;;
    esac
    shift
done
command -v curl >/dev/null 2>&1 || wrong_use "curl is needed" "hace falta curl"
read_token
SLEEPER=
end() { # EXIT CODE
    if [ -n "$SLEEPER" ]; then kill "$SLEEPER" 2>/dev/null; fi
    printf '\n'
    exit "$1"
}
trap 'end 130' INT
trap 'end 143' TERM

seconds() { # NAME
    case "$(field "$1")" in
        -) printf '%s' - ;;
        *) printf '%s s' "$(field "$1")" ;;
    esac
}

row() { # ENGLISH SPANISH VALUE
    say "$1$3" "$2$3"
}

look() { # prints one picture and returns 0, 1 or 3
    if [ -t 1 ]; then printf '\033[H\033[2J'; fi
    say "Engine at $URL - $(date '+%Y-%m-%d %H:%M:%S')" "Motor en $URL - $(date '+%Y-%m-%d %H:%M:%S')"
    if ! ask GET status; then
        no_engine
        return "$EXIT_NO_ENGINE"
    fi
    is_answered || return "$EXIT_UNHEALTHY"
    row "State:                " "Estado:               " "$(field status)"
    row "Healthy:              " "Saludable:            " "$(field is_healthy)"
    row "Items today:          " "Ítems hoy:            " "$(field items_processed_today)"
    row "Last run:             " "Última ejecución:     " "$(field last_check)"
    row "Next run:             " "Próxima ejecución:    " "$(field next_check)"
    row "Lasted:               " "Duró:                 " "$(field last_sync_duration)"
    row "Oldest unsent:        " "Más viejo sin enviar: " "$(seconds oldest_unsent_s)"
    row "Lock:                 " "Lock:                 " "$(field lock_status)"
    [ "$(field is_healthy)" = true ] || return "$EXIT_UNHEALTHY"
}

LOOKS=0
while :; do
    look
    RESULT=$?
    LOOKS=$((LOOKS + 1))
    if [ "$COUNT" -gt 0 ] && [ "$LOOKS" -ge "$COUNT" ]; then exit "$RESULT"; fi
    sleep "$INTERVAL_S" >/dev/null & # in the background: Ctrl-C is heard at once
    SLEEPER=$!
    wait "$SLEEPER"
done

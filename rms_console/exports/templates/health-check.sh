#!/usr/bin/env bash
# Looks at a running rms-console from all sides. Exit codes: 0 healthy, 1 not healthy, 2 wrong use, 3 no engine.

set -u

@ASKING@
IS_TESTING=yes

usage() {
    say "health-check.sh [--url URL] [--token-file FILE] [--timeout SECONDS] [--no-test] [--lang es|en]
Looks at the engine at URL ($DEFAULT_URL): state, connections, figures, errors, lock.
--no-test leaves the connections alone: they are told as they were last seen.
Exit codes: 0 healthy, 1 not healthy, 2 wrong use, 3 no engine answers." \
        "health-check.sh [--url URL] [--token-file ARCHIVO] [--timeout SEGUNDOS] [--no-test] [--lang es|en]
Mira el motor en URL ($DEFAULT_URL): estado, conexiones, cifras, errores, lock.
--no-test no prueba las conexiones: se dicen como se vieron la última vez.
Códigos de salida: 0 sano, 1 no sano, 2 mal uso, 3 ningún motor responde."
}

while [ $# -gt 0 ]; do
    case "$1" in
        --no-test) IS_TESTING=no ;;
        -h | --help)
            usage
            exit 0
            ;;
        --url | --token-file | --timeout | --lang)
            [ $# -ge 2 ] || wrong_use "$1 wants a value" "$1 quiere un valor"
            case "$1" in
                --url) address "$2" ;;
                --token-file) TOKEN_FILE=$2 ;;
                --timeout) whole_number "$1" "$2" && TIMEOUT_S=$2 ;;
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

show() { # prints BODY, laid out where jq is there
    is_answered || return 0
    if command -v jq >/dev/null 2>&1; then
        printf '%s' "$BODY" | jq "$1" 2>/dev/null || printf '%s\n' "$BODY"
    else
        printf '%s\n' "$BODY"
    fi
}

part() { # METHOD PATH FILTER ENGLISH SPANISH: one heading with what the engine answers
    printf '\n'
    say "$4" "$5"
    if ask "$1" "$2"; then
        show "$3"
    else
        say "  (no answer)" "  (sin respuesta)"
    fi
}

say "Diagnosis of the engine at $URL" "Diagnóstico del motor en $URL"
if ! ask GET health; then
    no_engine >&2
    exit "$EXIT_NO_ENGINE"
fi
HEALTH_CODE=$CODE
IS_HEALTHY=$(field is_healthy)
if [ "$HEALTH_CODE" = 401 ] || [ "$HEALTH_CODE" = 403 ]; then
    is_answered >&2
    exit "$EXIT_WRONG_USE"
fi

part GET status . "1. State" "1. Estado"
if [ "$IS_TESTING" = yes ]; then
    part POST test-connectivity . "2. Connections, tried now" "2. Conexiones, probadas ahora"
else
    part GET health .dependencies "2. Connections, as last seen" "2. Conexiones, como se vieron la última vez"
fi
part GET performance-metrics .current_performance "3. Performance" "3. Rendimiento"
part GET 'logs?level=error&limit=5' .logs "4. Latest errors" "4. Últimos errores"
part GET lock-info . "5. Lock" "5. Lock"

printf '\n'
if [ "$IS_TESTING" = yes ] && ask GET health; then # what the test found counts too
    IS_HEALTHY=$(field is_healthy)
fi
if [ "$IS_HEALTHY" = true ]; then
    say "Healthy." "Sano."
    exit 0
fi
say "NOT HEALTHY: rms-console diagnostics says what to do." "NO ESTÁ SANO: rms-console diagnostics dice qué hacer."
exit "$EXIT_UNHEALTHY"

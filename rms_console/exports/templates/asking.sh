# How the engine is asked. A token never stands in the list of processes: curl reads it from its standard input.

case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    es | es[_.@-]*) LANGUAGE=es ;;
    *) LANGUAGE=en ;;
esac
DEFAULT_URL=@URL@
DEFAULT_TOKEN_FILE=@TOKEN_FILE@
URL=$DEFAULT_URL
TOKEN_FILE=
TIMEOUT_S=15
EXIT_UNHEALTHY=1 EXIT_WRONG_USE=2 EXIT_NO_ENGINE=3

say() { # ENGLISH SPANISH: prints the one that the person reads
    if [ "$LANGUAGE" = es ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi
}

wrong_use() {
    say "$1" "$2" >&2
    exit "$EXIT_WRONG_USE"
}

whole_number() { # OPTION VALUE
    case "$2" in
        '' | *[!0-9]* | ??????*) wrong_use "$1 wants a whole number" "$1 quiere un número entero" ;;
    esac
}

language() { # VALUE
    case "$1" in
        es | en) LANGUAGE=$1 ;;
        *) wrong_use "--lang is es or en" "--lang es es o en" ;;
    esac
}

address() { # VALUE
    case "$1" in
        http://?* | https://?*) URL=$1 ;;
        *) wrong_use "--url wants an address such as $DEFAULT_URL" "--url quiere una dirección como $DEFAULT_URL" ;;
    esac
}

is_local_engine() { # whether the engine that wrote the token lives and answers at URL: what a dead one left may be another program's port
    local endpoint pid
    endpoint=$(cat -- "$(dirname -- "$DEFAULT_TOKEN_FILE")/endpoint.json" 2>/dev/null) || return 1
    case "$endpoint" in
        *"\"url\": \"${URL%/}\""*) ;;
        *) return 1 ;;
    esac
    pid=$(printf '%s' "$endpoint" | sed -n 's/.*"pid": *\([0-9][0-9]*\).*/\1/p')
    [ -n "$pid" ] && ps -p "$pid" >/dev/null 2>&1
}

read_token() { # the local engine's token goes to the local engine only
    TOKEN=${RMS_CONSOLE_TOKEN:-}
    if [ -n "$TOKEN_FILE" ]; then
        TOKEN=$(cat -- "$TOKEN_FILE" 2>/dev/null) ||
            wrong_use "$TOKEN_FILE cannot be read" "no se puede leer $TOKEN_FILE"
    elif [ -z "$TOKEN" ] && [ -r "$DEFAULT_TOKEN_FILE" ] && is_local_engine; then
        TOKEN=$(cat -- "$DEFAULT_TOKEN_FILE")
    fi
    case "$TOKEN" in
        *[!A-Za-z0-9._~+/=-]*) wrong_use "the token has signs that no token has" "el token tiene signos que ningún token tiene" ;;
    esac
}

plain() { # takes out what a terminal would obey
    LC_ALL=C tr -d '\000-\010\013-\037\177' | LC_ALL=C sed "s/$(printf '\302')[$(printf '\200')-$(printf '\237')]//g"
}

ask() { # METHOD PATH: fills BODY and CODE (000 without an answer)
    local answer
    answer=$(
        if [ -n "$TOKEN" ]; then printf 'header = "Authorization: Bearer %s"\n' "$TOKEN"; fi |
            curl --config - --silent --max-time "$TIMEOUT_S" --noproxy 'localhost,127.0.0.1,::1' \
                --request "$1" --write-out '\n%{http_code}' -- "${URL%/}/api/v1/sync/monitor/$2"
    )
    CODE=${answer##*$'\n'}
    BODY=$(printf '%s' "${answer%$'\n'*}" | plain)
    [ "$CODE" != 000 ] && [ -n "$CODE" ]
}

is_answered() { # whether CODE says that the body is what was asked for; an unhealthy engine may answer 503
    case "$CODE" in
        2?? | 503) return 0 ;;
        401 | 403) say "  (HTTP $CODE: the engine wants its token: --token-file)" "  (HTTP $CODE: el motor pide su token: --token-file)" ;;
        *) say "  (HTTP $CODE)" "  (HTTP $CODE)" ;;
    esac
    return 1
}

field() { # NAME: a value at the top of BODY, - where there is none
    local value
    if command -v jq >/dev/null 2>&1; then
        value=$(printf '%s' "$BODY" | jq -r --arg name "$1" '.[$name] | if . == null then "-" else tostring end' 2>/dev/null)
    else
        value=$(printf '%s' "$BODY" | tr '\n' ' ' | sed -n "s/.*[{,] *\"$1\" *: *\"\{0,1\}\([^\",{}]*\)\"\{0,1\}.*/\1/p")
        if [ "$value" = null ]; then value=-; fi
    fi
    printf '%s' "${value:--}" | plain
}

no_engine() {
    say "No engine answers at $URL" "Ningún motor responde en $URL"
}
